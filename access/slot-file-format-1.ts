import * as v from 'valibot';
import { FacilitySchema } from '#contracts/bridge/views.ts';
import { PersonIdSchema } from '#contracts/ids.ts';
import { Argon2CostSchema } from './argon2.ts';
import { wrappedLength } from './key-wrapping.ts';
import { bytesOfLength, mostPeople, mostSlots, PersonNameSchema, uuid } from './slot-field.ts';

/** A slot of format 1 wraps the data key itself under its secret (ACC-25). */
const slot = { id: uuid, person: PersonIdSchema, wrapped: bytesOfLength(wrappedLength) } as const;

const OldPassphraseSlotSchema = v.strictObject({
  ...slot,
  method: v.literal('passphrase'),
  salt: bytesOfLength(16),
  cost: Argon2CostSchema,
});

const OldDeviceSlotSchema = v.strictObject({
  ...slot,
  method: v.picklist(['fido2', 'simulated-key']),
  salt: bytesOfLength(32),
  credential: v.pipe(v.string(), v.minLength(4), v.maxLength(1368), v.base64()),
});

export const OldSlotSchema = v.variant('method', [OldPassphraseSlotSchema, OldDeviceSlotSchema]);
export type OldSlot = v.InferOutput<typeof OldSlotSchema>;

/** Content of `slots.json` as programs before slots with doors wrote it. Immutable: old files are read for ever. */
export const OldSlotFileSchema = v.strictObject({
  format: v.literal(1),
  database: uuid,
  facility: v.nullable(FacilitySchema),
  people: v.pipe(
    v.array(v.strictObject({ id: PersonIdSchema, name: PersonNameSchema })),
    v.minLength(1),
    v.maxLength(mostPeople),
  ),
  slots: v.pipe(v.array(OldSlotSchema), v.minLength(1), v.maxLength(mostSlots)),
  mac: bytesOfLength(32),
});
export type OldSlotFile = v.InferOutput<typeof OldSlotFileSchema>;

/** What the MAC of format 1 was made over. */
export function oldListText({ format, database, facility, people, slots }: OldSlotFile): string {
  const name = facility?.name;
  return JSON.stringify([
    format,
    database,
    facility && [facility.code, facility.isTraining],
    name && [name['uz-Latn'], name['uz-Cyrl'], name.ru, name.en],
    people.map((person) => [person.id, person.name]),
    slots.map((old) => [
      old.id,
      old.person,
      old.method,
      old.wrapped,
      old.salt,
      old.method === 'passphrase' ? [old.cost.memoryKib, old.cost.passes] : old.credential,
    ]),
  ]);
}

/** What a slot of format 1 binds its wrapped data key to. */
export const oldSlotBinding = (database: string, { person, id, method }: OldSlot): string =>
  `hamshira slot v1\n${database}\n${person}\n${id}\n${method}`;
