import * as koffi from 'koffi';
import type { NativeFunction, NativeLoader } from '#access/windows/native-loader.ts';
import { type FieldKind, nativeSignatures } from './windows-layout.ts';
import { type Address, asAddress, asNumber, writeAddress } from './windows-memory.ts';
import type { Registers } from './windows-orders.ts';

/** A function that answers at once; runs inside of the native call. */
export type Answering = (registers: Registers) => number | bigint;

/** What comes of an operation: a code, and the structure whose address is left in the last argument. */
export interface Outcome {
  readonly code: number;
  readonly answer?: Address;
}

/** A function that takes its time: read while its arguments are there, run without them. `code`: refused at once. */
export type Beginning = (
  registers: Registers,
) => { readonly code: number } | { readonly run: () => Promise<Outcome> };

/** E_FAIL: what a call gets that was not understood. */
const failed = 0x8000_4005 | 0;

const rawTypes: Readonly<Record<FieldKind, string>> = {
  dword: 'uint32',
  long: 'int32',
  pointer: 'void *',
  text: 'void *',
};
const rawResults = { dword: 'int32', pointer: 'intptr_t', nothing: 'void' } as const;

/**
 * Libraries whose functions are JavaScript behind native addresses. Whoever calls them declares them with koffi as it would
 * declare the real ones; what arrives here are plain registers and addresses, as the header's own signature has them.
 */
export function createNatives(functions: {
  readonly answering: Readonly<Record<string, Answering>>;
  readonly beginning: Readonly<Record<string, Beginning>>;
  readonly onCall: (name: string) => void;
  readonly onFault: (what: string) => void;
}): NativeLoader {
  const { answering, beginning, onCall, onFault } = functions;
  return {
    koffi,
    load: (_library, name, result, parameters) => {
      const stage = openStage(name, koffi.proto(result, [...parameters]), parameters.length, onFault);
      const begin = beginning[name];
      if (begin !== undefined) return slow(stage, begin, () => onCall(name));
      const answer = answering[name];
      if (answer === undefined) throw new Error(`no function ${name}`);
      stage.play((registers) => {
        onCall(name);
        return answer(registers);
      });
      return stage.native;
    },
  };
}

/** A native address, and what is played when it is called. */
interface Stage {
  readonly native: NativeFunction;
  play(next: Answering): void;
}

function openStage(
  name: string,
  declared: koffi.TypeObject,
  parameters: number,
  onFault: (what: string) => void,
): Stage {
  const signature = nativeSignatures[name];
  if (signature === undefined) throw new Error(`the header has no ${name}`);
  const { given, result } = signature;
  if (given.length !== parameters) throw new Error(`${name} takes ${given.length} arguments`);
  const raw = koffi.proto(
    rawResults[result],
    given.map((kind) => rawTypes[kind]),
  );
  let played: Answering = () => failed;
  const called = (...registers: unknown[]): number | bigint => {
    try {
      const value = played(registers);
      return typeof value === 'bigint' ? value : value | 0;
    } catch (error) {
      onFault(`${name}: ${error instanceof Error ? error.message : String(error)}`);
      return failed;
    }
  };
  const address = koffi.register(called, koffi.pointer(raw));
  return {
    native: koffi.decode(address, declared),
    play: (next) => {
      played = next;
    },
  };
}

/**
 * JavaScript cannot wait inside of a native call, so one that takes its time is made twice with the same arguments: once to
 * read them, once to answer. Whoever calls it sees one.
 */
function slow({ native, play }: Stage, begin: Beginning, onCall: () => void): NativeFunction {
  const callWith = (args: readonly unknown[], next: Answering) =>
    new Promise<unknown>((resolve, reject) => {
      play(next);
      native.async(...args, (error: unknown, value: unknown) => {
        if (error === null || error === undefined) resolve(value);
        else reject(error);
      });
    });
  const perform = async (args: readonly unknown[]): Promise<unknown> => {
    let begun: ReturnType<Beginning> | undefined;
    const code = await callWith(args, (registers) => {
      begun = begin(registers);
      return 'code' in begun ? begun.code : 0;
    });
    if (begun === undefined || 'code' in begun || asNumber(code) !== 0) return code;
    const outcome = await begun.run();
    return callWith(args, (registers) => {
      writeAddress(asAddress(registers.at(-1)), outcome.answer ?? null);
      return outcome.code;
    });
  };
  return Object.assign((...args: unknown[]) => native(...args), {
    info: native.info,
    async: (...all: unknown[]) => {
      const told = all.at(-1);
      if (typeof told !== 'function') throw new Error('no callback');
      onCall();
      void perform(all.slice(0, -1)).then(
        (value) => told(null, value),
        (error) => told(error, undefined),
      );
    },
  });
}
