import { verify } from 'node:crypto';
import type { ReplicaReader } from '#clinic/ports/replica.ts';
import { signableVisit } from '#clinic/signatures/signable.ts';
import {
  entriesBeyond,
  type StaffKeys,
  type VerifyEd25519,
  verifySignature,
} from '#clinic/signatures/verify.ts';
import type { SignatureView } from '#contracts/bridge/views.ts';
import type { RecordOf } from '#contracts/records/registry.ts';
import { publicKeyOf } from '#sync/device-identity.ts';
import { staffKeysToTell } from '#sync/staff-keys.ts';
import { staffOf } from './people.ts';

/** Keys of staff: those of the records, and those the center has not put there yet. */
export const staffKeysIn =
  (reader: ReplicaReader): StaffKeys =>
  (person) => [
    ...(staffOf(reader, person)?.body.keys ?? []),
    ...staffKeysToTell(reader).filter((key) => key.person === person),
  ];

/** What the signatures of a visit are worth, and what was written beyond each (SIG-4). */
export function signaturesShown(reader: ReplicaReader, visit: RecordOf<'visits'>): SignatureView[] {
  const keys = staffKeysIn(reader);
  return (visit.body.signatures ?? []).map((signature) => ({
    id: signature.id,
    at: signature.at,
    by: signature.by,
    verdict: verifySignature(signableVisit, visit, signature, keys, isSignedBy),
    beyond: [...entriesBeyond(signableVisit, visit.body, signature)],
  }));
}

const isSignedBy: VerifyEd25519 = (publicKey, bytes, signature) => {
  try {
    return verify(null, bytes, publicKeyOf(publicKey), Buffer.from(signature, 'base64'));
  } catch {
    // No point of the curve: nothing was ever signed with it.
    return false;
  }
};
