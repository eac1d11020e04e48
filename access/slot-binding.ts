import type { PersonId } from '#contracts/ids.ts';
import type { SlotList } from './slot-file-format.ts';

/** Which slot something is bound to. */
export interface SlotName {
  readonly id: string;
  readonly person: PersonId;
  readonly method: string;
}

type Database = Pick<SlotList, 'database' | 'generation'>;

/**
 * The associated data of everything encrypted in the list (ACC-2): moved to another database, person, slot, method, format or
 * generation of the data key it does not open.
 */
const bound = (...parts: readonly (string | number)[]): string => ['hamshira slot v2', ...parts].join('\n');

export const seedBinding = ({ database }: Database, { person, id, method }: SlotName): string =>
  bound('seed', database, person, id, method);

export const dataKeyBinding = (
  { database, generation }: Database,
  { person, id, method }: SlotName,
): string => bound('data key', database, generation, person, id, method);

export const paperKeyBinding = ({ database, generation }: Database, id: string): string =>
  bound('data key for paper', database, generation, id);

export const breakGlassBinding = ({ database, generation }: Database): string =>
  bound('data key for two', database, generation);

/** `door`: the public key whose private part is shared. */
export const shareBinding = (
  { database, generation }: Database,
  share: { readonly holder: PersonId; readonly place: number; readonly slot: string },
  door: string,
): string => bound('share', database, generation, share.holder, share.place, share.slot, door);
