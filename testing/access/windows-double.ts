import { sha256 } from '@noble/hashes/sha2.js';
import * as koffi from 'koffi';
import type { CtapFailure } from '#access/ctap/status.ts';
import type { NativeFunction, NativeLoader } from '#access/windows/native-loader.ts';
import type { Result } from '#contracts/result.ts';
import type { WindowsDialog } from './windows-dialog.ts';
import { type FieldKind, nativeLayouts, nativeSignatures } from './windows-layout.ts';
import {
  type Address,
  addressAt,
  asAddress,
  asNumber,
  bytesAt,
  NativeMemory,
  readStructure,
  type StructureReader,
  textAt,
  writeAddress,
  writeBytes,
  writeDword,
} from './windows-memory.ts';

/** Codes the double answers with (`winerror.h`). */
export const code = {
  ok: 0,
  fail: 0x8000_4005,
  notFound: 0x8009_0011,
  invalidParameter: 0x8009_0027,
  deviceNotFound: 0x8009_0035,
  userCancelled: 0x8009_0036,
  noWindow: 0x8007_0578,
} as const;

/** How Windows behaves in a test. */
export interface WindowsManners {
  apiVersion: number;
  /** What the owner does when the dialog says that the finger was wrong or the key is another one: closes it. */
  dialog: WindowsDialog;
  /** The window in front; 0: none, as on a desktop without windows. */
  foreground: bigint;
  /** Answers with this at once, whatever is asked. */
  answer: number | undefined;
  /** Does not come back from a call that was cancelled. */
  isDeaf: boolean;
  /** Changes what is given, as a system that lies would. */
  lie: ((field: string, value: Uint8Array) => Uint8Array | null) | undefined;
}

/** What is plugged in, by the name that Windows gives it: its hardware ids. */
export type PluggedByName = Map<string, readonly string[]>;

export interface WindowsDouble {
  readonly loader: NativeLoader;
  readonly manners: WindowsManners;
  readonly plugged: PluggedByName;
  /** Structures given out and not yet given back. */
  readonly held: number;
  /** Whatever the double found wrong with what it was called with. */
  readonly faults: readonly string[];
  /** Names of the functions that were called, in order; may be emptied. */
  readonly calls: string[];
  /** Secrets that were given back to the system without being overwritten. */
  readonly leftSecrets: number;
}

/** Arguments as the processor passes them: whole registers, told apart only by the header. */
type Registers = readonly unknown[];
type Outcome = { readonly code: number; readonly answer?: Address };

/** Stands for webauthn.dll, user32.dll and cfgmgr32.dll: native functions that read what koffi left in memory, byte by byte. */
export function createWindowsDouble(dialog: WindowsDialog): WindowsDouble {
  const manners: WindowsManners = {
    apiVersion: 8,
    dialog,
    foreground: 0x1_04f2n,
    answer: undefined,
    isDeaf: false,
    lie: undefined,
  };
  const memory = new NativeMemory();
  const faults: string[] = [];
  const calls: string[] = [];
  const plugged: PluggedByName = new Map();
  const running = new Map<string, AbortController>();
  const nodes: string[] = [];
  let cancellations = 0;
  let leftSecrets = 0;

  const given = (field: string, value: Uint8Array | undefined): Uint8Array | null =>
    value === undefined ? null : manners.lie === undefined ? value : manners.lie(field, value);

  /** What a call wants, read while its memory is there; and what comes of it. */
  const operations: Readonly<
    Record<
      string,
      (registers: Registers) => { readonly cancellation: string; run(signal: AbortSignal): Promise<Outcome> }
    >
  > = {
    WebAuthNAuthenticatorMakeCredential: ([window, party, user, algorithms, clientData, options]) => {
      const { order, cancellation } = readMake(manners, [
        window,
        party,
        user,
        algorithms,
        clientData,
        options,
      ]);
      return {
        cancellation,
        run: async (signal) => {
          const made = await manners.dialog.make(order, signal);
          if (!made.ok) return { code: codeOf(made) };
          const data = given('authenticatorData', made.value.authenticatorData);
          const statement = given('statement', Uint8Array.of(0xa0));
          const answer = memory.structure(nativeLayouts.attestation, {
            dwVersion: 5,
            pwszFormatType: made.value.format,
            cbAuthenticatorData: data?.length ?? 0,
            pbAuthenticatorData: data,
            cbAttestation: statement?.length ?? 0,
            pbAttestation: statement,
          });
          return { code: code.ok, answer };
        },
      };
    },
    WebAuthNAuthenticatorGetAssertion: ([window, party, clientData, options]) => {
      const { order, cancellation } = readAssertion([window, party, clientData, options]);
      return {
        cancellation,
        run: async (signal) => {
          const made = await manners.dialog.assert(order, signal);
          if (!made.ok) return { code: codeOf(made) };
          const data = given('authenticatorData', made.value.authenticatorData);
          const signature = given('signature', made.value.signature);
          const id = given('credentialId', made.value.credentialId);
          const secret = given('secret', made.value.secret);
          const part =
            secret &&
            memory.structure(nativeLayouts.salt, { cbFirst: secret.length, pbFirst: secret, cbSecond: 0 });
          const answer = memory.structure(nativeLayouts.assertion, {
            dwVersion: 3,
            cbAuthenticatorData: data?.length ?? 0,
            pbAuthenticatorData: data,
            cbSignature: signature?.length ?? 0,
            pbSignature: signature,
            'Credential.dwVersion': 1,
            'Credential.cbId': id?.length ?? 0,
            'Credential.pbId': id,
            'Credential.pwszCredentialType': 'public-key',
            pHmacSecret: part,
          });
          return { code: code.ok, answer };
        },
      };
    },
  };

  const simple: Readonly<Record<string, (registers: Registers) => number | bigint>> = {
    WebAuthNGetApiVersionNumber: () => manners.apiVersion,
    WebAuthNGetCancellationId: ([to]) => {
      cancellations += 1;
      writeBytes(asAddress(to), Buffer.alloc(16, cancellations));
      return code.ok;
    },
    WebAuthNCancelCurrentOperation: ([from]) => {
      const operation = running.get(nameOf(asAddress(from)));
      if (operation === undefined) return code.notFound;
      operation.abort();
      return code.ok;
    },
    WebAuthNFreeCredentialAttestation: ([from]) => {
      memory.giveBack(asAddress(from));
      return 0;
    },
    WebAuthNFreeAssertion: ([from]) => {
      const part = readStructure(nativeLayouts.assertion, asAddress(from)).pointer('pHmacSecret');
      if (part !== null) {
        const secret = readStructure(nativeLayouts.salt, part).bytes('pbFirst', 'cbFirst');
        if (secret.some((byte) => byte !== 0)) leftSecrets += 1;
        memory.giveBack(part);
      }
      memory.giveBack(asAddress(from));
      return 0;
    },
    GetForegroundWindow: () => manners.foreground,
    GetTopWindow: ([above]) => (asAddress(above) === null ? 0x2_0010n : 0n),
    CM_Get_Device_ID_List_SizeW: ([to, filter, flags]) => {
      if (textAt(asAddress(filter)) !== 'HID' || asNumber(flags) !== 0x101) return 0x1f;
      writeDword(asAddress(to), multiText([...plugged.keys()]).length / 2);
      return 0;
    },
    CM_Get_Device_ID_ListW: ([filter, to, characters, flags]) => {
      if (textAt(asAddress(filter)) !== 'HID' || asNumber(flags) !== 0x101) return 0x1f;
      const list = multiText([...plugged.keys()]);
      if (list.length / 2 > asNumber(characters)) return 0x1a;
      writeBytes(asAddress(to), list);
      return 0;
    },
    CM_Locate_DevNodeW: ([to, name, flags]) => {
      const wanted = textAt(asAddress(name)) ?? '';
      if (!plugged.has(wanted) || asNumber(flags) !== 0) return 0x0d;
      writeDword(asAddress(to), nodes.push(wanted));
      return 0;
    },
    CM_Get_DevNode_Registry_PropertyW: ([node, property, kind, to, length, flags]) => {
      const ids = plugged.get(nodes[asNumber(node) - 1] ?? '');
      if (ids === undefined) return 0x05;
      if (asNumber(property) !== 2 || asAddress(kind) !== null || asNumber(flags) !== 0) return 0x1f;
      const list = multiText(ids);
      const room = Buffer.from(bytesAt(asAddress(length), 4)).readUInt32LE();
      writeDword(asAddress(length), list.length);
      if (list.length > room) return 0x1a;
      writeBytes(asAddress(to), list);
      return 0;
    },
  };

  /** Runs `read` inside of a native call, where the arguments are what the processor passed. */
  const guarded = (name: string, read: (registers: Registers) => number | bigint) => {
    return (...registers: unknown[]): number | bigint => {
      try {
        return read(registers);
      } catch (error) {
        faults.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
        return code.fail | 0;
      }
    };
  };
  const rawTypes: Readonly<Record<FieldKind, string>> = {
    dword: 'uint32',
    long: 'int32',
    pointer: 'void *',
    text: 'void *',
  };
  const results = { dword: 'int32', pointer: 'intptr_t', nothing: 'void' } as const;

  const load: NativeLoader['load'] = (_library, name, result, parameters) => {
    const signature = nativeSignatures[name];
    if (signature === undefined) throw new Error(`no function ${name}`);
    if (signature.given.length !== parameters.length)
      throw new Error(`${name} takes ${signature.given.length}`);
    const declared = koffi.proto(result, [...parameters]);
    const raw = koffi.proto(
      results[signature.result],
      signature.given.map((kind) => rawTypes[kind]),
    );
    let step: (registers: Registers) => number | bigint = () => code.fail | 0;
    const callback = koffi.register(
      guarded(name, (registers) => step(registers)),
      koffi.pointer(raw),
    );
    const native: NativeFunction = koffi.decode(callback, declared);
    const begin = operations[name];
    if (begin === undefined) {
      step = (registers) => {
        calls.push(name);
        const handler = simple[name];
        return handler === undefined ? code.fail | 0 : signed(handler(registers));
      };
      return native;
    }
    return Object.assign((...args: unknown[]) => native(...args), {
      info: native.info,
      /**
       * A call that takes its time. JavaScript cannot wait inside of a native call, so it is made twice with the same arguments: once
       * to read them, once to answer. Whoever calls sees one.
       */
      async: (...all: unknown[]) => {
        const args = all.slice(0, -1);
        const told = all.at(-1);
        if (typeof told !== 'function') throw new Error('no callback');
        const callNatively = (next: typeof step) =>
          new Promise<unknown>((resolve, reject) => {
            step = next;
            native.async(...args, (error: unknown, value: unknown) => {
              if (error === null || error === undefined) resolve(value);
              else reject(error);
            });
          });
        calls.push(name);
        void perform(begin, callNatively).then(
          (value) => told(null, value),
          (error) => told(error, undefined),
        );
      },
    });
  };

  const perform = async (
    begin: NonNullable<(typeof operations)[string]>,
    callNatively: (next: (registers: Registers) => number | bigint) => Promise<unknown>,
  ): Promise<unknown> => {
    let operation: ReturnType<typeof begin> | undefined;
    const refused = await callNatively((registers) => {
      if (asAddress(registers[0]) === null) return code.noWindow | 0;
      operation = begin(registers);
      return manners.answer === undefined ? 0 : manners.answer | 0;
    });
    if (operation === undefined || asNumber(refused) !== 0) return refused;
    const abort = new AbortController();
    running.set(operation.cancellation, abort);
    const outcome = await operation.run(abort.signal);
    running.delete(operation.cancellation);
    if (manners.isDeaf && abort.signal.aborted) return new Promise(() => undefined);
    return callNatively((registers) => {
      writeAddress(asAddress(registers.at(-1)), outcome.answer ?? null);
      return outcome.code | 0;
    });
  };

  return {
    loader: { koffi, load },
    manners,
    plugged,
    faults,
    calls,
    get held() {
      return memory.held;
    },
    get leftSecrets() {
      return leftSecrets;
    },
  };
}

const signed = (value: number | bigint): number | bigint => (typeof value === 'bigint' ? value : value | 0);
const nameOf = (cancellation: Address): string => Buffer.from(bytesAt(cancellation, 16)).toString('hex');
const multiText = (texts: readonly string[]): Buffer =>
  Buffer.from(`${texts.map((text) => `${text}\0`).join('')}\0`, 'utf16le');

/** What the dialog comes back with when it did not come to an answer: its owner closed it. */
function codeOf(failed: Result<unknown, CtapFailure>): number {
  const failure = failed.ok ? undefined : failed.error.failure;
  if (failure === 'no-credential') return code.notFound;
  return failure === 'removed' ? code.deviceNotFound : code.userCancelled;
}

const must = (isRight: boolean, what: string): void => {
  if (!isRight) throw new Error(what);
};

function readClientData(from: unknown): Uint8Array {
  const clientData = readStructure(nativeLayouts.clientData, asAddress(from));
  must(clientData.number('dwVersion') === 1, 'version of client data');
  must(clientData.text('pwszHashAlgId') === 'SHA-256', 'hash of client data');
  return clientData.bytes('pbClientDataJSON', 'cbClientDataJSON');
}

function readMake(
  { apiVersion }: WindowsManners,
  [, party, user, algorithms, clientData, options]: Registers,
) {
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
  must(read.number('CredentialList.cCredentials') === 0, 'excluded credentials');
  must(read.pointer('pExcludeCredentialList') === null, 'excluded credentials');
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

function readAssertion([, party, clientData, options]: Registers) {
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

/** Every credential is named three times: as Windows knew it first, with the way to it, and with its salt. */
function readCredentials(
  options: StructureReader,
): readonly { readonly id: Uint8Array; readonly salt: Uint8Array }[] {
  const count = options.number('CredentialList.cCredentials');
  const plain = options.pointer('CredentialList.pCredentials');
  const list = readStructure(nativeLayouts.credentialList, options.pointer('pAllowCredentialList'));
  const values = readStructure(nativeLayouts.saltValues, options.pointer('pHmacSecretSaltValues'));
  must(count > 0 && list.number('cCredentials') === count, 'as many credentials');
  must(values.number('cCredWithHmacSecretSaltList') === count, 'as many salts');
  must(values.pointer('pGlobalHmacSalt') === null, 'no salt for all');
  return Array.from({ length: count }, (_, place) => {
    const first = readStructure(nativeLayouts.credential, plain, place * nativeLayouts.credential.size);
    const second = readStructure(nativeLayouts.credentialEx, addressAt(list.pointer('ppCredentials'), place));
    const third = readStructure(
      nativeLayouts.credentialSalt,
      values.pointer('pCredWithHmacSecretSaltList'),
      place * nativeLayouts.credentialSalt.size,
    );
    must(second.number('dwTransports') === 1, 'USB only');
    for (const each of [first, second]) {
      must(each.number('dwVersion') === 1, 'version of credential');
      must(each.text('pwszCredentialType') === 'public-key', 'type of credential');
    }
    const id = first.bytes('pbId', 'cbId');
    must(Buffer.compare(id, second.bytes('pbId', 'cbId')) === 0, 'the same credential');
    must(Buffer.compare(id, third.bytes('pbCredID', 'cbCredID')) === 0, 'the same credential');
    return { id, salt: readSalt(third.pointer('pHmacSecretSalt'), options.number('dwFlags')) };
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
