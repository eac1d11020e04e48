import type { PersonAccess } from '#contracts/bridge/access.ts';
import type { Translate } from '../../wording/words.ts';

type Way = PersonAccess['ways'][number];

/** Whether its owner named it; a passphrase comes with an empty name. */
export const isNamed = ({ label }: Way): boolean => label !== null && label !== '';

/** What a way in is called: by its owner, else by its kind. */
export const wayName = (t: Translate, way: Way): string =>
  isNamed(way) && way.label !== null ? way.label : t(`way.${way.method}`);
