import { fail, ok, type Result } from '#contracts/result.ts';
import { decodeCredential, encodeCredential } from '../enrolled-credential.ts';
import type { CreateRequest } from '../ports.ts';
import { isAttestationSound } from './attestation.ts';
import { type AuthenticatorData, parseAuthenticatorData, presenceFault } from './authenticator-data.ts';
import { type CborMap, cborMap } from './cbor.ts';
import { bytesAt, mapAt, textAt } from './cbor-fields.ts';
import { permission } from './client-pin.ts';
import { type Asking, ctapCommand } from './conversation.ts';
import { coseAlgorithm, coseKeyBytes } from './p256.ts';
import type { CtapFailure } from './status.ts';
import {
  beginAgreement,
  type KnownKey,
  type Proof,
  relyingParty,
  verifyOwner,
  withAttemptsLeft,
} from './verification.ts';

/** authenticatorMakeCredential: parameters and answers (CTAP 2.1, 6.1). */
const parameter = {
  clientDataHash: 0x01,
  relyingParty: 0x02,
  user: 0x03,
  algorithms: 0x04,
  excludeList: 0x05,
  extensions: 0x06,
  options: 0x07,
  authentication: 0x08,
  protocol: 0x09,
} as const;
const answerField = { format: 0x01, authenticatorData: 0x02, statement: 0x03 } as const;

/** Only with verification: without it such a credential does not even seem to exist (credProtect, 12.1). */
const protectionRequired = 3;
/** What the request takes beside the list of excluded credentials, with room to spare (bytes). */
const restOfRequest = 512;
/** What CBOR adds to a credential's id in that list (bytes). */
const aroundId = 24;
/** Shown by keys with a screen; says nothing of the person. */
const shownName = 'Hamshira';

/**
 * Makes a non-resident ES256 credential with hmac-secret, its owner verified, unless the key holds a known one (CTP-33). The
 * answer is believed only after every check of docs/specs/ctap.md CTP-21 to CTP-24; the credential is encoded as slots keep it.
 */
export async function makeCredential(
  key: KnownKey,
  { user, known = [], verification }: Pick<CreateRequest, 'user' | 'known' | 'verification'>,
  asking: Asking,
): Promise<Result<Uint8Array, CtapFailure>> {
  if (!key.info.hasHmacSecret) return fail({ failure: 'not-supported', lacks: 'hmac-secret' });
  const agreed = await beginAgreement(key, verification.method, asking);
  if (!agreed.ok) return agreed;
  using _secret = agreed.value.secret;
  const purpose = { permissions: permission.makeCredential, relyingParty };
  const proved = await verifyOwner(key, agreed.value, verification, purpose, asking);
  if (!proved.ok) return proved;
  using _token = proved.value.token;
  const clientDataHash = key.random.bytes(32);
  const excluded = excludable(key, known);
  const parameters = credentialParameters(key, { user, excluded }, clientDataHash, proved.value);
  const answer = await key.conversation.ask(ctapCommand.makeCredential, parameters, asking);
  if (!answer.ok) return fail(await withAttemptsLeft(key, answer.error));
  return checkAnswer(key, answer.value, clientDataHash);
}

/** Ids of as many as the key takes in one request; it would refuse a longer one whole. */
function excludable({ info }: KnownKey, known: readonly Uint8Array[]): readonly Uint8Array[] {
  let room = info.longestRequest - restOfRequest;
  const ids: Uint8Array[] = [];
  for (const credential of known) {
    const id = decodeCredential(credential)?.id;
    if (id === undefined || ids.length === info.mostListedCredentials) continue;
    room -= id.length + aroundId;
    if (room < 0) break;
    ids.push(id);
  }
  return ids;
}

function credentialParameters(
  { info }: KnownKey,
  { user, excluded }: { readonly user: Uint8Array; readonly excluded: readonly Uint8Array[] },
  clientDataHash: Uint8Array,
  { token }: Proof,
): CborMap {
  return cborMap([
    [parameter.clientDataHash, clientDataHash],
    [
      parameter.relyingParty,
      cborMap([
        ['id', relyingParty],
        ['name', shownName],
      ]),
    ],
    [
      parameter.user,
      cborMap([
        ['id', user],
        ['name', shownName],
        ['displayName', shownName],
      ]),
    ],
    [
      parameter.algorithms,
      [
        cborMap([
          ['alg', coseAlgorithm.es256],
          ['type', 'public-key'],
        ]),
      ],
    ],
    [parameter.excludeList, excluded.length === 0 ? undefined : excluded.map(named)],
    [
      parameter.extensions,
      cborMap([
        ['credProtect', info.hasCredentialProtection ? protectionRequired : undefined],
        ['hmac-secret', true],
      ]),
    ],
    [parameter.options, token === undefined ? cborMap([['uv', true]]) : undefined],
    [parameter.authentication, token?.authenticate(clientDataHash)],
    [parameter.protocol, token?.protocol],
  ]);
}

const named = (id: Uint8Array): CborMap =>
  cborMap([
    ['id', id],
    ['type', 'public-key'],
  ]);

function checkAnswer(
  { info }: KnownKey,
  answer: CborMap,
  clientDataHash: Uint8Array,
): Result<Uint8Array, CtapFailure> {
  const format = textAt(answer, answerField.format);
  const bytes = bytesAt(answer, answerField.authenticatorData);
  if (format === undefined || bytes === undefined) return fail({ failure: 'garbled' });
  const parsed = parseAuthenticatorData(bytes);
  if (!parsed.ok) return parsed;
  const fault = presenceFault(parsed.value) ?? extensionFault(parsed.value, info.hasCredentialProtection);
  if (fault !== undefined) return fail(fault);
  const { credential } = parsed.value;
  if (credential === undefined) return fail({ failure: 'untrusted', rule: 'credential' });
  const statement = mapAt(answer, answerField.statement) ?? new Map();
  const signed = Buffer.concat([bytes, clientDataHash]);
  if (!isAttestationSound({ format, statement, signed, publicPoint: credential.publicPoint })) {
    return fail({ failure: 'untrusted', rule: 'attestation' });
  }
  const encoded = encodeCredential({ id: credential.id, publicKey: coseKeyBytes(credential.publicPoint) });
  return encoded === undefined ? fail({ failure: 'untrusted', rule: 'credential' }) : ok(encoded);
}

/** Without hmac-secret there is no secret to wrap with; a weaker protection than asked for is a key that did not listen. */
function extensionFault({ extensions }: AuthenticatorData, hasProtection: boolean): CtapFailure | undefined {
  if (extensions?.get('hmac-secret') !== true) return { failure: 'not-supported', lacks: 'hmac-secret' };
  const isProtected = !hasProtection || extensions.get('credProtect') === protectionRequired;
  return isProtected ? undefined : { failure: 'untrusted', rule: 'extension' };
}
