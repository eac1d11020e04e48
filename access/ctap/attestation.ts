import { verify, X509Certificate } from 'node:crypto';
import type { CborMap } from './cbor.ts';
import { bytesAt, integerAt, listAt } from './cbor-fields.ts';
import { type CurvePoint, coseAlgorithm, isSignedBy } from './p256.ts';

/** What a key says of the credential it made. */
export interface Attestation {
  readonly format: string;
  readonly statement: CborMap;
  /** What was signed: authenticator data, then the client data's hash. */
  readonly signed: Uint8Array;
  readonly publicPoint: CurvePoint;
}

/**
 * Whether the statement holds: `none`, or `packed` with a right signature, of the credential itself or of the maker's
 * certificate. The certificate's chain is not judged: no maker is trusted more than another here (CTP-24).
 */
export function isAttestationSound({ format, statement, signed, publicPoint }: Attestation): boolean {
  if (format === 'none') return statement.size === 0;
  const signature = bytesAt(statement, 'sig');
  if (format !== 'packed' || signature === undefined) return false;
  if (integerAt(statement, 'alg') !== coseAlgorithm.es256) return false;
  if (!statement.has('x5c')) return isSignedBy(publicPoint, signed, signature);
  const certificate = listAt(statement, 'x5c')?.[0];
  return certificate instanceof Uint8Array && isSignedByCertificate(certificate, signed, signature);
}

function isSignedByCertificate(certificate: Uint8Array, signed: Uint8Array, signature: Uint8Array): boolean {
  try {
    const { publicKey } = new X509Certificate(certificate);
    if (publicKey.asymmetricKeyType !== 'ec') return false;
    return verify('sha256', signed, { key: publicKey, dsaEncoding: 'der' }, signature);
  } catch {
    // No certificate at all, or a curve this build does not know.
    return false;
  }
}
