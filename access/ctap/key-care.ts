import { fail, ok, type Result } from '#contracts/result.ts';
import type { Secret } from '../secret.ts';
import {
  type Agreement,
  changePin,
  fingerRetries,
  isPinOfRightLength,
  pinRetries,
  setPin,
} from './client-pin.ts';
import { type Asking, ctapCommand } from './conversation.ts';
import type { CtapFailure } from './status.ts';
import { beginAgreement, type KnownKey, protocolOf, withAttemptsLeft } from './verification.ts';

/** Attempts the key still allows; null: it has none of that kind, or does not say. */
export interface AttemptsLeft {
  readonly pin: number | null;
  /** The PIN is taken again only after the key was pulled out and put in. */
  readonly isPinUntilReplugged: boolean;
  readonly finger: number | null;
}

/** Sets the PIN of a key that has none; a key that has one refuses. */
export async function setFirstPin(
  key: KnownKey,
  pin: Secret,
  asking: Asking,
): Promise<Result<undefined, CtapFailure>> {
  if (!key.info.pin.can) return fail({ failure: 'not-supported', lacks: 'pin' });
  return takeNewPin(key, pin, asking, async (agreement) => setPin(key.conversation, agreement, pin, asking));
}

/** Another PIN; a wrong present one costs one of the attempts. */
export async function changeOwnersPin(
  key: KnownKey,
  pins: { readonly present: Secret; readonly next: Secret },
  asking: Asking,
): Promise<Result<undefined, CtapFailure>> {
  if (!key.info.pin.can) return fail({ failure: 'not-supported', lacks: 'pin' });
  if (!key.info.pin.is) return fail({ failure: 'not-set-up', lacks: 'pin' });
  return takeNewPin(key, pins.next, asking, async (agreement) =>
    changePin(key.conversation, agreement, pins, asking),
  );
}

async function takeNewPin(
  key: KnownKey,
  pin: Secret,
  asking: Asking,
  send: (agreement: Agreement) => Promise<Result<unknown, CtapFailure>>,
): Promise<Result<undefined, CtapFailure>> {
  const { leastPinLength: leastLength } = key.info;
  if (!isPinOfRightLength(pin, leastLength)) return fail({ failure: 'pin-not-allowed', leastLength });
  const agreed = await beginAgreement(key, undefined, asking);
  if (!agreed.ok) return agreed;
  using _secret = agreed.value.secret;
  const sent = await send(agreed.value);
  if (sent.ok) return ok(undefined);
  if (sent.error.failure === 'pin-not-allowed') return fail({ failure: 'pin-not-allowed', leastLength });
  return fail(await withAttemptsLeft(key, sent.error));
}

/** How many wrong PINs and fingers the key still takes. */
export async function readAttempts(
  key: KnownKey,
  asking: Asking,
): Promise<Result<AttemptsLeft, CtapFailure>> {
  const { conversation, info } = key;
  const protocol = protocolOf(info);
  const none = { pin: null, isPinUntilReplugged: false, finger: null };
  if (protocol === undefined) return ok(none);
  const pin = info.pin.can ? await pinRetries(conversation, protocol, asking) : undefined;
  if (pin?.ok === false && pin.error.failure !== 'refused') return pin;
  const finger = info.finger.can ? await fingerRetries(conversation, protocol, asking) : undefined;
  if (finger?.ok === false && finger.error.failure !== 'refused') return finger;
  return ok({
    pin: pin?.ok ? pin.value.left : null,
    isPinUntilReplugged: pin?.ok === true && pin.value.isUntilReplugged,
    finger: finger?.ok ? finger.value : null,
  });
}

/** authenticatorReset: see the warning at CtapKey.reset. */
export async function resetKey(key: KnownKey, asking: Asking): Promise<Result<undefined, CtapFailure>> {
  const done = await key.conversation.ask(ctapCommand.reset, undefined, asking);
  return done.ok ? ok(undefined) : done;
}
