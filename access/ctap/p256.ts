import { createECDH, createPublicKey, verify } from 'node:crypto';
import type { Random } from '#clinic/ports/clock.ts';
import { fail, ok, type Result } from '#contracts/result.ts';
import { Secret } from '../secret.ts';
import { type CborMap, cborMap, encodeCbor } from './cbor.ts';
import { decodeFirstCbor } from './cbor-decode.ts';
import { asMap, bytesAt, integerAt } from './cbor-fields.ts';

/** A point of P-256, affine, 32 bytes each, known to be on the curve: made by {@link pointFromCose} or {@link makeKeyPair}. */
export interface CurvePoint {
  readonly x: Uint8Array;
  readonly y: Uint8Array;
}

/** COSE algorithm numbers: signatures, and key agreement as CTAP2 writes it. */
export const coseAlgorithm = { es256: -7, ecdhEsHkdf256: -25 } as const;

const coseLabel = { keyType: 1, algorithm: 3, curve: -1, x: -2, y: -3 } as const;
const keyTypeEc2 = 2;
const curveP256 = 1;
const coordinateLength = 32;

/** The field prime and the coefficient b of P-256 (FIPS 186-4, D.1.2.3). */
const prime = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn;
const coefficientB = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;

/** Whether a COSE key could be read, and whether its point is one of the curve: CTAP2 tells both apart. */
export type PointFault = 'form' | 'off-curve';

/** Reads a COSE key of P-256 for one algorithm. Undefined algorithm: any (old keys leave it out at key agreement). */
export function pointFromCose(key: CborMap, algorithm?: number): Result<CurvePoint, PointFault> {
  const x = bytesAt(key, coseLabel.x);
  const y = bytesAt(key, coseLabel.y);
  const isRightKind =
    integerAt(key, coseLabel.keyType) === keyTypeEc2 && integerAt(key, coseLabel.curve) === curveP256;
  const isRightAlgorithm = algorithm === undefined || integerAt(key, coseLabel.algorithm) === algorithm;
  if (!isRightKind || !isRightAlgorithm || x === undefined || y === undefined) return fail('form');
  if (x.length !== coordinateLength || y.length !== coordinateLength) return fail('form');
  return isOnCurve({ x, y }) ? ok({ x, y }) : fail('off-curve');
}

/** Reads an encoded COSE key for ES256: exactly one, on the curve. */
export function pointFromCoseBytes(bytes: Uint8Array): CurvePoint | undefined {
  const first = decodeFirstCbor(bytes);
  if (!first.ok || first.value.length !== bytes.length) return undefined;
  const key = asMap(first.value.item);
  const point = key === undefined ? undefined : pointFromCose(key, coseAlgorithm.es256);
  return point?.ok ? point.value : undefined;
}

export function coseKey(point: CurvePoint, algorithm: number): CborMap {
  return cborMap([
    [coseLabel.keyType, keyTypeEc2],
    [coseLabel.algorithm, algorithm],
    [coseLabel.curve, curveP256],
    [coseLabel.x, point.x],
    [coseLabel.y, point.y],
  ]);
}

export const coseKeyBytes = (point: CurvePoint): Uint8Array =>
  encodeCbor(coseKey(point, coseAlgorithm.es256));

/**
 * y^2 = x^3 - 3x + b, both below the prime. A point off the curve would let a false key learn our private scalar piece by
 * piece; the crypto library checks as well, this says it where it can be read and tested.
 */
export function isOnCurve({ x, y }: CurvePoint): boolean {
  const [left, right] = [integerOf(x), integerOf(y)];
  if (left >= prime || right >= prime) return false;
  const cubic = (left * left * left - 3n * left + coefficientB) % prime;
  return (right * right - cubic) % prime === 0n;
}

const integerOf = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);

/** A P-256 key pair that can agree on secrets. */
export interface KeyPair {
  readonly publicPoint: CurvePoint;
  /** The x coordinate of the shared point, 32 bytes; the caller wipes it. */
  agree(other: CurvePoint): Uint8Array;
}

/** A fresh key pair. Private scalars beyond the group's order are drawn again: once in 2^32. */
export function makeKeyPair(random: Random): KeyPair {
  for (let attempt = 0; attempt < 8; attempt += 1) {
    using scalar = Secret.draw(random, coordinateLength);
    const pair = keyPairFrom(scalar.reveal());
    if (pair !== undefined) return pair;
  }
  throw new Error('the randomness gave no private key in eight draws');
}

/** Undefined when the scalar is zero or not below the group's order. */
export function keyPairFrom(privateScalar: Uint8Array): KeyPair | undefined {
  const ecdh = createECDH('prime256v1');
  try {
    ecdh.setPrivateKey(privateScalar);
  } catch {
    return undefined;
  }
  const encoded = Uint8Array.from(ecdh.getPublicKey());
  return {
    publicPoint: { x: encoded.slice(1, 33), y: encoded.slice(33) },
    agree: (other) => ecdh.computeSecret(Buffer.concat([Uint8Array.of(4), other.x, other.y])),
  };
}

/** Whether `signature` (DER) over `message` is of the key. Any bytes may be given as the signature. */
export function isSignedBy(point: CurvePoint, message: Uint8Array, signature: Uint8Array): boolean {
  const text = (coordinate: Uint8Array): string => Buffer.from(coordinate).toString('base64url');
  const key = createPublicKey({
    format: 'jwk',
    key: { kty: 'EC', crv: 'P-256', x: text(point.x), y: text(point.y) },
  });
  try {
    return verify('sha256', message, { key, dsaEncoding: 'der' }, signature);
  } catch {
    // Some builds throw on bytes that are no DER at all.
    return false;
  }
}
