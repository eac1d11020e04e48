import * as koffi from 'koffi';
import type { CtapFailure } from '#access/ctap/status.ts';
import type { NativeFunction, NativeLoader } from '#access/windows/native-loader.ts';
import type { Result } from '#contracts/result.ts';
import type { WindowsDialog } from './windows-dialog.ts';
import { type FieldKind, nativeLayouts, nativeSignatures } from './windows-layout.ts';
import {
  type Address,
  asAddress,
  asNumber,
  bytesAt,
  NativeMemory,
  readStructure,
  textAt,
  writeAddress,
  writeBytes,
  writeDword,
} from './windows-memory.ts';
import { nameOf, type Registers, readAssertion, readMake } from './windows-orders.ts';

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
      const { order, cancellation } = readMake(manners.apiVersion, [
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
const multiText = (texts: readonly string[]): Buffer =>
  Buffer.from(`${texts.map((text) => `${text}\0`).join('')}\0`, 'utf16le');

/** What the dialog comes back with when it did not come to an answer: its owner closed it. */
function codeOf(failed: Result<unknown, CtapFailure>): number {
  const failure = failed.ok ? undefined : failed.error.failure;
  if (failure === 'no-credential') return code.notFound;
  return failure === 'removed' ? code.deviceNotFound : code.userCancelled;
}
