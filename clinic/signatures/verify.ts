import type { EntryId, PersonId, RecordId } from '#contracts/ids.ts';
import type { BodyByCollection, CollectionName } from '#contracts/records/registry.ts';
import type { Signature, StaffKey } from '#contracts/records/signature.ts';
import { asciiBytes } from './canonical-text.ts';
import { signedText } from './sign.ts';
import type { Signable } from './signable.ts';

/**
 * `altered`: what was signed is no longer what the record says, or it was never signed with that key. `unknown-key`: the
 * person has no such key here. `revoked-key-at-that-time`: signed after the key was taken back, by the signer's clock.
 */
export type SignatureVerdict = 'valid' | 'altered' | 'unknown-key' | 'revoked-key-at-that-time';

/** The keys of a person, revoked ones too; none if she is not known. */
export type StaffKeys = (person: PersonId) => readonly StaffKey[];

/** Ed25519: whether `signature` (base64) over `bytes` is that of the raw public key (base64). Never throws. */
export type VerifyEd25519 = (publicKey: string, bytes: Uint8Array, signature: string) => boolean;

/** Judges one signature of a record (docs/specs/audit.md SIG-4). Pure; entries that it does not name do not matter. */
export function verifySignature<C extends CollectionName>(
  signable: Signable<C>,
  record: { readonly id: RecordId; readonly body: BodyByCollection[C] },
  signature: Signature,
  staffKeys: StaffKeys,
  verify: VerifyEd25519,
): SignatureVerdict {
  const key = staffKeys(signature.by).find(({ id }) => id === signature.key);
  if (key === undefined) return 'unknown-key';
  const text = signedText(signable, record, signature);
  if (text === undefined || !verify(key.publicKey, asciiBytes(text), signature.signature)) return 'altered';
  return key.revokedAt !== undefined && signature.at >= key.revokedAt ? 'revoked-key-at-that-time' : 'valid';
}

/** Entries of the record that a signature does not cover: written after it, or without knowing of each other. */
export function entriesBeyond<C extends CollectionName>(
  signable: Signable<C>,
  body: BodyByCollection[C],
  signature: Signature,
): readonly EntryId[] {
  const covered = new Set(signature.entries);
  return signable
    .entries(body)
    .map(({ id }) => id)
    .filter((id) => !covered.has(id));
}
