import { deriveFromDataKey } from '#access/key-wrapping.ts';
import type { PersonId } from '#contracts/ids.ts';
import type { OpenedRecords } from './session.ts';

const settingOf = (person: PersonId): string => `draft.key.${person}`;

/**
 * 32 bytes for one person's draft box (ACC-14). Kept in the records once she has signed in, so that what she was typing is
 * still there after the data key was replaced.
 */
export function draftKeyOf({ replica, dataKey }: OpenedRecords, person: PersonId): Uint8Array {
  const kept = replica.settings.get(settingOf(person));
  return kept === undefined
    ? deriveFromDataKey(dataKey, 'draft', person)
    : Uint8Array.from(Buffer.from(kept, 'base64'));
}

/** Keeps the key that {@link draftKeyOf} gives now. */
export async function keepDraftKey(records: OpenedRecords, person: PersonId): Promise<void> {
  if (records.replica.settings.get(settingOf(person)) !== undefined) return;
  const key = Buffer.from(draftKeyOf(records, person));
  await records.replica.transact(({ settings }) => settings.set(settingOf(person), key.toString('base64')));
  key.fill(0);
}
