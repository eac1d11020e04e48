import * as v from 'valibot';
import { EntryIdSchema, InstantSchema, PersonIdSchema } from '../ids.ts';

/** Id of a signing key: the first 16 bytes of the raw public key, hex (docs/specs/audit.md SIG-2). */
export const SigningKeyIdSchema = v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/, 'not a key id'));

/** Raw Ed25519 public key, base64 of 32 bytes. */
export const PublicKeySchema = v.pipe(v.string(), v.regex(/^[A-Za-z0-9+/]{43}=$/, 'not a public key'));

/**
 * What a person vouched for: the fields and entries of a record as she saw them (docs/specs/audit.md SIG-3). Append-only;
 * what was added later is not covered by it.
 */
export const SignatureSchema = v.object({
  id: EntryIdSchema,
  /** When, by the workstation's clock. */
  at: InstantSchema,
  by: PersonIdSchema,
  key: SigningKeyIdSchema,
  /** The entries that were there, in their order. */
  entries: v.pipe(v.array(EntryIdSchema), v.maxLength(500)),
  /** Ed25519 over the canonical text, base64 of 64 bytes. */
  signature: v.pipe(v.string(), v.regex(/^[A-Za-z0-9+/]{86}==$/, 'not a signature')),
});
export type Signature = v.InferOutput<typeof SignatureSchema>;

/** Most signatures of one record: it may be reopened and closed again. */
export const maxSignatures = 50;

/** The public part of a person's signing key. */
export const StaffKeySchema = v.object({
  id: SigningKeyIdSchema,
  publicKey: PublicKeySchema,
  since: InstantSchema,
  /** Signatures from this moment on do not count. */
  revokedAt: v.optional(InstantSchema),
});
export type StaffKey = v.InferOutput<typeof StaffKeySchema>;

/** Most keys of one person: a new one comes when all her ways to unlock were lost. */
export const maxStaffKeys = 20;
