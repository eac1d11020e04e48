import type { Timers } from '#clinic/ports/clock.ts';
import { fail, type Result } from '#contracts/result.ts';
import type { Verification } from '../ports.ts';
import type { Secret } from '../secret.ts';
import { type Agreement, permission, type VerificationToken } from './client-pin.ts';
import type { Asking } from './conversation.ts';
import { getAssertion, type Salts } from './get-assertion.ts';
import { type CtapFailure, ctapStatus } from './status.ts';
import {
  beginAgreement,
  type KnownKey,
  type Proof,
  relyingParty,
  verifyOwner,
  withAttemptsLeft,
} from './verification.ts';

/** How long a finger's proof may serve a next credential. */
export const keptProofMs = 2_000;

/**
 * A finger's proof that met a credential the key does not hold. A person with two keys has two slots; the second is asked
 * for right after the first, and must not cost her a second touch. Serves once, and not for long.
 */
export class KeptProof {
  readonly #timers: Timers;
  #token: VerificationToken | undefined;
  #stopTimer: () => void = () => undefined;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  keep(token: VerificationToken): void {
    this.drop();
    this.#token = token;
    this.#stopTimer = this.#timers.after(keptProofMs, () => this.drop());
  }

  /** Whoever takes it wipes it. */
  take(): VerificationToken | undefined {
    const token = this.#token;
    this.#token = undefined;
    this.#stopTimer();
    return token;
  }

  drop(): void {
    this.take()?.[Symbol.dispose]();
  }
}

/** What is asked of the key. */
export interface SecretOrder {
  readonly credential: Uint8Array;
  readonly salts: Salts;
  readonly verification: Verification;
}

/** Proves the owner's presence and gets the secrets; see {@link getAssertion}. */
export async function releaseSecrets(
  key: KnownKey,
  order: SecretOrder,
  kept: KeptProof,
  asking: Asking,
): Promise<Result<readonly Secret[], CtapFailure>> {
  if (!key.info.hasHmacSecret) return fail({ failure: 'not-supported', lacks: 'hmac-secret' });
  const agreed = await beginAgreement(key, order.verification.method, asking);
  if (!agreed.ok) return agreed;
  using _secret = agreed.value.secret;
  const before = order.verification.method === 'finger' ? kept.take() : undefined;
  if (before !== undefined) {
    const released = await releaseWith({ token: before }, key, agreed.value, order, kept, asking);
    // The key dropped the token meanwhile: the owner is asked after all.
    const isStale = !released.ok && released.error.failure === 'refused';
    if (!isStale || released.error.status !== ctapStatus.pinAuthInvalid) return released;
  }
  const purpose = { permissions: permission.getAssertion, relyingParty };
  const proved = await verifyOwner(key, agreed.value, order.verification, purpose, asking);
  // Awaited here: `using` wipes the shared secret at the return.
  return proved.ok ? await releaseWith(proved.value, key, agreed.value, order, kept, asking) : proved;
}

async function releaseWith(
  proof: Proof,
  key: KnownKey,
  agreement: Agreement,
  order: SecretOrder,
  kept: KeptProof,
  asking: Asking,
): Promise<Result<readonly Secret[], CtapFailure>> {
  const released = await getAssertion(key, agreement, proof, order.credential, order.salts, asking);
  const isOtherKey = !released.ok && released.error.failure === 'no-credential';
  if (isOtherKey && proof.token !== undefined && order.verification.method === 'finger') {
    kept.keep(proof.token);
  } else proof.token?.[Symbol.dispose]();
  return released.ok ? released : fail(await withAttemptsLeft(key, released.error));
}
