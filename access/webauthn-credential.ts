import { createPublicKey } from 'node:crypto';
import * as v from 'valibot';
import { cborMap, encodeCbor } from './ctap/cbor.ts';
import { encodeCredential } from './enrolled-credential.ts';

const JwkSchema = v.object({ kty: v.literal('EC'), crv: v.literal('P-256'), x: v.string(), y: v.string() });
const longestSpki = 200;

/**
 * The credential that a browser tells of, as slots keep it: id as it came, public key as SubjectPublicKeyInfo in DER
 * (AuthenticatorAttestationResponse.getPublicKey, WebAuthn 3). Undefined when it is no key of P-256 or too long.
 */
export function credentialOfSpki(id: Uint8Array, spki: Uint8Array): Uint8Array | undefined {
  if (spki.length > longestSpki) return undefined;
  const jwk = v.safeParse(JwkSchema, jwkOf(spki));
  if (!jwk.success) return undefined;
  const coordinate = (text: string) => Buffer.from(text, 'base64url');
  // COSE key of ES256 (RFC 9053, 7.1).
  const publicKey = encodeCbor(
    cborMap([
      [1, 2],
      [3, -7],
      [-1, 1],
      [-2, coordinate(jwk.output.x)],
      [-3, coordinate(jwk.output.y)],
    ]),
  );
  return encodeCredential({ id, publicKey });
}

function jwkOf(spki: Uint8Array): unknown {
  try {
    return createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' }).export({ format: 'jwk' });
  } catch {
    return undefined;
  }
}
