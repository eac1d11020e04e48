import type { Random } from '#clinic/ports/clock.ts';
import { fail, ok, type Result } from '#contracts/result.ts';
import type { Verification } from '../ports.ts';
import type { AuthenticatorInfo } from './authenticator-info.ts';
import {
  type Agreement,
  agreeWithKey,
  fingerRetries,
  pinRetries,
  tokenByFinger,
  tokenByPin,
  type VerificationToken,
} from './client-pin.ts';
import { type Asking, type Conversation, withoutOwner } from './conversation.ts';
import type { PinUvProtocolNumber } from './pin-uv-protocol.ts';
import type { CtapFailure } from './status.ts';

/** The relying party of every credential: see docs/specs/ctap.md CTP-20. */
export const relyingParty = 'localhost';

/** The key and what it said of itself at the start of this operation. */
export interface KnownKey {
  readonly conversation: Conversation;
  readonly info: AuthenticatorInfo;
  readonly random: Random;
}

/**
 * How the key will know that its owner is there: a token got beforehand, or (keys before CTAP 2.1) the option `uv`, by
 * which the key verifies in the middle of the request itself.
 */
export interface Proof {
  readonly token: VerificationToken | undefined;
}

/** What a verification is for. */
export interface Purpose {
  readonly permissions: number;
  /** Undefined where the purpose has none: enrolling fingers. */
  readonly relyingParty: string | undefined;
}

/** Agrees on the secret that an operation uses throughout, once it is known that the key can verify by `method`. */
export async function beginAgreement(
  key: KnownKey,
  method: Verification['method'] | undefined,
  asking: Asking,
): Promise<Result<Agreement, CtapFailure>> {
  const obstacle = method && obstacleTo(key.info, method);
  if (obstacle !== undefined) return fail(obstacle);
  const protocol = protocolOf(key.info);
  if (protocol === undefined) return fail({ failure: 'not-supported', lacks: 'user-verification' });
  return agreeWithKey(key.conversation, protocol, key.random, asking);
}

/** Lets the owner prove presence. Wrong attempts come back with how many are left. */
export async function verifyOwner(
  key: KnownKey,
  agreement: Agreement,
  verification: Verification,
  purpose: Purpose,
  asking: Asking,
): Promise<Result<Proof, CtapFailure>> {
  const { conversation, info } = key;
  if (verification.method === 'finger' && !info.hasVerificationToken) return ok({ token: undefined });
  const got =
    verification.method === 'finger'
      ? await tokenByFinger(conversation, agreement, purpose.permissions, purpose.relyingParty, asking)
      : await tokenByPin(
          conversation,
          agreement,
          verification.pin,
          info.hasVerificationToken ? purpose : undefined,
          asking,
        );
  return got.ok ? ok({ token: got.value }) : fail(await withAttemptsLeft(key, got.error));
}

/** A failed verification, with the attempts left as the key counts them. Other failures as they are. */
export async function withAttemptsLeft(key: KnownKey, failure: CtapFailure): Promise<CtapFailure> {
  const protocol = protocolOf(key.info);
  if (protocol === undefined) return failure;
  if (failure.failure === 'finger-not-recognised') {
    const left = await fingerRetries(key.conversation, protocol, withoutOwner());
    return left.ok ? { ...failure, attemptsLeft: left.value } : removedOr(failure, left.error);
  }
  if (failure.failure === 'pin-not-right') {
    const retries = await pinRetries(key.conversation, protocol, withoutOwner());
    return retries.ok ? { ...failure, attemptsLeft: retries.value.left } : removedOr(failure, retries.error);
  }
  return failure;
}

/** The protocol an operation uses; undefined: the key speaks none of ours. */
export const protocolOf = (info: AuthenticatorInfo): PinUvProtocolNumber | undefined =>
  info.pinUvProtocols[0];

/** A key that was pulled out says more than one that does not count. */
const removedOr = (failure: CtapFailure, other: CtapFailure): CtapFailure =>
  other.failure === 'removed' ? other : failure;

function obstacleTo(info: AuthenticatorInfo, method: Verification['method']): CtapFailure | undefined {
  const { can, is } = method === 'finger' ? info.finger : info.pin;
  if (!can) return { failure: 'not-supported', lacks: method === 'finger' ? 'user-verification' : 'pin' };
  return is ? undefined : { failure: 'not-set-up', lacks: method };
}
