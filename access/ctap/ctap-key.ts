import { fail, ok, type Result } from '#contracts/result.ts';
import type {
  CareFailure,
  CreateFailure,
  CredentialDevice,
  DeviceFailure,
  DeviceProgress,
  ReleaseFailure,
  ReleaseRequest,
} from '../ports.ts';
import type { Secret } from '../secret.ts';
import { type AuthenticatorInfo, readInfo } from './authenticator-info.ts';
import { type Asking, Conversation } from './conversation.ts';
import type { CtapEnvironment } from './environment.ts';
import {
  type EnrolledFinger,
  enrolFinger,
  type FingerCare,
  type FingerEnrolment,
  listFingers,
  removeFinger,
  renameFinger,
} from './finger-enrolment.ts';
import { HidChannel } from './hid-channel.ts';
import type { HidPipe } from './hid-pipe.ts';
import { type AttemptsLeft, changeOwnersPin, readAttempts, resetKey, setFirstPin } from './key-care.ts';
import { makeCredential } from './make-credential.ts';
import { KeptProof, releaseSecrets, type SecretOrder } from './release-secrets.ts';
import { type CtapFailure, channelFailure, ctapStatus } from './status.ts';
import type { KnownKey } from './verification.ts';

/** A question that waits for nobody, or for a touch without verification. */
export interface CareRequest {
  readonly signal: AbortSignal;
  readonly onProgress?: ((progress: DeviceProgress) => void) | undefined;
}

/** A FIDO2 key on a HID pipe: gives secrets as every {@link CredentialDevice}, and can be looked after. */
export interface CtapKey extends CredentialDevice {
  /** What the key is and what is set up on it, asked anew. */
  info(request: CareRequest): Promise<Result<AuthenticatorInfo, CareFailure>>;
  /** As releaseSecret, for two salts by one touch. */
  releaseTwoSecrets(
    request: ReleaseRequest & { readonly otherSalt: Uint8Array },
  ): Promise<Result<readonly [Secret, Secret], ReleaseFailure>>;
  /** Teaches the key a finger; `onSample` is told after every touch. */
  enrolFinger(order: FingerEnrolment): Promise<Result<EnrolledFinger, CareFailure>>;
  fingers(care: FingerCare): Promise<Result<readonly EnrolledFinger[], CareFailure>>;
  renameFinger(
    care: FingerCare & { readonly finger: string; readonly name: string },
  ): Promise<Result<undefined, CareFailure>>;
  removeFinger(care: FingerCare & { readonly finger: string }): Promise<Result<undefined, CareFailure>>;
  /** The first PIN of a key that has none. UTF-8 in NFC; the caller wipes it. */
  setPin(request: CareRequest & { readonly pin: Secret }): Promise<Result<undefined, CareFailure>>;
  changePin(
    request: CareRequest & { readonly present: Secret; readonly next: Secret },
  ): Promise<Result<undefined, CareFailure>>;
  /** How many wrong attempts the key still allows. */
  retries(request: CareRequest): Promise<Result<AttemptsLeft, CareFailure>>;
  /**
   * Destroys every credential, finger and the PIN on the key, for good, at a touch: the caller has warned and asked. Most
   * keys allow it only in the first seconds after they are plugged in and answer `refused` 0x30 otherwise.
   */
  reset(request: CareRequest): Promise<Result<undefined, CareFailure>>;
  /** Lets go of the pipe. Whoever listens is told that the key is removed. */
  close(): Promise<void>;
}

/** Opens a channel on a FIDO HID device. The pipe is closed again when that fails. */
export async function openCtapKey(
  pipe: HidPipe,
  environment: CtapEnvironment,
): Promise<Result<CtapKey, DeviceFailure>> {
  const key = new HidCtapKey(pipe, environment);
  const channel = await HidChannel.open(pipe, environment);
  if (channel.ok) {
    key.speakOver(new Conversation(channel.value));
    return ok(key);
  }
  await pipe.close();
  if (channel.error === 'no-ctap2') return fail({ failure: 'not-supported', lacks: 'ctap2' });
  return fail(channelFailure(channel.error));
}

class HidCtapKey implements CtapKey {
  readonly kind = 'fido2';
  readonly id: string;
  readonly #pipe: HidPipe;
  readonly #environment: CtapEnvironment;
  readonly #kept: KeptProof;
  readonly #removalListeners = new Set<() => void>();
  #conversation: Conversation | undefined;
  #isBusy = false;
  #isRemoved = false;

  constructor(pipe: HidPipe, environment: CtapEnvironment) {
    this.id = environment.id;
    this.#pipe = pipe;
    this.#environment = environment;
    this.#kept = new KeptProof(environment.timers);
    pipe.onClosed(() => this.#tellRemoved());
  }

  speakOver(conversation: Conversation): void {
    this.#conversation = conversation;
  }

  async createCredential(
    request: Parameters<CredentialDevice['createCredential']>[0],
  ): ReturnType<CredentialDevice['createCredential']> {
    const made = await this.#operate(askingOf(request, request.verification.method), (key, asking) =>
      makeCredential(key, request, asking),
    );
    return made.ok ? ok({ credential: made.value }) : fail(asCreateFailure(made.error));
  }

  async releaseSecret(request: ReleaseRequest): Promise<Result<Secret, ReleaseFailure>> {
    const released = await this.#release(request, { ...request, salts: [request.salt] });
    if (!released.ok) return released;
    const [secret] = released.value;
    return secret === undefined ? fail({ failure: 'garbled' }) : ok(secret);
  }

  async releaseTwoSecrets(
    request: ReleaseRequest & { readonly otherSalt: Uint8Array },
  ): Promise<Result<readonly [Secret, Secret], ReleaseFailure>> {
    const salts = [request.salt, request.otherSalt] as const;
    const released = await this.#release(request, { ...request, salts });
    if (!released.ok) return released;
    const [first, second] = released.value;
    return first && second ? ok([first, second]) : fail({ failure: 'garbled' });
  }

  onRemoved(told: () => void): () => void {
    this.#removalListeners.add(told);
    return () => this.#removalListeners.delete(told);
  }

  info(request: CareRequest): Promise<Result<AuthenticatorInfo, CareFailure>> {
    return this.#care(request, async (key) => ok(key.info));
  }

  enrolFinger(order: FingerEnrolment): Promise<Result<EnrolledFinger, CareFailure>> {
    return this.#care(order, (key, { onProgress }) => enrolFinger(key, { ...order, onProgress }));
  }

  fingers(care: FingerCare): Promise<Result<readonly EnrolledFinger[], CareFailure>> {
    return this.#care(care, (key, { onProgress }) => listFingers(key, { ...care, onProgress }));
  }

  renameFinger(
    care: FingerCare & { readonly finger: string; readonly name: string },
  ): Promise<Result<undefined, CareFailure>> {
    return this.#care(care, (key, { onProgress }) => renameFinger(key, { ...care, onProgress }));
  }

  removeFinger(care: FingerCare & { readonly finger: string }): Promise<Result<undefined, CareFailure>> {
    return this.#care(care, (key, { onProgress }) => removeFinger(key, { ...care, onProgress }));
  }

  setPin(request: CareRequest & { readonly pin: Secret }): Promise<Result<undefined, CareFailure>> {
    return this.#care(request, (key, asking) => setFirstPin(key, request.pin, asking));
  }

  changePin(
    request: CareRequest & { readonly present: Secret; readonly next: Secret },
  ): Promise<Result<undefined, CareFailure>> {
    return this.#care(request, (key, asking) => changeOwnersPin(key, request, asking));
  }

  retries(request: CareRequest): Promise<Result<AttemptsLeft, CareFailure>> {
    return this.#care(request, (key, asking) => readAttempts(key, asking));
  }

  reset(request: CareRequest): Promise<Result<undefined, CareFailure>> {
    return this.#care(request, (key, asking) => resetKey(key, asking));
  }

  async close(): Promise<void> {
    this.#tellRemoved();
    await this.#pipe.close();
  }

  async #release(
    request: ReleaseRequest,
    order: SecretOrder,
  ): Promise<Result<readonly Secret[], ReleaseFailure>> {
    const asking = askingOf(request, request.verification.method);
    const released = await this.#operate(asking, (key, told) => releaseSecrets(key, order, this.#kept, told));
    return released.ok ? released : fail(asReleaseFailure(released.error));
  }

  async #care<Value>(
    request: CareRequest,
    run: (key: KnownKey, asking: Asking) => Promise<Result<Value, CtapFailure>>,
  ): Promise<Result<Value, CareFailure>> {
    const done = await this.#operate(askingOf(request, undefined), run);
    return done.ok ? done : fail(asCareFailure(done.error));
  }

  /** One operation at a time, on a key that was just asked what it is. */
  async #operate<Value>(
    asking: Asking,
    run: (key: KnownKey, asking: Asking) => Promise<Result<Value, CtapFailure>>,
  ): Promise<Result<Value, CtapFailure>> {
    const conversation = this.#conversation;
    if (this.#isRemoved || conversation === undefined) return fail({ failure: 'removed' });
    if (this.#isBusy) return fail({ failure: 'busy' });
    if (asking.signal.aborted) return fail({ failure: 'cancelled' });
    this.#isBusy = true;
    try {
      const info = await readInfo(conversation, asking);
      if (!info.ok) return this.#noticeRemoval(info);
      const key = { conversation, info: info.value, random: this.#environment.random };
      return this.#noticeRemoval(await run(key, asking));
    } finally {
      this.#isBusy = false;
    }
  }

  /** A pipe may fail to write before it knows itself that the device is gone. */
  #noticeRemoval<Value>(result: Result<Value, CtapFailure>): Result<Value, CtapFailure> {
    if (!result.ok && result.error.failure === 'removed') this.#tellRemoved();
    return result;
  }

  #tellRemoved(): void {
    if (this.#isRemoved) return;
    this.#isRemoved = true;
    this.#kept.drop();
    for (const told of this.#removalListeners) told();
  }
}

/** Tells each news once, and "processing" only after a touch: what the key does before it wants one interests nobody. */
function askingOf({ signal, onProgress }: CareRequest, method: Asking['method']): Asking {
  let last: DeviceProgress | undefined;
  return {
    signal,
    method,
    onProgress: (progress) => {
      if (progress === last || (last === undefined && progress === 'processing')) return;
      last = progress;
      onProgress?.(progress);
    },
  };
}

/** The status behind a failure that the operation at hand has no word for. */
const statuses = {
  'already-enrolled': ctapStatus.credentialExcluded,
  'no-credential': ctapStatus.noCredentials,
  'no-room': ctapStatus.fingerDatabaseFull,
  'pin-not-allowed': ctapStatus.pinPolicyViolation,
} as const;
const refusedAs = (failure: keyof typeof statuses) =>
  ({ failure: 'refused', status: statuses[failure] }) as const;

function asCareFailure(failure: CtapFailure): CareFailure {
  switch (failure.failure) {
    case 'no-credential':
    case 'already-enrolled':
      return refusedAs(failure.failure);
    default:
      return failure;
  }
}

function asReleaseFailure(failure: CtapFailure): ReleaseFailure {
  switch (failure.failure) {
    case 'no-room':
    case 'pin-not-allowed':
    case 'already-enrolled':
      return refusedAs(failure.failure);
    default:
      return failure;
  }
}

function asCreateFailure(failure: CtapFailure): CreateFailure {
  switch (failure.failure) {
    case 'no-room':
    case 'pin-not-allowed':
    case 'no-credential':
      return refusedAs(failure.failure);
    default:
      return failure;
  }
}
