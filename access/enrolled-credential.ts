import { type CurvePoint, coseKeyBytes, isOnCurve, pointFromCoseBytes } from './ctap/p256.ts';

/**
 * What a slot keeps of a credential: its id, and its public key as an encoded COSE key (ES256, P-256), by which answers
 * are checked. The same on every road: CTAP over HID, webauthn.dll, the browser.
 */
export interface EnrolledCredential {
  readonly id: Uint8Array;
  readonly publicKey: Uint8Array;
}

/** The longest encoding: what a slot takes. */
export const longestEncoding = 1_023;

const formatByte = 1;
const headLength = 3;
const shortestId = 1;

/**
 * Format byte, length of the id (two bytes, big endian), id, COSE key. Undefined when the public key is no point of P-256
 * or the whole is longer than {@link longestEncoding}: such a credential cannot be enrolled.
 */
export function encodeCredential({ id, publicKey }: EnrolledCredential): Uint8Array | undefined {
  const length = headLength + id.length + publicKey.length;
  if (id.length < shortestId || length > longestEncoding || pointFromCoseBytes(publicKey) === undefined) {
    return undefined;
  }
  return Uint8Array.from([formatByte, id.length >> 8, id.length & 0xff, ...id, ...publicKey]);
}

/** Undefined: not one of ours. */
export function decodeCredential(bytes: Uint8Array): EnrolledCredential | undefined {
  const found = readCredential(bytes);
  return found && { id: found.id, publicKey: found.publicKey };
}

/** As {@link decodeCredential}, with the public key ready to check signatures. */
export function readCredential(
  bytes: Uint8Array,
): (EnrolledCredential & { readonly publicPoint: CurvePoint }) | undefined {
  const [format, high = 0, low = 0] = bytes;
  const keyFrom = headLength + high * 256 + low;
  if (format !== formatByte || bytes.length > longestEncoding || keyFrom < headLength + shortestId) {
    return undefined;
  }
  const id = bytes.slice(headLength, keyFrom);
  const publicKey = bytes.slice(keyFrom);
  const publicPoint = pointFromCoseBytes(publicKey);
  return publicPoint && { id, publicKey, publicPoint };
}

/** SubjectPublicKeyInfo of P-256 up to the coordinates: id-ecPublicKey, prime256v1, an uncompressed point (RFC 5480). */
const spkiPrefix = Buffer.from('3059301306072a8648ce3d020106082a8648ce3d03010703420004', 'hex');

/** The COSE key of a public key as browsers give it (DER). Undefined: no point of P-256. */
export function publicKeyFromSpki(der: Uint8Array): Uint8Array | undefined {
  const from = spkiPrefix.length;
  if (der.length !== from + 64 || Buffer.compare(der.subarray(0, from), spkiPrefix) !== 0) return undefined;
  const point = { x: der.slice(from, from + 32), y: der.slice(from + 32) };
  return isOnCurve(point) ? coseKeyBytes(point) : undefined;
}
