import { sha256 } from '@noble/hashes/sha2.js';
import { fail, ok, type Result } from '#contracts/result.ts';
import { type EnrolledCredential, readCredential } from '../enrolled-credential.ts';
import { Secret } from '../secret.ts';
import { dataFlag, parseAuthenticatorData, presenceFault } from './authenticator-data.ts';
import { type CborMap, cborMap } from './cbor.ts';
import { bytesAt, mapAt } from './cbor-fields.ts';
import type { Agreement } from './client-pin.ts';
import { type Asking, ctapCommand } from './conversation.ts';
import { type CurvePoint, isSignedBy } from './p256.ts';
import type { SharedSecret } from './pin-uv-protocol.ts';
import type { CtapFailure } from './status.ts';
import { type KnownKey, type Proof, relyingParty } from './verification.ts';

/** authenticatorGetAssertion: parameters and answers (CTAP 2.1, 6.2), and those of hmac-secret (12.5). */
const parameter = {
  relyingParty: 0x01,
  clientDataHash: 0x02,
  allowed: 0x03,
  extensions: 0x04,
  options: 0x05,
  authentication: 0x06,
  protocol: 0x07,
} as const;
const answerField = { credential: 0x01, authenticatorData: 0x02, signature: 0x03 } as const;
const secretInput = { keyAgreement: 0x01, salts: 0x02, authentication: 0x03, protocol: 0x04 } as const;

export const secretLength = 32;
const prfPrefix = new TextEncoder().encode('WebAuthn PRF\0');

/** The salt that goes over the wire, so that a browser's PRF gives the same secret (WebAuthn 3, 10.1.4). */
export const wireSalt = (salt: Uint8Array): Uint8Array => sha256(Buffer.concat([prfPrefix, salt]));

/** One or two salts of 32 bytes; as many secrets come back. */
export type Salts = readonly [Uint8Array] | readonly [Uint8Array, Uint8Array];

/**
 * The secrets of one credential for one or two salts, the owner already proved by `proof`. Every check of
 * docs/specs/ctap.md CTP-25 to CTP-28 comes before the secrets are looked at. The caller wipes them.
 */
export async function getAssertion(
  key: KnownKey,
  agreement: Agreement,
  proof: Proof,
  credential: Uint8Array,
  salts: Salts,
  asking: Asking,
): Promise<Result<readonly Secret[], CtapFailure>> {
  const enrolled = readCredential(credential);
  if (enrolled === undefined) return fail({ failure: 'no-credential' });
  const clientDataHash = key.random.bytes(32);
  const parameters = assertionParameters(agreement, proof, enrolled, salts, clientDataHash);
  const answer = await key.conversation.ask(ctapCommand.getAssertion, parameters, asking);
  if (!answer.ok) return answer;
  const output = checkAnswer(answer.value, enrolled, clientDataHash);
  return output.ok ? openSecrets(agreement.secret, output.value, salts.length) : output;
}

function assertionParameters(
  { ours, secret }: Agreement,
  { token }: Proof,
  enrolled: EnrolledCredential,
  salts: Salts,
  clientDataHash: Uint8Array,
): CborMap {
  const sealed = secret.encrypt(Buffer.concat(salts.map(wireSalt)));
  const input = cborMap([
    [secretInput.keyAgreement, ours],
    [secretInput.salts, sealed],
    [secretInput.authentication, secret.authenticate(sealed)],
    // Keys before CTAP 2.1 do not know this member, and speak protocol 1 only.
    [secretInput.protocol, secret.protocol === 1 ? undefined : secret.protocol],
  ]);
  const allowed = cborMap([
    ['id', enrolled.id],
    ['type', 'public-key'],
  ]);
  return cborMap([
    [parameter.relyingParty, relyingParty],
    [parameter.clientDataHash, clientDataHash],
    [parameter.allowed, [allowed]],
    [parameter.extensions, cborMap([['hmac-secret', input]])],
    [parameter.options, token === undefined ? cborMap([['uv', true]]) : undefined],
    [parameter.authentication, token?.authenticate(clientDataHash)],
    [parameter.protocol, token?.protocol],
  ]);
}

/** The sealed secrets, once the answer is known to be of this credential, this request and a verified owner. */
function checkAnswer(
  answer: CborMap,
  enrolled: EnrolledCredential & { readonly publicPoint: CurvePoint },
  clientDataHash: Uint8Array,
): Result<Uint8Array, CtapFailure> {
  const bytes = bytesAt(answer, answerField.authenticatorData);
  const signature = bytesAt(answer, answerField.signature);
  if (bytes === undefined || signature === undefined) return fail({ failure: 'garbled' });
  if (!isOfCredential(answer, enrolled.id)) return fail({ failure: 'untrusted', rule: 'credential' });
  const parsed = parseAuthenticatorData(bytes);
  if (!parsed.ok) return parsed;
  const fault = presenceFault(parsed.value);
  if (fault !== undefined) return fail(fault);
  if (parsed.value.flags & dataFlag.credential) return fail({ failure: 'untrusted', rule: 'credential' });
  if (!isSignedBy(enrolled.publicPoint, Buffer.concat([bytes, clientDataHash]), signature)) {
    return fail({ failure: 'untrusted', rule: 'signature' });
  }
  const { extensions } = parsed.value;
  const output = extensions === undefined ? undefined : bytesAt(extensions, 'hmac-secret');
  return output === undefined ? fail({ failure: 'untrusted', rule: 'secret' }) : ok(output);
}

/** A key may leave the credential out when it was asked for one only (CTAP 2.1, 6.2.2). */
function isOfCredential(answer: CborMap, id: Uint8Array): boolean {
  const named = mapAt(answer, answerField.credential);
  if (named === undefined) return !answer.has(answerField.credential);
  const namedId = bytesAt(named, 'id');
  return namedId !== undefined && Buffer.compare(namedId, id) === 0;
}

function openSecrets(
  shared: SharedSecret,
  sealed: Uint8Array,
  wanted: number,
): Result<readonly Secret[], CtapFailure> {
  const plain = shared.decrypt(sealed);
  if (plain?.length !== wanted * secretLength) {
    plain?.fill(0);
    return fail({ failure: 'untrusted', rule: 'secret' });
  }
  const secrets = Array.from({ length: wanted }, (_, place) => {
    return Secret.copyOf(plain.subarray(place * secretLength, (place + 1) * secretLength));
  });
  plain.fill(0);
  return ok(secrets);
}
