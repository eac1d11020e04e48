import { sha256 } from '@noble/hashes/sha2.js';
import { fail, ok, type Result } from '#contracts/result.ts';
import { isAttestationSound } from '../ctap/attestation.ts';
import {
  type AuthenticatorData,
  dataFlag,
  parseAuthenticatorData,
  presenceFault,
} from '../ctap/authenticator-data.ts';
import type { CborMap } from '../ctap/cbor.ts';
import { decodeCbor } from '../ctap/cbor-decode.ts';
import { asMap } from '../ctap/cbor-fields.ts';
import { type CurvePoint, coseKeyBytes, isSignedBy } from '../ctap/p256.ts';
import type { CtapFailure } from '../ctap/status.ts';
import { type EnrolledCredential, encodeCredential } from '../enrolled-credential.ts';
import { Secret } from '../secret.ts';
import { webauthn } from './webauthn-layout.ts';
import type { MadeAssertion, MadeCredential } from './webauthn-library.ts';

/**
 * The credential as slots keep it, once the answer was found right by docs/specs/ctap.md CTP-21 to CTP-24: Windows is between us
 * and the key, and is believed no more than the key itself.
 */
export function checkMade(made: MadeCredential, clientData: Uint8Array): Result<Uint8Array, CtapFailure> {
  const { authenticatorData, format } = made;
  const parsed = parseAuthenticatorData(authenticatorData);
  if (!parsed.ok) return parsed;
  const fault = presenceFault(parsed.value) ?? extensionFault(parsed.value);
  if (fault !== undefined) return fail(fault);
  const { credential } = parsed.value;
  if (credential === undefined) return fail({ failure: 'untrusted', rule: 'credential' });
  const statement = statementOf(made.statement);
  if (statement === undefined) return fail({ failure: 'garbled' });
  const { publicPoint } = credential;
  const signed = Buffer.concat([authenticatorData, sha256(clientData)]);
  if (!isAttestationSound({ format, statement, signed, publicPoint })) {
    return fail({ failure: 'untrusted', rule: 'attestation' });
  }
  const encoded = encodeCredential({ id: credential.id, publicKey: coseKeyBytes(publicPoint) });
  return encoded === undefined ? fail({ failure: 'untrusted', rule: 'credential' }) : ok(encoded);
}

/** A credential that signatures can be checked by. */
export type CheckedCredential = EnrolledCredential & { readonly publicPoint: CurvePoint };

/**
 * The secret and whose it is of `asked`, once the answer was found right by CTP-26 and CTP-27; otherwise the secret is wiped. What ties
 * it to the signature is the system's word alone: Windows opened the sealed output itself.
 */
export function checkAsserted<Asked extends CheckedCredential>(
  made: MadeAssertion,
  asked: readonly Asked[],
  clientData: Uint8Array,
): Result<{ readonly credential: Asked; readonly secret: Secret }, CtapFailure> {
  const credential = asked.find(({ id }) => Buffer.compare(id, made.credentialId) === 0);
  const fault = assertionFault(made, credential, clientData);
  if (fault === undefined && credential !== undefined && made.secret !== undefined) {
    return ok({ credential, secret: new Secret(made.secret) });
  }
  made.secret?.fill(0);
  return fail(fault ?? { failure: 'untrusted', rule: 'secret' });
}

function assertionFault(
  { authenticatorData, signature }: MadeAssertion,
  credential: CheckedCredential | undefined,
  clientData: Uint8Array,
): CtapFailure | undefined {
  if (credential === undefined) return { failure: 'untrusted', rule: 'credential' };
  const parsed = parseAuthenticatorData(authenticatorData);
  if (!parsed.ok) return parsed.error;
  const fault = presenceFault(parsed.value);
  if (fault !== undefined) return fault;
  if (parsed.value.flags & dataFlag.credential) return { failure: 'untrusted', rule: 'credential' };
  const signed = Buffer.concat([authenticatorData, sha256(clientData)]);
  return isSignedBy(credential.publicPoint, signed, signature)
    ? undefined
    : { failure: 'untrusted', rule: 'signature' };
}

/** Whether a key knows credProtect cannot be asked here; one that answers with less than was asked for did not listen. */
function extensionFault({ extensions }: AuthenticatorData): CtapFailure | undefined {
  if (extensions?.get('hmac-secret') !== true) return { failure: 'not-supported', lacks: 'hmac-secret' };
  const isProtected =
    !extensions.has('credProtect') || extensions.get('credProtect') === webauthn.protectionRequired;
  return isProtected ? undefined : { failure: 'untrusted', rule: 'extension' };
}

/** The header says: no bytes at all stand for "null". */
function statementOf(bytes: Uint8Array): CborMap | undefined {
  if (bytes.length === 0) return new Map();
  const decoded = decodeCbor(bytes);
  return decoded.ok ? asMap(decoded.value) : undefined;
}
