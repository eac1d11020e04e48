import { type CborMap, cborMap, encodeCbor } from '#access/ctap/cbor.ts';
import { bytesAt, countAt, mapAt } from '#access/ctap/cbor-fields.ts';
import { type KeyPair, makeKeyPair, pointFromCose } from '#access/ctap/p256.ts';
import { authenticateWith, SharedSecret } from '#access/ctap/pin-uv-protocol.ts';
import type { Random, Timers } from '#clinic/ports/clock.ts';
import type { WorkCall } from './hid-side.ts';
import type { KeyMemory } from './key-memory.ts';
import { mostFingerRetries } from './key-memory.ts';
import type { KeyProfile } from './profiles.ts';

/** What the owner does when the key blinks. `quality`: how the sensor likes it (CTAP 2.1, 6.7.1), 0 is good. */
export type Touch = { readonly finger: string; readonly quality?: number } | 'nothing';

/** Ways in which the key lies, one at a time. */
export type Lie =
  | 'off-curve-agreement'
  | 'off-curve-public-key'
  | 'wrong-signature'
  | 'wrong-attestation'
  | 'unverified'
  | 'not-present'
  | 'other-relying-party'
  | 'other-credential'
  | 'signed-by-another'
  | 'unprotected'
  | 'no-secret-made'
  | 'no-secret'
  | 'short-secret'
  | 'truncated'
  | 'duplicate-keys'
  | 'unsorted'
  | 'left-over'
  | 'no-cbor';

/** A token given out: what it is good for, until used or the power goes. */
export interface GivenToken {
  readonly protocol: 1 | 2;
  readonly bytes: Uint8Array;
  permissions: number;
  relyingParty: string | undefined;
  /** The owner touched the key when the token was given. */
  isPresent: boolean;
}

/** A status to answer with. */
export class KeyRefusal extends Error {
  readonly status: number;
  constructor(status: number) {
    super(`status ${status.toString(16)}`);
    this.status = status;
  }
}

export const status = {
  ok: 0x00,
  invalidCommand: 0x01,
  invalidParameter: 0x02,
  invalidLength: 0x03,
  invalidCbor: 0x12,
  missingParameter: 0x14,
  fingersFull: 0x17,
  excluded: 0x19,
  algorithm: 0x26,
  unsupportedOption: 0x2b,
  invalidOption: 0x2c,
  cancelled: 0x2d,
  noCredentials: 0x2e,
  userTimeout: 0x2f,
  notAllowed: 0x30,
  pinInvalid: 0x31,
  pinBlocked: 0x32,
  authInvalid: 0x33,
  authBlocked: 0x34,
  pinNotSet: 0x35,
  verificationRequired: 0x36,
  pinPolicy: 0x37,
  verificationBlocked: 0x3c,
  invalidSubcommand: 0x3e,
  unauthorized: 0x40,
} as const;

export function refuse(code: number): never {
  throw new KeyRefusal(code);
}

/** How long an unused token lives (CTAP 2.1, 6.5.2.1: initial usage time limit over USB). */
const tokenLifeMs = 30_000;

/** The key while it has power. */
export class KeySession {
  readonly profile: KeyProfile;
  readonly memory: KeyMemory;
  readonly random: Random;
  readonly #timers: Timers;
  readonly #touch: (signal: AbortSignal) => Promise<Touch>;
  #agreement: KeyPair;
  token: GivenToken | undefined;
  pinFailuresInOneGo = 0;
  enrolment: { readonly id: Uint8Array; readonly finger: string; left: number } | undefined;
  lie: Lie | undefined;

  constructor(parts: {
    readonly profile: KeyProfile;
    readonly memory: KeyMemory;
    readonly random: Random;
    readonly timers: Timers;
    readonly touch: (signal: AbortSignal) => Promise<Touch>;
  }) {
    this.profile = parts.profile;
    this.memory = parts.memory;
    this.random = parts.random;
    this.#timers = parts.timers;
    this.#touch = parts.touch;
    this.#agreement = makeKeyPair(parts.random);
  }

  get agreementPoint(): KeyPair['publicPoint'] {
    return this.#agreement.publicPoint;
  }

  /** After a wrong PIN, so that an attacker cannot go on with the same secret. */
  renewAgreement(): void {
    this.#agreement = makeKeyPair(this.random);
  }

  /** The secret shared with the client whose public key is `key`. */
  sharedWith(protocol: number | undefined, key: CborMap | undefined): SharedSecret {
    if (key === undefined) return refuse(status.missingParameter);
    const spoken = this.profile.protocols.find((each) => each === protocol);
    if (spoken === undefined) return refuse(status.invalidParameter);
    const point = pointFromCose(key);
    if (!point.ok) return refuse(status.invalidParameter);
    return new SharedSecret(spoken, this.#agreement.agree(point.value), this.random);
  }

  /** Blinks until the owner touches, the host cancels or nobody comes. */
  async waitForTouch(call: WorkCall): Promise<Exclude<Touch, 'nothing'>> {
    const blinking = call.keepAlive('touch-needed');
    try {
      const touch = await this.#touch(call.cancelled);
      if (call.cancelled.aborted) return refuse(status.cancelled);
      return touch === 'nothing' ? refuse(status.userTimeout) : touch;
    } finally {
      blinking.stop();
    }
  }

  /** The key's own verification: the right finger, or a refusal and one attempt less. */
  async verifyFinger(call: WorkCall): Promise<void> {
    const { memory, profile } = this;
    if (memory.fingerRetries === 0) refuse(status.verificationBlocked);
    const touch = await this.waitForTouch(call);
    if (memory.fingers.some(({ finger }) => finger === touch.finger)) {
      memory.fingerRetries = mostFingerRetries;
      return;
    }
    memory.fingerRetries -= 1;
    refuse(memory.fingerRetries === 0 ? status.verificationBlocked : profile.wrongFingerStatus);
  }

  giveToken(given: Omit<GivenToken, 'bytes'>): GivenToken {
    const token = { ...given, bytes: this.random.bytes(32) };
    this.token = token;
    this.#timers.after(tokenLifeMs, () => {
      if (this.token === token) this.token = undefined;
    });
    return token;
  }

  /** The token by which a request is authenticated, or a refusal. */
  tokenBehind(
    parameters: { readonly protocol: number | undefined; readonly authentication: Uint8Array | undefined },
    message: Uint8Array,
    permission: number,
    relyingParty: string | undefined,
  ): GivenToken {
    const { protocol, authentication } = parameters;
    if (protocol === undefined || authentication === undefined) return refuse(status.missingParameter);
    const { token } = this;
    if (token === undefined || token.protocol !== protocol) return refuse(status.authInvalid);
    const expected = authenticateWith(token.protocol, token.bytes, message);
    if (Buffer.compare(expected, authentication) !== 0) return refuse(status.authInvalid);
    if ((token.permissions & permission) === 0) return refuse(status.authInvalid);
    if (
      relyingParty !== undefined &&
      token.relyingParty !== undefined &&
      token.relyingParty !== relyingParty
    ) {
      return refuse(status.authInvalid);
    }
    token.relyingParty ??= relyingParty;
    return token;
  }
}

export const bytesOf = (map: CborMap, key: number): Uint8Array =>
  bytesAt(map, key) ?? refuse(status.missingParameter);
export const countOf = (map: CborMap, key: number): number =>
  countAt(map, key) ?? refuse(status.missingParameter);
export const mapOf = (map: CborMap, key: number): CborMap =>
  mapAt(map, key) ?? refuse(status.missingParameter);

/** A good answer. */
export const answerWith = (entries: Parameters<typeof cborMap>[0]): Uint8Array =>
  Uint8Array.from([status.ok, ...(entries.length === 0 ? [] : encodeCbor(cborMap(entries)))]);
