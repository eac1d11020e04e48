import * as v from 'valibot';
import type { ReplicaReader, SettingsReader, SettingsWriter } from '#clinic/ports/replica.ts';
import { RecordIdSchema } from '#contracts/ids.ts';
import { StatusSchema } from '#contracts/wire/client-messages.ts';
import { maxKeysPerStatus } from '#contracts/wire/protocol.ts';

const settingKey = 'staff.keys';
const KeysSchema = StatusSchema.entries.staffKeys.wrapped;

/** A person's signing key whose public part the center does not have yet. */
export type NewStaffKey = v.InferOutput<typeof KeysSchema>[number];

/**
 * Remembers a person's new signing key until her staff record has it: staff records are the center's to change, so the
 * workstation tells it the key (SIG-5). The oldest is dropped when there are too many.
 */
export function noteStaffKey(settings: SettingsWriter, key: NewStaffKey): void {
  const others = readKeys(settings).filter(({ id, person }) => id !== key.id || person !== key.person);
  settings.set(settingKey, JSON.stringify([...others, key].slice(-maxKeysPerStatus)));
}

/** The keys that staff records here lack. */
export const staffKeysToTell = (replica: ReplicaReader): readonly NewStaffKey[] =>
  readKeys(replica.settings).filter(({ person, id }) => {
    const staff = replica.get('staff', v.parse(RecordIdSchema, person));
    return staff?.body.active === true && staff.body.keys?.every((key) => key.id !== id) !== false;
  });

function readKeys(settings: SettingsReader): readonly NewStaffKey[] {
  const text = settings.get(settingKey);
  return text === undefined ? [] : v.parse(KeysSchema, JSON.parse(text));
}
