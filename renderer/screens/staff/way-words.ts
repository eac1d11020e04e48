import type { PersonAccess } from '#contracts/bridge/access.ts';
import type { Translate } from '../../wording/words.ts';

type Way = PersonAccess['ways'][number];

/** Whether its owner named it. */
export const isNamed = ({ label }: Way): boolean => label !== null;

/** What a way in is called: by its owner, else by its kind. */
export const wayName = (t: Translate, way: Way): string => way.label ?? t(`way.${way.method}`);
