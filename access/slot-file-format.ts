import * as v from 'valibot';
import { FacilitySchema } from '#contracts/bridge/views.ts';
import { InstantSchema, PersonIdSchema } from '#contracts/ids.ts';
import { Argon2CostSchema } from './argon2.ts';
import { wrappedLength } from './key-wrapping.ts';
import { sealedLength } from './slot-door.ts';
import { bytesOfLength, mostPeople, mostSlots, PersonNameSchema, uuid } from './slot-field.ts';
import { OldSlotSchema } from './slot-file-format-1.ts';

/** Version of `slots.json`. A higher one was written by a newer program and is left alone. */
export const slotFileFormat = 2;

const counter = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(Number.MAX_SAFE_INTEGER));
const sealed = bytesOfLength(sealedLength);
const publicKey = bytesOfLength(32);
/** Whichever device a slot is for, as its owner calls it. */
const LabelSchema = v.pipe(v.string(), v.maxLength(60));
/** Most keys that are remembered as lost. */
export const mostLost = 200;

const slot = {
  id: uuid,
  person: PersonIdSchema,
  label: LabelSchema,
  /** Null for a slot of format 1 that was brought over. */
  enrolledAt: v.nullable(InstantSchema),
  /** X25519 public key of the slot: what is sealed behind it opens with the slot's secret only (ACC-19). */
  door: publicKey,
  /** The person's seed under the slot's secret; null when it was brought over from format 1 beside another slot. */
  seed: v.nullable(bytesOfLength(wrappedLength)),
  /** The data key behind the door; null for holders of break-glass shares who cannot open alone. */
  dataKey: v.nullable(sealed),
} as const;

const PassphraseSlotSchema = v.strictObject({
  ...slot,
  method: v.literal('passphrase'),
  salt: bytesOfLength(16),
  cost: Argon2CostSchema,
});

const DeviceSlotSchema = v.strictObject({
  ...slot,
  method: v.picklist(['fido2', 'simulated-key']),
  salt: bytesOfLength(32),
  credential: v.pipe(v.string(), v.minLength(4), v.maxLength(1368), v.base64()),
});

export const SlotSchema = v.variant('method', [PassphraseSlotSchema, DeviceSlotSchema]);
export type Slot = v.InferOutput<typeof SlotSchema>;
export type SlotMethod = Slot['method'];

const ListedPersonSchema = v.strictObject({
  id: PersonIdSchema,
  name: PersonNameSchema,
  /** `holder-only`: opens together with another holder, never alone. */
  access: v.picklist(['full', 'holder-only']),
  /** Raw Ed25519 public key made from her seed; null until she unlocks for the first time after format 1. */
  signingKey: v.nullable(publicKey),
});
export type ListedPerson = v.InferOutput<typeof ListedPersonSchema>;

const PaperKeySchema = v.strictObject({
  id: uuid,
  madeAt: InstantSchema,
  salt: bytesOfLength(16),
  door: publicKey,
  dataKey: sealed,
});

const ShareSchema = v.strictObject({
  holder: PersonIdSchema,
  /** Place of the holder's share. */
  place: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(255)),
  /** Whose door it is sealed behind: one of the holder's slots. */
  slot: uuid,
  sealed,
});

const BreakGlassSchema = v.strictObject({
  /** X25519 public key whose private part is split in shares. */
  door: publicKey,
  dataKey: sealed,
  shares: v.pipe(v.array(ShareSchema), v.minLength(2), v.maxLength(mostSlots)),
});
export type BreakGlass = v.InferOutput<typeof BreakGlassSchema>;

const LostKeySchema = v.strictObject({
  slot: uuid,
  person: PersonIdSchema,
  method: v.picklist(['passphrase', 'fido2', 'simulated-key']),
  label: LabelSchema,
  enrolledAt: v.nullable(InstantSchema),
  lostAt: InstantSchema,
});

/** Content of `slots.json`: who may open this workstation and how. No key in the clear, no patient data. */
export const SlotFileSchema = v.strictObject({
  format: v.literal(slotFileFormat),
  /** Id of the database whose data key is sealed here. */
  database: uuid,
  /** Of the data key: one more with each rotation. */
  generation: counter,
  /** Of this list: one more with each change. */
  revision: counter,
  /** A slot went since the data key was made: it is to be replaced. */
  isRotationDue: v.boolean(),
  /** For the lock screen; null until the center has told. */
  facility: v.nullable(FacilitySchema),
  people: v.pipe(v.array(ListedPersonSchema), v.minLength(1), v.maxLength(mostPeople)),
  slots: v.pipe(v.array(SlotSchema), v.maxLength(mostSlots)),
  /** Slots of format 1 whose owners did not unlock since. */
  oldSlots: v.pipe(v.array(OldSlotSchema), v.maxLength(mostSlots)),
  paperKey: v.nullable(PaperKeySchema),
  breakGlass: v.nullable(BreakGlassSchema),
  lost: v.pipe(v.array(LostKeySchema), v.maxLength(mostLost)),
  /** HMAC-SHA-256 over all of the above under a key derived from the data key. */
  mac: bytesOfLength(32),
});
export type SlotFile = v.InferOutput<typeof SlotFileSchema>;

/** All that the MAC covers. */
export type SlotList = Omit<SlotFile, 'mac'>;
