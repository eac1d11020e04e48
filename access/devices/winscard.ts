import type * as Koffi from 'koffi';
import * as v from 'valibot';
import { fail, ok, type Result } from '#contracts/result.ts';
import type { PcscCard, PcscFailure, PcscHandle, PcscLibrary, PcscReaderState } from './pcsc-library.ts';

/** How the same interface is laid out on a system: `winscard.h` of pcsc-lite 1.9 and of the Windows SDK. */
interface Layout {
  readonly file: string;
  /** Behind the names of functions that take or give texts. */
  readonly suffix: '' | 'W';
  readonly long: string;
  readonly dword: string;
  readonly text: string;
  readonly encoding: 'utf8' | 'utf16le';
  readonly atrLength: number;
}

const layouts: Readonly<Partial<Record<NodeJS.Platform, Layout>>> = {
  linux: {
    file: 'libpcsclite.so.1',
    suffix: '',
    long: 'long',
    dword: 'ulong',
    text: 'str',
    encoding: 'utf8',
    atrLength: 33,
  },
  win32: {
    file: 'winscard.dll',
    suffix: 'W',
    long: 'int32',
    dword: 'uint32',
    text: 'str16',
    encoding: 'utf16le',
    atrLength: 36,
  },
};

const scopeSystem = 2;
const shareShared = 2;
const protocols = 1 | 2;
const leaveCard = 0;
const readersBytes = 8_192;
const longestAnswer = 258;
const stateFlags = { unknown: 0x04, unavailable: 0x08, present: 0x20, mute: 0x200 } as const;

/** Codes of `winscard.h`, the same on both systems. What is not here is `failed`. */
const failuresByCode: ReadonlyMap<number, PcscFailure> = new Map([
  [0x80100003, 'no-service'], // invalid handle: the service was started anew
  [0x8010001d, 'no-service'],
  [0x8010001e, 'no-service'], // stopped
  [0x80100013, 'no-service'], // communication error
  [0x8010000b, 'in-use'],
  [0x8010000c, 'no-card'],
  [0x80100066, 'no-card'], // unresponsive
  [0x80100067, 'no-card'], // unpowered
  [0x80100068, 'no-card'], // reset
  [0x80100069, 'no-card'], // removed
  [0x80100016, 'no-card'], // not transacted
]);
const noReaders = 0x8010002e;
/** A reader named in the question is not there any more: its state says so. */
const unknownReader = 0x80100009;
const timedOut = 0x8010000a;

const NumberSchema = v.union([v.number(), v.bigint()]);
const StateSchema = v.object({ dwEventState: NumberSchema });

/**
 * The system's PC/SC through koffi. Fails where koffi or the library (libpcsclite.so.1, winscard.dll) is missing, and on systems
 * whose layout is not known here. Calls run in threads of the pool, never on the main thread.
 */
export async function openWinscard(
  platform: NodeJS.Platform,
): Promise<Result<PcscLibrary, 'library-missing'>> {
  const layout = layouts[platform];
  if (layout === undefined) return fail('library-missing');
  try {
    const koffi = await import('koffi');
    return ok(bind(koffi, layout));
  } catch {
    return fail('library-missing');
  }
}

/** Sizes of the structures in bytes, for checking them against the system's headers: 80 and 16 on Linux, 64 and 8 on Windows. */
export async function winscardSizes(
  platform: 'linux' | 'win32',
): Promise<{ readonly readerState: number; readonly ioRequest: number }> {
  const koffi = await import('koffi');
  const layout = layouts[platform];
  if (layout === undefined) throw new Error('no such layout');
  const { readerState, ioRequest } = structuresOf(koffi, layout);
  return { readerState: koffi.sizeof(readerState), ioRequest: koffi.sizeof(ioRequest) };
}

const structuresOf = (koffi: typeof Koffi, { dword, text, atrLength }: Layout) => ({
  readerState: koffi.struct({
    szReader: text,
    pvUserData: 'void *',
    dwCurrentState: dword,
    dwEventState: dword,
    cbAtr: dword,
    rgbAtr: koffi.array('uint8', atrLength),
  }),
  ioRequest: koffi.struct({ dwProtocol: dword, cbPciLength: dword }),
});

/** The functions of the library, as the system's C interface declares them. */
function functionsOf(koffi: typeof Koffi, layout: Layout) {
  const { file, suffix, long, dword, text } = layout;
  const library = koffi.load(file);
  const { readerState, ioRequest } = structuresOf(koffi, layout);
  const handle = 'intptr_t';
  const outHandle = koffi.out(koffi.pointer(handle));
  const outDword = koffi.out(koffi.pointer(dword));
  const inoutDword = koffi.inout(koffi.pointer(dword));
  const inoutStates = koffi.inout(koffi.pointer(readerState));
  const bytes = koffi.pointer('uint8');
  const request = koffi.pointer(ioRequest);
  const declared = (name: string, ...given: Parameters<typeof Koffi.out>[0][]) =>
    library.func(name, long, given);
  return {
    establish: declared('SCardEstablishContext', dword, 'void *', 'void *', outHandle),
    release: declared('SCardReleaseContext', handle),
    list: declared(`SCardListReaders${suffix}`, handle, 'void *', bytes, inoutDword),
    status: declared(`SCardGetStatusChange${suffix}`, handle, dword, inoutStates, dword),
    connect: declared(`SCardConnect${suffix}`, handle, text, dword, dword, outHandle, outDword),
    transmit: declared('SCardTransmit', handle, request, bytes, dword, 'void *', bytes, inoutDword),
    disconnect: declared('SCardDisconnect', handle, dword),
    requestBytes: koffi.sizeof(ioRequest),
  };
}

type Functions = ReturnType<typeof functionsOf>;

function bind(koffi: typeof Koffi, layout: Layout): PcscLibrary {
  const functions = functionsOf(koffi, layout);
  return {
    establishContext: async () => {
      const context: unknown[] = [0];
      const code = await call(functions.establish, scopeSystem, null, null, context);
      return answer(code, () => numberIn(context));
    },
    listReaders: (context) => listReaders(functions, layout, context),
    readerStates: (context, names) => readerStates(functions, layout, context, names),
    connect: async (context, reader) => {
      const card: unknown[] = [0];
      const protocol: unknown[] = [0];
      const code = await call(functions.connect, context, reader, shareShared, protocols, card, protocol);
      return answer(code, () => ({ handle: numberIn(card), protocol: Number(numberIn(protocol)) }));
    },
    transmit: (card, command) => transmit(functions, card, command),
    disconnect: async ({ handle }) => void (await call(functions.disconnect, handle, leaveCard)),
    releaseContext: async (context) => void (await call(functions.release, context)),
  };
}

async function listReaders(
  { list }: Functions,
  { encoding }: Layout,
  context: PcscHandle,
): Promise<Result<readonly string[], PcscFailure>> {
  const names = Buffer.alloc(readersBytes);
  const charactersFree: unknown[] = [encoding === 'utf8' ? readersBytes : readersBytes / 2];
  const code = await call(list, context, null, names, charactersFree);
  return code === noReaders ? ok([]) : answer(code, () => namesIn(names.toString(encoding)));
}

async function readerStates(
  { status }: Functions,
  { atrLength }: Layout,
  context: PcscHandle,
  names: readonly string[],
): Promise<Result<readonly PcscReaderState[], PcscFailure>> {
  const states: unknown[] = names.map((name) => ({
    szReader: name,
    pvUserData: null,
    dwCurrentState: 0,
    dwEventState: 0,
    cbAtr: 0,
    rgbAtr: new Uint8Array(atrLength),
  }));
  const code = await call(status, context, 0, states, states.length);
  const isAnswer = code === unknownReader || code === timedOut;
  return answer(isAnswer ? 0 : code, () => names.map((name, at) => stateOf(name, states[at])));
}

async function transmit(
  functions: Functions,
  { handle, protocol }: PcscCard,
  command: Uint8Array,
): Promise<Result<Uint8Array, PcscFailure>> {
  const received = Buffer.alloc(longestAnswer);
  const length: unknown[] = [longestAnswer];
  const request = { dwProtocol: protocol, cbPciLength: functions.requestBytes };
  const sent = Buffer.from(command);
  const code = await call(functions.transmit, handle, request, sent, sent.length, null, received, length);
  return answer(code, () => Uint8Array.from(received.subarray(0, Number(numberIn(length)))));
}

/** Runs a call in a thread of the pool. The code it answers, as an unsigned number of 32 bits. */
function call(
  called: Koffi.KoffiFunc<(...given: unknown[]) => unknown>,
  ...given: unknown[]
): Promise<number> {
  return new Promise((resolve, reject) => {
    called.async(...given, (error: unknown, code: unknown) => {
      if (error === null || error === undefined) resolve(Number(v.parse(NumberSchema, code)) >>> 0);
      else reject(error);
    });
  });
}

const answer = <Value>(code: number, read: () => Value): Result<Value, PcscFailure> =>
  code === 0 ? ok(read()) : fail(failuresByCode.get(code) ?? 'failed');

const numberIn = (cell: readonly unknown[]): PcscHandle => v.parse(NumberSchema, cell[0]);

/** Names one behind the other, each closed by a zero, the list by another. */
const namesIn = (list: string): readonly string[] =>
  list
    .split('\0\0', 1)
    .join('')
    .split('\0')
    .filter((name) => name !== '');

function stateOf(name: string, state: unknown): PcscReaderState {
  const flags = Number(v.parse(StateSchema, state).dwEventState);
  return {
    name,
    hasCard: (flags & stateFlags.present) !== 0,
    isMute: (flags & stateFlags.mute) !== 0,
    isGone: (flags & (stateFlags.unknown | stateFlags.unavailable)) !== 0,
    events: (flags >>> 16) & 0xffff,
  };
}
