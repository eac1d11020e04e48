import * as v from 'valibot';
import type { EntryId, Instant, PersonId, RecordId } from '#contracts/ids.ts';
import type { BodyByCollection, CollectionName } from '#contracts/records/registry.ts';
import { maxSignatures, type Signature, SigningKeyIdSchema } from '#contracts/records/signature.ts';
import type { VisitBody } from '#contracts/records/visits.ts';
import type { Signer } from '../ports/signer.ts';
import { base64Of, hexOf } from './base64.ts';
import { asciiBytes, canonicalText } from './canonical-text.ts';
import { type Signable, signableVisit } from './signable.ts';

const preamble = 'hamshira signature v1';

/** Who signs, when and with what. */
export interface Signing {
  readonly signer: Signer;
  readonly by: PersonId;
  readonly at: Instant;
  /** Id of the new signature. */
  readonly id: EntryId;
}

/** Id of a signing key: the first 16 bytes of the raw public key, hex (SIG-2). */
export const signingKeyId = (publicKey: Uint8Array): string =>
  v.parse(SigningKeyIdSchema, hexOf(publicKey.subarray(0, 16)));

/** The signature of a person over a record as it is in `body`. Throws once the signer's session has ended. */
export function signRecord<C extends CollectionName>(
  signable: Signable<C>,
  record: { readonly id: RecordId; readonly body: BodyByCollection[C] },
  { signer, by, at, id }: Signing,
): Signature {
  const entries = signable.entries(record.body).map((entry) => entry.id);
  const claim = { id, at, by, key: signingKeyId(signer.publicKey), entries };
  const text = signedText(signable, record, claim);
  if (text === undefined) throw new Error('two entries have one id');
  return { ...claim, signature: base64Of(signer.sign(asciiBytes(text))) };
}

/**
 * The text a signature covers: what kind of record, which, who signed it when with which key, the record's fields and the
 * named entries with all they hold. `undefined` if the record does not hold each of these entries exactly once.
 */
export function signedText<C extends CollectionName>(
  signable: Signable<C>,
  { id, body }: { readonly id: RecordId; readonly body: BodyByCollection[C] },
  claim: Omit<Signature, 'signature'>,
): string | undefined {
  const present = signable.entries(body);
  const entries = claim.entries.map((entryId) => onlyOne(present.filter((entry) => entry.id === entryId)));
  if (entries.includes(undefined) || new Set(claim.entries).size < claim.entries.length) return undefined;
  const { at, by, key } = claim;
  return canonicalText([
    preamble,
    { kind: signable.kind, record: id, signature: claim.id, by, at, key },
    signable.fields(body),
    entries,
  ]);
}

const onlyOne = <Value>(values: readonly Value[]): Value | undefined =>
  values.length === 1 ? values[0] : undefined;

/**
 * A visit with the signature of whoever closes it. Without a signer (somebody who has no key yet), or with as many signatures
 * as a record holds, it stays as it is: no rule about paper keeps a patient waiting.
 */
export function signVisit(
  id: RecordId,
  body: VisitBody,
  signing: Omit<Signing, 'signer'> & { readonly signer: Signer | undefined },
): VisitBody {
  const before = body.signatures ?? [];
  const { signer } = signing;
  if (signer === undefined || before.length >= maxSignatures) return body;
  return {
    ...body,
    signatures: [...before, signRecord(signableVisit, { id, body }, { ...signing, signer })],
  };
}
