import type { Random, Timers } from '#clinic/ports/clock.ts';
import { fail, ok, type Result } from '#contracts/result.ts';
import { wireSalt } from '../ctap/get-assertion.ts';
import type { CtapFailure } from '../ctap/status.ts';
import { relyingParty } from '../ctap/verification.ts';
import { readCredential } from '../enrolled-credential.ts';
import type {
  ChoiceRequest,
  CreateFailure,
  CreateRequest,
  CredentialDevice,
  DeviceOperation,
  ReleaseFailure,
  ReleaseRequest,
} from '../ports.ts';
import type { Secret } from '../secret.ts';
import { checkAsserted, checkMade } from './webauthn-checks.ts';
import { createFailureOf, hresult, releaseFailureOf } from './webauthn-failures.ts';
import type { WebauthnLibrary } from './webauthn-library.ts';

/** How long the system's dialog may stand there; whoever asks usually gives up long before. */
const dialogMs = 120_000;
/** How long a call may take to come back once it was told to. */
const stopGraceMs = 3_000;
/** A call that Windows has not begun yet cannot be ended: it is told again, at most as long as a dialog may stand there. */
const stopAgainMs = 200;
const mostStops = dialogMs / stopAgainMs;

const shownName = 'Hamshira';

/** Whether a call of the library has not come back yet. */
export interface OperationTurn {
  isTaken: boolean;
}

export interface WebauthnKeyParts {
  /** {@link CredentialDevice.id}. */
  readonly id: string;
  readonly library: WebauthnLibrary;
  /** Shared by all that use the library: Windows wants one operation at a time. */
  readonly turn: OperationTurn;
  readonly random: Random;
  readonly timers: Timers;
}

type StopCause = 'cancelled' | 'timed-out' | 'removed';

/** An operation that can be told to end. */
interface Running {
  readonly cause: StopCause | undefined;
  /** Told to end, and the library did not come back in time. */
  readonly givenUp: Promise<'given-up'>;
  stop(cause: StopCause): void;
  /** Nobody waits for the answer any more. */
  end(): void;
  /** The library came back. */
  settled(): void;
}

/**
 * Whatever security key Windows reaches. Its dialogs ask for the key, the finger and the PIN themselves: `verification` of a
 * request makes no difference here, wrong attempts are shown there, and which of several keys answers is the owner's choice.
 */
export class WebauthnKey implements CredentialDevice {
  readonly kind = 'fido2';
  readonly id: string;
  readonly #parts: WebauthnKeyParts;
  readonly #removalListeners = new Set<() => void>();
  #running: Running | undefined;
  #isRemoved = false;

  constructor(parts: WebauthnKeyParts) {
    this.id = parts.id;
    this.#parts = parts;
  }

  async createCredential(
    request: CreateRequest,
  ): Promise<Result<{ readonly credential: Uint8Array }, CreateFailure>> {
    const clientData = this.#clientData('webauthn.create');
    const made = await this.#operate<Uint8Array, CreateFailure>(request, async (cancellation) => {
      const answer = await this.#parts.library.makeCredential({
        clientData,
        relyingParty,
        shownName,
        cancellation,
        timeoutMs: dialogMs,
        user: request.user,
        excluded: (request.known ?? []).flatMap((each) => readCredential(each)?.id ?? []),
      });
      if (!answer.ok) return fail(createFailureOf(answer.code));
      const checked = checkMade(answer.value, clientData);
      return checked.ok ? checked : fail(asPortFailure(checked.error));
    });
    return made.ok ? ok({ credential: made.value }) : made;
  }

  async releaseSecret(request: ReleaseRequest): Promise<Result<Secret, ReleaseFailure>> {
    const released = await this.releaseOneOf({ ...request, choices: [request] });
    return released.ok ? ok(released.value.secret) : released;
  }

  async releaseOneOf(
    request: ChoiceRequest,
  ): Promise<Result<{ readonly chosen: number; readonly secret: Secret }, ReleaseFailure>> {
    const known = request.choices.flatMap(({ credential, salt }, place) => {
      const enrolled = readCredential(credential);
      return enrolled === undefined ? [] : [{ ...enrolled, place, rawSalt: wireSalt(salt) }];
    });
    if (known.length === 0) return fail({ failure: 'no-credential' });
    const clientData = this.#clientData('webauthn.get');
    return this.#operate<{ readonly chosen: number; readonly secret: Secret }, ReleaseFailure>(
      request,
      async (cancellation) => {
        const answer = await this.#parts.library.getAssertion({
          clientData,
          relyingParty,
          cancellation,
          timeoutMs: dialogMs,
          credentials: known,
        });
        if (!answer.ok) return fail(releaseFailureOf(answer.code));
        const checked = checkAsserted(answer.value, known, clientData);
        if (!checked.ok) return fail(asPortFailure(checked.error));
        const { credential, secret } = checked.value;
        return ok({ chosen: credential.place, secret });
      },
      ({ secret }) => secret.wipe(),
    );
  }

  onRemoved(told: () => void): () => void {
    this.#removalListeners.add(told);
    return () => this.#removalListeners.delete(told);
  }

  /** A security key was pulled out: ends what is under way and tells whoever listens, once. */
  remove(): void {
    if (this.#isRemoved) return;
    this.#isRemoved = true;
    this.#running?.stop('removed');
    for (const told of [...this.#removalListeners]) told();
  }

  /** As browsers write it (WebAuthn 5.8.1): some keys behind Windows' dialogs may look at it. */
  #clientData(type: 'webauthn.create' | 'webauthn.get'): Uint8Array {
    const challenge = Buffer.from(this.#parts.random.bytes(32)).toString('base64url');
    return Buffer.from(
      JSON.stringify({ type, challenge, origin: `https://${relyingParty}`, crossOrigin: false }),
    );
  }

  /** One operation at a time. An answer that comes after the operation was told to end is thrown away by `discard`. */
  async #operate<Value, Failure>(
    request: DeviceOperation,
    run: (cancellation: Uint8Array) => Promise<Result<Value, Failure>>,
    discard: (late: Value) => void = () => undefined,
  ): Promise<Result<Value, Failure | { readonly failure: StopCause | 'busy' } | ReturnType<typeof refused>>> {
    if (this.#isRemoved) return fail({ failure: 'removed' });
    const { turn } = this.#parts;
    if (turn.isTaken) return fail({ failure: 'busy' });
    if (request.signal.aborted) return fail({ failure: 'cancelled' });
    const named = this.#parts.library.newCancellation();
    if (!named.ok) return fail(refused(named.code));
    turn.isTaken = true;
    request.onProgress('touch-now');
    const running = this.#watch(request.signal, named.value);
    const work = run(named.value).finally(() => {
      turn.isTaken = false;
      running.settled();
    });
    try {
      const first = await Promise.race([work, running.givenUp]);
      if (running.cause === undefined && first !== 'given-up') {
        // The next question may want another touch at once: without this nobody could tell it from the one before.
        request.onProgress('processing');
        return first;
      }
      return fail({ failure: running.cause ?? 'timed-out' });
    } finally {
      // Nobody waits for it any more; a call that cannot be made at all has told so above, if anybody did.
      if (running.cause !== undefined)
        work.then((late) => late.ok && discard(late.value)).catch(() => undefined);
      running.end();
    }
  }

  /** Ends the operation when the signal, the time or the owner says so. */
  #watch(signal: AbortSignal, cancellation: Uint8Array): Running {
    const { library, timers } = this.#parts;
    const { promise: givenUp, resolve: giveUp } = Promise.withResolvers<'given-up'>();
    let cause: StopCause | undefined;
    let stopGrace = (): void => undefined;
    let stopAgain = (): void => undefined;
    const cancel = (timesLeft: number): void => {
      library.cancel(cancellation);
      if (timesLeft > 0) stopAgain = timers.after(stopAgainMs, () => cancel(timesLeft - 1));
    };
    const stop = (why: StopCause): void => {
      if (cause !== undefined) return;
      cause = why;
      cancel(mostStops);
      stopGrace = timers.after(stopGraceMs, () => giveUp('given-up'));
    };
    const onAbort = (): void => stop('cancelled');
    signal.addEventListener('abort', onAbort, { once: true });
    const stopLimit = timers.after(dialogMs, () => stop('timed-out'));
    const running: Running = {
      get cause() {
        return cause;
      },
      givenUp,
      stop,
      end: () => {
        signal.removeEventListener('abort', onAbort);
        stopLimit();
        stopGrace();
        this.#running = undefined;
      },
      settled: () => stopAgain(),
    };
    this.#running = running;
    return running;
  }
}

const refused = (status: number) => ({ failure: 'refused', status }) as const;

/** The checks know no more than these; the rest of what keys say goes to the system's dialog. */
function asPortFailure(failure: CtapFailure): Extract<CreateFailure, ReleaseFailure> {
  switch (failure.failure) {
    case 'garbled':
    case 'not-supported':
    case 'untrusted':
      return failure;
    default:
      return refused(hresult.invalidParameter);
  }
}
