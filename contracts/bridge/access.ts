import * as v from 'valibot';
import type { ErrorCode } from '../errors.ts';
import { InstantSchema, PersonIdSchema } from '../ids.ts';
import { filledText, text } from '../records/record.ts';
import { administratorRoles, RoleSchema, roles } from '../roles.ts';
import { requestContract, viewContract } from './contract.ts';
import { DeviceFactSchema, DeviceRoadSchema } from './devices.ts';
import { ScanSchema } from './scans.ts';

const Nothing = v.strictObject({});
const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const base64 = (bytes: number) => v.pipe(v.string(), v.base64(), v.maxLength(Math.ceil(bytes / 3) * 4));
const secret = v.pipe(v.string(), v.base64(), v.length(44));
const passphrase = v.pipe(v.string(), v.minLength(1), v.maxLength(200));
/** PIN of a key: 4 to 63 bytes of UTF-8 (CTAP 2.1, 6.5.1). */
const pin = v.pipe(v.string(), v.minLength(4), v.maxLength(63));
const slot = v.pipe(v.string(), v.uuid());
/** Name that people give a key or a finger. */
const label = filledText(60);

/** How somebody proves who she is. `webauthn`: the page asked the key itself and brings what it answered. */
export const proofs = {
  passphrase: v.object({ method: v.literal('passphrase'), passphrase }),
  'simulated-key': v.object({ method: v.literal('simulated-key') }),
  /** A key on this computer, by finger, or by its PIN where one is given. */
  fido2: v.object({ method: v.literal('fido2'), pin: v.optional(pin) }),
  webauthn: v.object({ method: v.literal('webauthn'), slot, secret }),
} as const;
export const ProofSchema = v.variant('method', [
  proofs.passphrase,
  proofs['simulated-key'],
  proofs.fido2,
  proofs.webauthn,
]);
export type Proof = v.InferOutput<typeof ProofSchema>;

/**
 * How a person whose new way in is made shows that it is hers: by one that she has. Null for the signed-in person herself, and
 * for somebody who lost all of them: then everything she had ends, her signing key too.
 */
const OwnersProof = v.nullable(ProofSchema);

/** What the owner of a key has to do now. */
export const OperationStepSchema = v.picklist(['insert-key', 'touch-now', 'touch-again', 'processing']);

/** What one key operation came to so far. Nothing in it tells whose key it is. */
export const KeyOperationSchema = v.object({
  kind: v.picklist(['unlock', 'enrol-key', 'enrol-finger', 'key-settings']),
  step: OperationStepSchema,
  /** Of two who open together: whose turn it is, as they were named. */
  holder: v.optional(v.picklist(['first', 'second'])),
  /** Enrolling a finger: `good` of `needed` touches. */
  good: count,
  needed: count,
  /** What was wrong with the last touch. */
  hint: v.nullable(
    v.picklist(['too-fast', 'too-slow', 'too-short', 'off-centre', 'too-similar', 'poor', 'not-recognised']),
  ),
});
export type KeyOperation = v.InferOutput<typeof KeyOperationSchema>;

/** What the lock screen shows beside the state: devices, how far a key is, and whose card was held to the reader. */
export const DoorSchema = v.object({
  operation: v.nullable(KeyOperationSchema),
  /** How often keys on this computer have waited for a touch since the program began: no view has to see each step to count them. */
  touchesAsked: count,
  devices: v.array(DeviceFactSchema),
  roads: v.array(DeviceRoadSchema),
  /** The person whose card was read last, and how many cards were read. A card identifies, it never unlocks. */
  card: v.nullable(v.object({ person: v.nullable(PersonIdSchema), reading: count })),
  hasPaperKey: v.boolean(),
  /** People who open together, two at a time. */
  holders: v.array(PersonIdSchema),
  /** The records are being brought under a new key: how far that is, 0 to 1. */
  rotation: v.nullable(v.pipe(v.number(), v.minValue(0), v.maxValue(1))),
});
export type Door = v.InferOutput<typeof DoorSchema>;

/** How often a new key is touched: to make the credential, to use it, and to prove it (docs/specs/access.md ACC-23). */
export const touchesOfNewKey = 3;

/** One way in, as its owner and the administrators see it. */
export const WayInSchema = v.object({
  slot,
  method: v.picklist(['passphrase', 'fido2', 'simulated-key']),
  label: v.nullable(v.string()),
  enrolledAt: v.nullable(InstantSchema),
});

/** Who may open this workstation, for its administrators; others see themselves only. */
export const PersonAccessSchema = v.object({
  id: PersonIdSchema,
  name: v.string(),
  roles: v.array(RoleSchema),
  ways: v.array(WayInSchema),
  /** One lost key or forgotten passphrase would shut her out. */
  needsSecond: v.boolean(),
  isHolder: v.boolean(),
  hasCard: v.boolean(),
});
export type PersonAccess = v.InferOutput<typeof PersonAccessSchema>;

export const accessViews = {
  /** What was scanned or held to a reader last while somebody is at work, and the how manieth it was. */
  'scans.latest': viewContract({
    input: Nothing,
    output: v.nullable(v.object({ reading: count, scan: ScanSchema })),
    audience: roles,
  }),
  'access.door': viewContract({ input: Nothing, output: DoorSchema, audience: 'anyone' }),
  'access.people': viewContract({
    input: Nothing,
    output: v.object({ people: v.array(PersonAccessSchema), paperKeyMadeAt: v.nullable(InstantSchema) }),
    audience: roles,
  }),
} as const;

/** What any use of a key may answer with. */
export const keyErrors = [
  'access.device-removed',
  'access.finger-not-recognised',
  'access.pin-not-right',
  'access.pin-needed',
  'access.key-blocked',
  'access.key-unknown',
  'access.key-enrolled',
  'access.key-unsuitable',
  'access.cancelled',
] as const satisfies readonly ErrorCode[];

const listErrors = [
  'access.forbidden',
  'access.second-way-needed',
  'access.unknown-person',
  'store.disk-full',
  'store.wrong-key',
] as const satisfies readonly ErrorCode[];

const slotErrors = [
  'access.wrong-passphrase',
  'access.too-many-attempts',
  ...listErrors,
  ...keyErrors,
] as const satisfies readonly ErrorCode[];

export const accessRequests = {
  /** Ends the key operation that is under way, if any. */
  'access.cancel': requestContract({ input: Nothing, output: Nothing, audience: 'anyone', errors: [] }),
  /** What a reader that types gave to a screen that shows no records: counts as a card on a reader, and is told by `access.door`. */
  'access.card-typed': requestContract({
    input: v.object({ text: text(128) }),
    output: Nothing,
    audience: 'anyone',
    errors: [],
  }),
  /** What the page needs to ask a person's key by WebAuthn; no slots: she has no key. */
  'access.webauthn-options': requestContract({
    input: v.object({ person: PersonIdSchema }),
    output: v.object({
      relyingParty: v.string(),
      challenge: base64(32),
      slots: v.array(v.object({ slot, credential: base64(1_023), salt: base64(32) })),
    }),
    audience: 'anyone',
    errors: ['access.unknown-person'],
  }),

  /** Makes the key on this computer a way in for a person. The owner touches it twice: to make it, and to prove it. */
  'keys.enrol': requestContract({
    input: v.object({
      person: PersonIdSchema,
      label,
      method: v.picklist(['fido2', 'simulated-key']),
      pin: v.optional(pin),
      proof: OwnersProof,
    }),
    output: v.object({ needsSecond: v.boolean() }),
    audience: administratorRoles,
    errors: slotErrors,
  }),
  /** The same with a key that the page asked by WebAuthn: first what to ask for, then what it answered. */
  'keys.webauthn-begin': requestContract({
    /** `isAnew`: everything she had ends, so that a key of hers may be made hers once more. */
    input: v.object({ person: PersonIdSchema, isAnew: v.optional(v.boolean()) }),
    output: v.object({
      relyingParty: v.string(),
      challenge: base64(32),
      user: base64(16),
      salt: base64(32),
      /** Credentials of keys that open already: such a key must not be made anybody's again. */
      known: v.array(base64(1_023)),
    }),
    audience: administratorRoles,
    errors: ['access.unknown-person'],
  }),
  'keys.webauthn-finish': requestContract({
    input: v.object({
      person: PersonIdSchema,
      label,
      credential: base64(1_023),
      /** SubjectPublicKeyInfo in DER, as the page gets it. */
      publicKey: base64(200),
      salt: base64(32),
      /** What the key gave for the salt, twice: the second proves that it gives the same again. */
      secret,
      again: secret,
      proof: OwnersProof,
    }),
    output: v.object({ needsSecond: v.boolean() }),
    audience: administratorRoles,
    errors: slotErrors,
  }),
  /** Takes a way in away: lost, broken or no longer wanted. Everybody her own, administrators anyone's. The data key is changed. */
  'keys.remove': requestContract({
    input: v.object({ slot, reason: v.picklist(['lost', 'broken', 'unwanted']) }),
    output: Nothing,
    audience: roles,
    errors: listErrors,
  }),
  /** The key on this computer: what it can do, and whose fingers it knows. */
  'keys.describe': requestContract({
    input: v.object({ pin: v.optional(pin) }),
    output: v.object({
      hasPin: v.boolean(),
      canTakeFingers: v.boolean(),
      pinAttemptsLeft: v.nullable(count),
      fingerAttemptsLeft: v.nullable(count),
      fingers: v.nullable(v.array(v.object({ id: base64(64), name: text(60) }))),
    }),
    audience: roles,
    errors: keyErrors,
  }),
  'keys.enrol-finger': requestContract({
    input: v.object({ pin, name: label }),
    output: Nothing,
    audience: roles,
    errors: keyErrors,
  }),
  'keys.remove-finger': requestContract({
    input: v.object({ pin, id: base64(64) }),
    output: Nothing,
    audience: roles,
    errors: keyErrors,
  }),
  /** Sets the first PIN of the key on this computer, or changes it. The secret of its slots stays. */
  'keys.change-pin': requestContract({
    input: v.object({ present: v.nullable(pin), next: pin }),
    output: Nothing,
    audience: roles,
    errors: [...keyErrors, 'access.weak-pin'],
  }),

  /** The signed-in person's own passphrase. */
  'staff.change-passphrase': requestContract({
    input: v.object({ next: passphrase }),
    output: Nothing,
    audience: roles,
    errors: ['access.weak-passphrase', ...listErrors],
  }),
  /** A new passphrase for somebody who forgot hers. With no other way in to show, everything she had ends. */
  'staff.reset-passphrase': requestContract({
    input: v.object({ person: PersonIdSchema, next: passphrase, proof: OwnersProof }),
    output: Nothing,
    audience: administratorRoles,
    errors: ['access.weak-passphrase', ...slotErrors],
  }),
  /** Takes all ways in of a person off this workstation, and changes the data key. Her records stay. */
  'staff.remove': requestContract({
    input: v.object({ person: PersonIdSchema, reason: filledText(200) }),
    output: Nothing,
    audience: administratorRoles,
    errors: listErrors,
  }),
  /** The card read last belongs to this person; null takes hers away. It picks her on the lock screen, no more. */
  'staff.bind-card': requestContract({
    input: v.object({ person: PersonIdSchema, reading: v.nullable(count) }),
    output: Nothing,
    audience: administratorRoles,
    errors: ['access.unknown-person', 'record.not-found', 'store.disk-full'],
  }),

  /** Draws a new paper key, to be written down. It opens nothing yet, and the one before still does. Forgotten at lock. */
  'recovery.make-paper': requestContract({
    input: Nothing,
    output: v.object({ groups: v.array(v.string()) }),
    audience: administratorRoles,
    errors: [],
  }),
  /**
   * Two of its groups typed back, counted from 1: it is on paper. From here on it opens, and the one before does not. Shown once,
   * kept nowhere. `record.not-found`: none was drawn since the last lock.
   */
  'recovery.keep-paper': requestContract({
    input: v.object({
      groups: v.pipe(
        v.array(v.object({ group: v.pipe(count, v.maxValue(8)), text: v.pipe(v.string(), v.maxLength(10)) })),
        v.minLength(2),
        v.maxLength(8),
      ),
    }),
    output: Nothing,
    audience: administratorRoles,
    errors: ['access.paper-key-wrong', 'record.not-found', ...listErrors],
  }),
  /** Names the people of whom any two open together. At least two, or none. */
  'recovery.set-holders': requestContract({
    input: v.object({ people: v.pipe(v.array(PersonIdSchema), v.maxLength(20)) }),
    output: Nothing,
    audience: administratorRoles,
    errors: listErrors,
  }),
  /** Opens without one's own way in: by the paper key, or two holders together. Goes to the audit trail with the reason. */
  'session.break-glass': requestContract({
    input: v.variant('method', [
      v.object({
        method: v.literal('paper'),
        code: v.pipe(v.string(), v.maxLength(200)),
        /** Who says to be here; nothing proves it. */
        name: filledText(120),
        reason: filledText(200),
      }),
      v.object({
        method: v.literal('two'),
        first: v.object({ person: PersonIdSchema, proof: ProofSchema }),
        second: v.object({ person: PersonIdSchema, proof: ProofSchema }),
        reason: filledText(200),
      }),
    ]),
    output: v.object({ person: PersonIdSchema }),
    audience: 'anyone',
    errors: ['access.paper-key-wrong', 'bridge.busy', 'store.damaged', ...slotErrors],
  }),
} as const;
