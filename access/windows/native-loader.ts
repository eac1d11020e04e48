import { win32 } from 'node:path';
import type * as KoffiModule from 'koffi';
import * as v from 'valibot';

type Koffi = typeof KoffiModule;
export type NativeFunction = KoffiModule.KoffiFunc<(...given: unknown[]) => unknown>;
export type NativeType = string | KoffiModule.TypeObject | ReturnType<Koffi['out']>;

/** The libraries of Windows that are called, each file name once. */
export type WindowsLibrary = 'webauthn.dll' | 'user32.dll' | 'cfgmgr32.dll';

/** Functions of the system's libraries, and the means to describe them. */
export interface NativeLoader {
  readonly koffi: Koffi;
  /** Throws when the library or the function is not there. */
  load(
    library: WindowsLibrary,
    name: string,
    result: NativeType,
    given: readonly NativeType[],
  ): NativeFunction;
}

const PointerSchema = v.nullable(v.union([v.bigint(), v.number()]));
export type NativePointer = v.InferOutput<typeof PointerSchema>;
const BytesSchema = v.instance(Uint8Array);
const NumberSchema = v.union([v.number(), v.bigint()]);

/**
 * Windows' own libraries by koffi. Undefined where koffi does not load. They are taken from the system's folder by their whole path:
 * a file of that name beside the program is never loaded. `systemRoot`: usually C:\Windows.
 */
export async function openSystemLoader(systemRoot: string): Promise<NativeLoader | undefined> {
  try {
    const koffi = await import('koffi');
    return loaderOf(koffi, systemRoot);
  } catch {
    return undefined;
  }
}

function loaderOf(koffi: Koffi, systemRoot: string): NativeLoader {
  const handlesByFile = new Map<WindowsLibrary, KoffiModule.LibraryHandle>();
  return {
    koffi,
    load: (file, name, result, given) => {
      const handle = handlesByFile.get(file) ?? koffi.load(win32.join(systemRoot, 'System32', file));
      handlesByFile.set(file, handle);
      return handle.func(name, result, [...given]);
    },
  };
}

/** Runs a call in a thread of koffi's pool. What it answers, as an unsigned number of 32 bits. */
export function callInThread(called: NativeFunction, ...given: unknown[]): Promise<number> {
  return new Promise((resolve, reject) => {
    called.async(...given, (error: unknown, code: unknown) => {
      if (error === null || error === undefined) resolve(unsigned(code));
      else reject(error);
    });
  });
}

/** A code of 32 bits as an unsigned number. */
export const unsigned = (code: unknown): number => Number(v.parse(NumberSchema, code)) >>> 0;

/** The pointer a call left in a cell. */
export const pointerIn = (cell: readonly unknown[]): NativePointer => v.parse(PointerSchema, cell[0]);

/** A copy of bytes that somebody else owns. None where the pointer is null; throws beyond `longest`. */
export function copyBytes(koffi: Koffi, from: NativePointer, length: number, longest: number): Uint8Array {
  if (from === null || length === 0) return new Uint8Array();
  if (length > longest) throw new Error(`${length} bytes where at most ${longest} are expected`);
  return v.parse(BytesSchema, koffi.decode(from, 'uint8', length));
}

export { PointerSchema };
