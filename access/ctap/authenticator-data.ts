import { timingSafeEqual } from 'node:crypto';
import { sha256 } from '@noble/hashes/sha2.js';
import { fail, ok, type Result } from '#contracts/result.ts';
import type { CborMap } from './cbor.ts';
import { decodeFirstCbor } from './cbor-decode.ts';
import { asMap } from './cbor-fields.ts';
import { type CurvePoint, coseAlgorithm, pointFromCose } from './p256.ts';
import type { CtapFailure } from './status.ts';
import { relyingParty } from './verification.ts';

/** Authenticator data (WebAuthn 6.1): what a key's signature is over. */
export interface AuthenticatorData {
  readonly relyingPartyHash: Uint8Array;
  readonly flags: number;
  /** Only when a credential was made. */
  readonly credential: { readonly id: Uint8Array; readonly publicPoint: CurvePoint } | undefined;
  readonly extensions: CborMap | undefined;
}

export const dataFlag = { present: 0x01, verified: 0x04, credential: 0x40, extensions: 0x80 } as const;

const hashLength = 32;
const headLength = hashLength + 1 + 4;
const aaguidLength = 16;
const relyingPartyHash = sha256(new TextEncoder().encode(relyingParty));

/** Reads authenticator data to its last byte. A public key off the curve is `untrusted`, all else `garbled`. */
export function parseAuthenticatorData(bytes: Uint8Array): Result<AuthenticatorData, CtapFailure> {
  const flags = bytes[hashLength];
  if (flags === undefined || bytes.length < headLength) return fail({ failure: 'garbled' });
  let rest = bytes.subarray(headLength);
  let credential: AuthenticatorData['credential'];
  if (flags & dataFlag.credential) {
    const read = readCredential(rest);
    if (!read.ok) return read;
    credential = read.value.credential;
    rest = rest.subarray(read.value.length);
  }
  let extensions: CborMap | undefined;
  if (flags & dataFlag.extensions) {
    const first = decodeFirstCbor(rest);
    extensions = first.ok ? asMap(first.value.item) : undefined;
    if (!first.ok || extensions === undefined) return fail({ failure: 'garbled' });
    rest = rest.subarray(first.value.length);
  }
  if (rest.length > 0) return fail({ failure: 'garbled' });
  return ok({ relyingPartyHash: bytes.slice(0, hashLength), flags, credential, extensions });
}

/** Whether the data speak of our relying party and of an owner who was there and was verified. */
export function presenceFault({ relyingPartyHash: hash, flags }: AuthenticatorData): CtapFailure | undefined {
  if (!timingSafeEqual(hash, relyingPartyHash)) return { failure: 'untrusted', rule: 'relying-party' };
  const isVerified = (flags & dataFlag.present) !== 0 && (flags & dataFlag.verified) !== 0;
  return isVerified ? undefined : { failure: 'untrusted', rule: 'verification' };
}

function readCredential(
  bytes: Uint8Array,
): Result<
  { readonly credential: NonNullable<AuthenticatorData['credential']>; readonly length: number },
  CtapFailure
> {
  const idFrom = aaguidLength + 2;
  const [high = 0, low = 0] = bytes.subarray(aaguidLength, idFrom);
  const keyFrom = idFrom + high * 256 + low;
  if (bytes.length <= keyFrom) return fail({ failure: 'garbled' });
  const first = decodeFirstCbor(bytes.subarray(keyFrom));
  const key = first.ok ? asMap(first.value.item) : undefined;
  if (!first.ok || key === undefined) return fail({ failure: 'garbled' });
  const point = pointFromCose(key, coseAlgorithm.es256);
  if (!point.ok) {
    return fail(
      point.error === 'form' ? { failure: 'garbled' } : { failure: 'untrusted', rule: 'public-key' },
    );
  }
  const credential = { id: bytes.slice(idFrom, keyFrom), publicPoint: point.value };
  return ok({ credential, length: keyFrom + first.value.length });
}
