import { deriveFromDataKey } from '#access/key-wrapping.ts';
import { Secret } from '#access/secret.ts';
import type { PersonId } from '#contracts/ids.ts';
import type { OpenedRecords } from './session.ts';

const settingOf = (person: PersonId): string => `draft.key.${person}`;

/**
 * 32 bytes for one person's draft box (ACC-14). Kept in the records once she has signed in, so that what she was typing is
 * still there after the data key was replaced. The caller's to overwrite.
 */
export function draftKeyOf({ replica, dataKey }: OpenedRecords, person: PersonId): Uint8Array {
  const kept = replica.settings.get(settingOf(person));
  const key =
    kept === undefined
      ? deriveFromDataKey(dataKey, 'draft', person)
      : new Secret(Buffer.from(kept, 'base64'));
  return key.reveal();
}

/** Keeps the key that {@link draftKeyOf} gives now. */
export async function keepDraftKey(records: OpenedRecords, person: PersonId): Promise<void> {
  if (records.replica.settings.get(settingOf(person)) !== undefined) return;
  const key = draftKeyOf(records, person);
  const text = base64OfKey(key);
  await records.replica.transact(({ settings }) => settings.set(settingOf(person), text));
}

/** The key as text; it is overwritten. */
export function base64OfKey(key: Uint8Array): string {
  const text = Buffer.from(key.buffer, key.byteOffset, key.length).toString('base64');
  key.fill(0);
  return text;
}
