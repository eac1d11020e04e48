import * as v from 'valibot';
import { FacilitySchema } from '#contracts/bridge/views.ts';
import { PersonIdSchema } from '#contracts/ids.ts';
import { Argon2CostSchema } from './argon2.ts';

/** Version of `slots.json`. A higher one was written by a newer program and is left alone. */
export const slotFileFormat = 1;

const exactBytes = (length: number) =>
  v.pipe(
    v.string(),
    v.length(Math.ceil(length / 3) * 4),
    v.base64(),
    v.check((text) => Buffer.from(text, 'base64').length === length, `not ${length} bytes`),
    // Base64 has spare bits at the end: without this a changed character could go unnoticed.
    v.check((text) => Buffer.from(text, 'base64').toString('base64') === text, 'not canonical base64'),
  );

/** Nonce (12), encrypted data key (32), tag (16). */
const wrappedKeyBytes = 12 + 32 + 16;
const uuid = v.pipe(v.string(), v.uuid());

const slot = { id: uuid, person: PersonIdSchema, wrapped: exactBytes(wrappedKeyBytes) } as const;

export const PassphraseSlotSchema = v.strictObject({
  ...slot,
  method: v.literal('passphrase'),
  salt: exactBytes(16),
  cost: Argon2CostSchema,
});
export type PassphraseSlot = v.InferOutput<typeof PassphraseSlotSchema>;

export const DeviceSlotSchema = v.strictObject({
  ...slot,
  method: v.picklist(['fido2', 'simulated-key']),
  salt: exactBytes(32),
  credential: v.pipe(v.string(), v.minLength(4), v.maxLength(1368), v.base64()),
});
export type DeviceSlot = v.InferOutput<typeof DeviceSlotSchema>;

const SlotSchema = v.variant('method', [PassphraseSlotSchema, DeviceSlotSchema]);
export type Slot = v.InferOutput<typeof SlotSchema>;

/** Most people and slots of one workstation; bounds what a damaged file can make us do. */
const mostPeople = 200;
const mostSlots = 800;

export const EnrolledPersonSchema = v.strictObject({
  id: PersonIdSchema,
  /** As shown on the lock screen. */
  name: v.pipe(v.string(), v.minLength(1), v.maxLength(250)),
});
export type EnrolledPerson = v.InferOutput<typeof EnrolledPersonSchema>;

/** Content of `slots.json`: who may open this workstation and how. No key in the clear, no patient data. */
export const SlotFileSchema = v.strictObject({
  format: v.literal(slotFileFormat),
  /** Id of the database whose data key is wrapped here. */
  database: uuid,
  /** For the lock screen; null until the center has told. */
  facility: v.nullable(FacilitySchema),
  people: v.pipe(v.array(EnrolledPersonSchema), v.minLength(1), v.maxLength(mostPeople)),
  slots: v.pipe(v.array(SlotSchema), v.minLength(1), v.maxLength(mostSlots)),
  /** HMAC-SHA-256 over all of the above under a key derived from the data key. */
  mac: exactBytes(32),
});
export type SlotFile = v.InferOutput<typeof SlotFileSchema>;

/** All that the MAC covers. */
export type SlotList = Omit<SlotFile, 'mac'>;
