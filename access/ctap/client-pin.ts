import { createHash } from 'node:crypto';
import type { Random } from '#clinic/ports/clock.ts';
import { fail, ok, type Result } from '#contracts/result.ts';
import { bytesOutsideHeap, Secret } from '../secret.ts';
import { type CborMap, cborMap } from './cbor.ts';
import { booleanAt, bytesAt, countAt, mapAt } from './cbor-fields.ts';
import { type Asking, type Conversation, ctapCommand } from './conversation.ts';
import { coseAlgorithm, coseKey, pointFromCose } from './p256.ts';
import {
  authenticateWith,
  encapsulate,
  type PinUvProtocolNumber,
  type SharedSecret,
} from './pin-uv-protocol.ts';
import type { CtapFailure } from './status.ts';

/** authenticatorClientPIN: parameters, answers, subcommands (CTAP 2.1, 6.5.5). */
const parameter = {
  protocol: 0x01,
  subcommand: 0x02,
  keyAgreement: 0x03,
  authentication: 0x04,
  newPin: 0x05,
  pinHash: 0x06,
  permissions: 0x09,
  relyingParty: 0x0a,
} as const;
const answerField = {
  keyAgreement: 0x01,
  token: 0x02,
  pinRetries: 0x03,
  powerCycle: 0x04,
  uvRetries: 0x05,
} as const;
const subcommand = {
  pinRetries: 0x01,
  keyAgreement: 0x02,
  setPin: 0x03,
  changePin: 0x04,
  oldPinToken: 0x05,
  tokenByFinger: 0x06,
  fingerRetries: 0x07,
  tokenByPin: 0x09,
} as const;

/** What a token allows (CTAP 2.1, 6.5.5.7). */
export const permission = { makeCredential: 0x01, getAssertion: 0x02, fingerEnrolment: 0x08 } as const;

const paddedPinLength = 64;
const longestPin = paddedPinLength - 1;

/** A secret agreed with the key for one operation, and our public part of it as the key wants to see it. */
export interface Agreement {
  readonly ours: CborMap;
  readonly secret: SharedSecret;
}

/** Proof that the owner was verified, for the key that made it. Wiped after use; throws when used again. */
export class VerificationToken {
  readonly protocol: PinUvProtocolNumber;
  readonly #bytes: Secret;

  constructor(protocol: PinUvProtocolNumber, bytes: Uint8Array) {
    this.protocol = protocol;
    this.#bytes = new Secret(bytes);
  }

  authenticate(message: Uint8Array): Uint8Array {
    return authenticateWith(this.protocol, this.#bytes.reveal(), message);
  }

  [Symbol.dispose](): void {
    this.#bytes.wipe();
  }
}

/** Agrees on a secret with the key. A point off the curve is refused before our private key meets it. */
export async function agreeWithKey(
  conversation: Conversation,
  protocol: PinUvProtocolNumber,
  random: Random,
  asking: Asking,
): Promise<Result<Agreement, CtapFailure>> {
  const answer = await askClientPin(conversation, protocol, subcommand.keyAgreement, [], asking);
  if (!answer.ok) return answer;
  const theirs = mapAt(answer.value, answerField.keyAgreement);
  if (theirs === undefined) return fail({ failure: 'garbled' });
  const point = pointFromCose(theirs);
  if (!point.ok) {
    return fail(
      point.error === 'form' ? { failure: 'garbled' } : { failure: 'untrusted', rule: 'key-agreement' },
    );
  }
  const { ours, secret } = encapsulate(protocol, point.value, random);
  return ok({ ours: coseKey(ours, coseAlgorithm.ecdhEsHkdf256), secret });
}

/** A token by the key's own verification (finger), for one relying party. */
export async function tokenByFinger(
  conversation: Conversation,
  agreement: Agreement,
  permissions: number,
  relyingParty: string | undefined,
  asking: Asking,
): Promise<Result<VerificationToken, CtapFailure>> {
  const entries = [
    [parameter.keyAgreement, agreement.ours],
    [parameter.permissions, permissions],
    [parameter.relyingParty, relyingParty],
  ] as const;
  return askForToken(conversation, agreement, subcommand.tokenByFinger, entries, asking);
}

/** A token by PIN. `permissions` undefined: the old command of keys before CTAP 2.1, whose tokens allow everything. */
export async function tokenByPin(
  conversation: Conversation,
  agreement: Agreement,
  pin: Secret,
  limits: { readonly permissions: number; readonly relyingParty: string | undefined } | undefined,
  asking: Asking,
): Promise<Result<VerificationToken, CtapFailure>> {
  const entries = [
    [parameter.keyAgreement, agreement.ours],
    [parameter.pinHash, sealedPinHash(agreement.secret, pin)],
    [parameter.permissions, limits?.permissions],
    [parameter.relyingParty, limits?.relyingParty],
  ] as const;
  const command = limits === undefined ? subcommand.oldPinToken : subcommand.tokenByPin;
  return askForToken(conversation, agreement, command, entries, asking);
}

/** The first PIN of a key. */
export async function setPin(
  conversation: Conversation,
  agreement: Agreement,
  newPin: Secret,
  asking: Asking,
): Promise<Result<CborMap, CtapFailure>> {
  const sealed = sealedNewPin(agreement.secret, newPin);
  const entries = [
    [parameter.keyAgreement, agreement.ours],
    [parameter.authentication, agreement.secret.authenticate(sealed)],
    [parameter.newPin, sealed],
  ] as const;
  return askClientPin(conversation, agreement.secret.protocol, subcommand.setPin, entries, asking);
}

/** Another PIN in place of the present one. */
export async function changePin(
  conversation: Conversation,
  agreement: Agreement,
  pins: { readonly present: Secret; readonly next: Secret },
  asking: Asking,
): Promise<Result<CborMap, CtapFailure>> {
  const sealed = sealedNewPin(agreement.secret, pins.next);
  const sealedHash = sealedPinHash(agreement.secret, pins.present);
  const entries = [
    [parameter.keyAgreement, agreement.ours],
    [parameter.authentication, agreement.secret.authenticate(Buffer.concat([sealed, sealedHash]))],
    [parameter.newPin, sealed],
    [parameter.pinHash, sealedHash],
  ] as const;
  return askClientPin(conversation, agreement.secret.protocol, subcommand.changePin, entries, asking);
}

/** Attempts left with the PIN; `isUntilReplugged`: none until the key is pulled out and put in again. */
export async function pinRetries(
  conversation: Conversation,
  protocol: PinUvProtocolNumber,
  asking: Asking,
): Promise<Result<{ readonly left: number; readonly isUntilReplugged: boolean }, CtapFailure>> {
  const answer = await askClientPin(conversation, protocol, subcommand.pinRetries, [], asking);
  if (!answer.ok) return answer;
  const left = countAt(answer.value, answerField.pinRetries);
  if (left === undefined) return fail({ failure: 'garbled' });
  return ok({ left, isUntilReplugged: booleanAt(answer.value, answerField.powerCycle) === true });
}

/** Attempts left with the finger. */
export async function fingerRetries(
  conversation: Conversation,
  protocol: PinUvProtocolNumber,
  asking: Asking,
): Promise<Result<number, CtapFailure>> {
  const answer = await askClientPin(conversation, protocol, subcommand.fingerRetries, [], asking);
  if (!answer.ok) return answer;
  const left = countAt(answer.value, answerField.uvRetries);
  return left === undefined ? fail({ failure: 'garbled' }) : ok(left);
}

/** Whether a key that wants at least `leastLength` characters could take this PIN. */
export function isPinOfRightLength(pin: Secret, leastLength: number): boolean {
  const bytes = pin.reveal();
  // Bytes that do not go on with a character begin one.
  const characters = bytes.reduce((count, byte) => ((byte & 0xc0) === 0x80 ? count : count + 1), 0);
  return characters >= leastLength && bytes.length <= longestPin && !bytes.includes(0);
}

type Entries = Parameters<typeof cborMap>[0];

function askClientPin(
  conversation: Conversation,
  protocol: PinUvProtocolNumber,
  command: number,
  entries: Entries,
  asking: Asking,
): Promise<Result<CborMap, CtapFailure>> {
  const parameters = cborMap([[parameter.protocol, protocol], [parameter.subcommand, command], ...entries]);
  return conversation.ask(ctapCommand.clientPin, parameters, asking);
}

async function askForToken(
  conversation: Conversation,
  { secret }: Agreement,
  command: number,
  entries: Entries,
  asking: Asking,
): Promise<Result<VerificationToken, CtapFailure>> {
  const answer = await askClientPin(conversation, secret.protocol, command, entries, asking);
  if (!answer.ok) return answer;
  const sealed = bytesAt(answer.value, answerField.token);
  const token = sealed === undefined ? undefined : secret.decrypt(sealed);
  const isRightLength = token?.length === 32 || (token?.length === 16 && secret.protocol === 1);
  if (token === undefined || !isRightLength) return fail({ failure: 'garbled' });
  return ok(new VerificationToken(secret.protocol, token));
}

/** The left half of SHA-256 of the PIN, sealed for the key. */
function sealedPinHash(secret: SharedSecret, pin: Secret): Uint8Array {
  const hash = createHash('sha256').update(pin.reveal()).digest();
  const sealed = secret.encrypt(hash.subarray(0, 16));
  hash.fill(0);
  return sealed;
}

function sealedNewPin(secret: SharedSecret, pin: Secret): Uint8Array {
  const padded = bytesOutsideHeap(paddedPinLength);
  padded.set(pin.reveal());
  const sealed = secret.encrypt(padded);
  padded.fill(0);
  return sealed;
}
