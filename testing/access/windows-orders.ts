// What webauthn.dll is asked, read from memory at the offsets of the header. Throws at whatever Windows would not take, or must not be asked.
import { sha256 } from '@noble/hashes/sha2.js';
import { nativeLayouts } from './windows-layout.ts';
import {
  type Address,
  addressAt,
  asAddress,
  bytesAt,
  readStructure,
  type StructureReader,
  textAt,
} from './windows-memory.ts';

/** Arguments as the processor passes them: whole registers, told apart only by the header. */
export type Registers = readonly unknown[];

/** The name of an operation: its cancellation id in hexadecimal. */
export const nameOf = (cancellation: Address): string =>
  Buffer.from(bytesAt(cancellation, 16)).toString('hex');

const must = (isRight: boolean, what: string): void => {
  if (!isRight) throw new Error(what);
};

function readClientData(from: unknown): Uint8Array {
  const clientData = readStructure(nativeLayouts.clientData, asAddress(from));
  must(clientData.number('dwVersion') === 1, 'version of client data');
  must(clientData.text('pwszHashAlgId') === 'SHA-256', 'hash of client data');
  return clientData.bytes('pbClientDataJSON', 'cbClientDataJSON');
}

/** Parameters of WebAuthNAuthenticatorMakeCredential. */
export function readMake(apiVersion: number, [, party, user, algorithms, clientData, options]: Registers) {
  const relyingParty = readStructure(nativeLayouts.relyingParty, asAddress(party));
  must(relyingParty.number('dwVersion') === 1, 'version of relying party');
  must(relyingParty.text('pwszName') !== null && relyingParty.text('pwszIcon') === null, 'relying party');
  const person = readStructure(nativeLayouts.user, asAddress(user));
  must(person.number('dwVersion') === 1, 'version of user');
  must(person.text('pwszName') === 'Hamshira', 'a name on the key');
  must(person.text('pwszDisplayName') === 'Hamshira' && person.text('pwszIcon') === null, 'shown name');
  const list = readStructure(nativeLayouts.algorithms, asAddress(algorithms));
  must(list.number('cCredentialParameters') === 1, 'one algorithm');
  const algorithm = readStructure(nativeLayouts.algorithm, list.pointer('pCredentialParameters'));
  must(algorithm.number('dwVersion') === 1, 'version of algorithm');
  must(algorithm.text('pwszCredentialType') === 'public-key' && algorithm.number('lAlg') === -7, 'ES256');
  const read = readStructure(nativeLayouts.makeOptions, asAddress(options));
  must(read.number('dwVersion') === (apiVersion >= 6 ? 6 : 5), 'version of options');
  must(read.number('dwTimeoutMilliseconds') === 120_000, 'two minutes');
  must(read.number('dwUserVerificationRequirement') === 1, 'verification required');
  must(read.number('dwAuthenticatorAttachment') === 2, 'no platform authenticator');
  must(read.number('bRequireResidentKey') === 0 && read.number('bPreferResidentKey') === 0, 'not resident');
  must(read.number('dwAttestationConveyancePreference') === 1, 'no attestation');
  must(read.number('dwFlags') === 0 && read.number('dwEnterpriseAttestation') === 0, 'flags');
  must(read.number('dwLargeBlobSupport') === 0 && read.number('bBrowserInPrivateMode') === 0, 'the rest');
  if (apiVersion >= 6) must(read.number('bEnablePrf') === 1, 'PRF');
  const extensions = readExtensions(read);
  return {
    cancellation: nameOf(read.pointer('pCancellationId')),
    order: {
      relyingParty: relyingParty.text('pwszId') ?? '',
      user: person.bytes('pbId', 'cbId'),
      clientData: readClientData(clientData),
      excluded: readListed(read, 'pExcludeCredentialList'),
      wantsSecret: extensions.get('hmac-secret') === '01000000',
      // credProtect 3, "require" not set.
      protection: extensions.get('credProtect') === '0300000000000000' ? 3 : undefined,
    },
  };
}

/** Extensions by name: their bytes in hexadecimal. */
function readExtensions(options: StructureReader): ReadonlyMap<string, string> {
  const byName = new Map<string, string>();
  const from = options.pointer('Extensions.pExtensions');
  for (let place = 0; place < options.number('Extensions.cExtensions'); place += 1) {
    const extension = readStructure(nativeLayouts.extension, from, place * nativeLayouts.extension.size);
    const bytes = extension.bytes('pvExtension', 'cbExtension');
    byName.set(extension.text('pwszExtensionIdentifier') ?? '', Buffer.from(bytes).toString('hex'));
  }
  return byName;
}

/** Parameters of WebAuthNAuthenticatorGetAssertion. */
export function readAssertion([, party, clientData, options]: Registers) {
  const read = readStructure(nativeLayouts.assertionOptions, asAddress(options));
  must(read.number('dwVersion') === 6, 'version of options');
  must(read.number('dwTimeoutMilliseconds') === 120_000, 'two minutes');
  must(read.number('dwUserVerificationRequirement') === 1, 'verification required');
  must(read.number('Extensions.cExtensions') === 0, 'extensions');
  must(read.text('pwszU2fAppId') === null && read.pointer('pbU2fAppId') === null, 'no U2F');
  must(read.number('dwCredLargeBlobOperation') === 0 && read.pointer('pbCredLargeBlob') === null, 'no blob');
  must(read.number('cbCredLargeBlob') === 0 && read.number('bBrowserInPrivateMode') === 0, 'the rest');
  return {
    cancellation: nameOf(read.pointer('pCancellationId')),
    order: {
      relyingParty: textAt(asAddress(party)) ?? '',
      clientData: readClientData(clientData),
      credentials: readCredentials(read),
    },
  };
}

/** Ids of a list that is given twice: as Windows knew it first, and with the way to each. */
function readListed(options: StructureReader, field: string): readonly Uint8Array[] {
  const count = options.number('CredentialList.cCredentials');
  const from = options.pointer(field);
  must((from === null) === (count === 0), 'no list without credentials');
  if (from === null) return [];
  const plain = options.pointer('CredentialList.pCredentials');
  const list = readStructure(nativeLayouts.credentialList, from);
  must(list.number('cCredentials') === count, 'as many credentials');
  return Array.from({ length: count }, (_, place) => {
    const first = readStructure(nativeLayouts.credential, plain, place * nativeLayouts.credential.size);
    const second = readStructure(nativeLayouts.credentialEx, addressAt(list.pointer('ppCredentials'), place));
    must(second.number('dwTransports') === 1, 'USB only');
    for (const each of [first, second]) {
      must(each.number('dwVersion') === 1, 'version of credential');
      must(each.text('pwszCredentialType') === 'public-key', 'type of credential');
    }
    const id = first.bytes('pbId', 'cbId');
    must(Buffer.compare(id, second.bytes('pbId', 'cbId')) === 0, 'the same credential');
    return id;
  });
}

/** Every credential to be asked is named three times: in both lists, and with its salt. */
function readCredentials(
  options: StructureReader,
): readonly { readonly id: Uint8Array; readonly salt: Uint8Array }[] {
  const ids = readListed(options, 'pAllowCredentialList');
  const values = readStructure(nativeLayouts.saltValues, options.pointer('pHmacSecretSaltValues'));
  must(ids.length > 0, 'a credential');
  must(values.number('cCredWithHmacSecretSaltList') === ids.length, 'as many salts');
  must(values.pointer('pGlobalHmacSalt') === null, 'no salt for all');
  return ids.map((id, place) => {
    const salt = readStructure(
      nativeLayouts.credentialSalt,
      values.pointer('pCredWithHmacSecretSaltList'),
      place * nativeLayouts.credentialSalt.size,
    );
    must(Buffer.compare(id, salt.bytes('pbCredID', 'cbCredID')) === 0, 'the same credential');
    return { id, salt: readSalt(salt.pointer('pHmacSecretSalt'), options.number('dwFlags')) };
  });
}

/** As the header says: hashed for PRF by the system, unless the flag says that it is raw already. */
function readSalt(from: Address, flags: number): Uint8Array {
  const salt = readStructure(nativeLayouts.salt, from);
  must(salt.number('cbSecond') === 0 && salt.pointer('pbSecond') === null, 'one salt');
  const bytes = salt.bytes('pbFirst', 'cbFirst');
  if ((flags & 0x0010_0000) === 0) return sha256(Buffer.concat([Buffer.from('WebAuthn PRF\0'), bytes]));
  must(bytes.length === 32, 'a raw salt has 32 bytes');
  return bytes;
}
