import type { CtapFailure } from '#access/ctap/status.ts';
import type { NativeLoader } from '#access/windows/native-loader.ts';
import type { DialogAsserted, DialogMade, WindowsDialog } from './windows-dialog.ts';
import { nativeLayouts } from './windows-layout.ts';
import { type Address, asAddress, NativeMemory, readStructure, writeBytes } from './windows-memory.ts';
import { type Answering, type Beginning, createNatives, type Outcome } from './windows-natives.ts';
import { nameOf, readAssertion, readMake } from './windows-orders.ts';
import { type PluggedByName, plugAndPlay } from './windows-plug-and-play.ts';

/** Codes the double answers with (`winerror.h`). */
const code = {
  ok: 0,
  exists: 0x8009_000f,
  notFound: 0x8009_0011,
  deviceNotFound: 0x8009_0035,
  userCancelled: 0x8009_0036,
  noWindow: 0x8007_0578,
} as const;

/** How Windows behaves in a test. */
export interface WindowsManners {
  apiVersion: number;
  /** The window in front; 0: none, as on a desktop without windows. */
  foreground: bigint;
  /** Answers with this at once, whatever is asked. */
  answer: number | undefined;
  /** Does not come back from a call that was cancelled. */
  isDeaf: boolean;
  /** Changes what is given, as a system that lies would. */
  lie: ((field: string, value: Uint8Array) => Uint8Array | null) | undefined;
}

/** Windows as far as keys go: native functions that read what koffi left in memory, byte by byte, with a real dialog behind. */
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

/** Stands for webauthn.dll, user32.dll and cfgmgr32.dll. */
export function createWindowsDouble(dialog: WindowsDialog): WindowsDouble {
  const manners: WindowsManners = {
    apiVersion: 8,
    foreground: 0x1_04f2n,
    answer: undefined,
    isDeaf: false,
    lie: undefined,
  };
  const answers = new GivenAnswers(manners);
  const running = new Map<string, AbortController>();
  const plugged: PluggedByName = new Map();
  const faults: string[] = [];
  const calls: string[] = [];
  const loader = createNatives({
    answering: { ...atOnce(manners, running, answers), ...plugAndPlay(plugged) },
    beginning: withDialog(manners, running, answers, dialog),
    onCall: (name) => calls.push(name),
    onFault: (what) => faults.push(what),
  });
  return {
    loader,
    manners,
    plugged,
    faults,
    calls,
    get held() {
      return answers.held;
    },
    get leftSecrets() {
      return answers.leftSecrets;
    },
  };
}

/** The functions that open a dialog: they come back when it is closed. */
function withDialog(
  manners: WindowsManners,
  running: Map<string, AbortController>,
  answers: GivenAnswers,
  dialog: WindowsDialog,
): Readonly<Record<string, Beginning>> {
  const open = (
    window: unknown,
    cancellation: string,
    run: (signal: AbortSignal) => Promise<Outcome>,
  ): ReturnType<Beginning> => {
    if (asAddress(window) === null) return { code: code.noWindow };
    if (manners.answer !== undefined) return { code: manners.answer };
    return {
      run: async () => {
        const abort = new AbortController();
        running.set(cancellation, abort);
        const outcome = await run(abort.signal);
        running.delete(cancellation);
        return manners.isDeaf && abort.signal.aborted ? new Promise(() => undefined) : outcome;
      },
    };
  };
  return {
    WebAuthNAuthenticatorMakeCredential: (registers) => {
      const { order, cancellation } = readMake(manners.apiVersion, registers);
      return open(registers[0], cancellation, async (signal) => {
        const made = await dialog.make(order, signal);
        return made.ok ? { code: code.ok, answer: answers.made(made.value) } : closed(made.error);
      });
    },
    WebAuthNAuthenticatorGetAssertion: (registers) => {
      const { order, cancellation } = readAssertion(registers);
      return open(registers[0], cancellation, async (signal) => {
        const made = await dialog.assert(order, signal);
        return made.ok ? { code: code.ok, answer: answers.asserted(made.value) } : closed(made.error);
      });
    },
  };
}

/** What the dialog comes back with when there was no answer: its owner closed it. */
function closed({ failure }: CtapFailure): Outcome {
  if (failure === 'no-credential') return { code: code.notFound };
  if (failure === 'already-enrolled') return { code: code.exists };
  return { code: failure === 'removed' ? code.deviceNotFound : code.userCancelled };
}

function atOnce(
  manners: WindowsManners,
  running: ReadonlyMap<string, AbortController>,
  answers: GivenAnswers,
): Readonly<Record<string, Answering>> {
  let cancellations = 0;
  return {
    WebAuthNGetApiVersionNumber: () => manners.apiVersion,
    WebAuthNGetCancellationId: ([to]) => {
      cancellations += 1;
      writeBytes(asAddress(to), Buffer.alloc(16, cancellations));
      return code.ok;
    },
    WebAuthNCancelCurrentOperation: ([from]) => {
      const operation = running.get(nameOf(asAddress(from)));
      operation?.abort();
      return operation === undefined ? code.notFound : code.ok;
    },
    WebAuthNFreeCredentialAttestation: ([from]) => answers.giveBackMade(asAddress(from)),
    WebAuthNFreeAssertion: ([from]) => answers.giveBackAsserted(asAddress(from)),
    GetForegroundWindow: () => manners.foreground,
    GetTopWindow: ([above]) => (asAddress(above) === null ? 0x2_0010n : 0n),
  };
}

/** Structures that the library gives out, until they are given back. */
class GivenAnswers {
  readonly #manners: WindowsManners;
  readonly #memory = new NativeMemory();
  leftSecrets = 0;

  constructor(manners: WindowsManners) {
    this.#manners = manners;
  }

  get held(): number {
    return this.#memory.held;
  }

  made({ format, authenticatorData }: DialogMade): Address {
    const data = this.#given('authenticatorData', authenticatorData);
    const statement = this.#given('statement', Uint8Array.of(0xa0));
    return this.#memory.structure(nativeLayouts.attestation, {
      dwVersion: 5,
      pwszFormatType: format,
      cbAuthenticatorData: data?.length ?? 0,
      pbAuthenticatorData: data,
      cbAttestation: statement?.length ?? 0,
      pbAttestation: statement,
    });
  }

  asserted(made: DialogAsserted): Address {
    const data = this.#given('authenticatorData', made.authenticatorData);
    const signature = this.#given('signature', made.signature);
    const id = this.#given('credentialId', made.credentialId);
    const secret = this.#given('secret', made.secret);
    const part =
      secret &&
      this.#memory.structure(nativeLayouts.salt, { cbFirst: secret.length, pbFirst: secret, cbSecond: 0 });
    return this.#memory.structure(nativeLayouts.assertion, {
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
  }

  giveBackMade(from: Address): number {
    this.#memory.giveBack(from);
    return code.ok;
  }

  giveBackAsserted(from: Address): number {
    const part = readStructure(nativeLayouts.assertion, from).pointer('pHmacSecret');
    if (part !== null) {
      const secret = readStructure(nativeLayouts.salt, part).bytes('pbFirst', 'cbFirst');
      if (secret.some((byte) => byte !== 0)) this.leftSecrets += 1;
      this.#memory.giveBack(part);
    }
    this.#memory.giveBack(from);
    return code.ok;
  }

  #given(field: string, value: Uint8Array | undefined): Uint8Array | null {
    if (value === undefined) return null;
    return this.#manners.lie === undefined ? value : this.#manners.lie(field, value);
  }
}
