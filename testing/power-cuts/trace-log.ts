import { execFileSync } from 'node:child_process';
import { appendFileSync, chmodSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What happened to files below the traced folder, in order. Paths are absolute; sizes and offsets are bytes. */
export type TraceEvent =
  | { readonly kind: 'opened'; readonly path: string; readonly inode: bigint }
  | {
      readonly kind: 'written';
      readonly path: string;
      readonly inode: bigint;
      readonly offset: number;
      readonly data: Buffer;
    }
  | {
      readonly kind: 'truncated' | 'extended';
      readonly path: string;
      readonly inode: bigint;
      readonly length: number;
    }
  | { readonly kind: 'sync-begun' | 'synced'; readonly path: string; readonly inode: bigint }
  | { readonly kind: 'renamed'; readonly from: string; readonly to: string }
  | { readonly kind: 'unlinked' | 'folder-made' | 'folder-removed'; readonly path: string }
  | { readonly kind: 'mark'; readonly text: string };

export interface Tracer {
  /** What a process gets into its environment so that it is traced. */
  readonly environment: Readonly<Record<string, string>>;
  /** Marks from a process that is not traced itself. */
  mark(text: string): void;
  /** Everything logged so far. Throws if something was done that the model of a disk does not know. */
  events(): readonly TraceEvent[];
}

const source = fileURLToPath(new URL('./trace-writes.c', import.meta.url));

/** Builds the tracing library into `folder`; undefined where there is no compiler or no LD_PRELOAD. */
export function buildTracingLibrary(folder: string): string | undefined {
  if (process.platform !== 'linux') return undefined;
  const library = join(folder, 'trace-writes.so');
  try {
    execFileSync('cc', ['-shared', '-fPIC', '-O1', '-o', library, source, '-ldl'], { stdio: 'pipe' });
    return library;
  } catch (error) {
    // A compiler that is there and fails is a defect; one that is not there is a machine without.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** A tracer for what happens below `traced`; its own files go into `folder`, readable for other accounts. */
export function traceInto(folder: string, library: string, traced: string): Tracer {
  mkdirSync(folder, { recursive: true, mode: 0o777 });
  const log = join(folder, 'trace.log');
  const marks = join(folder, 'marks');
  for (const file of [log, marks]) {
    writeFileSync(file, '');
    chmodSync(file, 0o666);
  }
  return {
    environment: {
      LD_PRELOAD: library,
      POWER_CUT_FOLDER: realpathSync(traced),
      POWER_CUT_LOG: log,
      POWER_CUT_MARKS: realpathSync(marks),
      // Writes through a ring would not pass the library.
      UV_USE_IO_URING: '0',
    },
    mark: (text) => appendFileSync(log, markRecord(text)),
    events: () => [...parseLog(readFileSync(log))],
  };
}

/** A mark as the library writes it. */
function markRecord(text: string): Buffer {
  const data = Buffer.from(text);
  const head = Buffer.alloc(headBytes);
  head.writeUInt32LE(kinds.indexOf('mark'), 0);
  head.writeUInt32LE(data.length, 12);
  return Buffer.concat([head, data]);
}

const headBytes = 32;
// In the order of the library's numbers, which begin with 1.
const kinds = [
  undefined,
  'opened',
  'written',
  'truncated',
  'sync-begun',
  'synced',
  'renamed',
  'unlinked',
  'folder-made',
  'folder-removed',
  'mark',
  'extended',
] as const;

function* parseLog(log: Buffer): Generator<TraceEvent> {
  for (let at = 0; at < log.length; ) {
    const word = (position: number) => log.readUInt32LE(at + position);
    const firstAt = at + headBytes;
    const secondAt = firstAt + word(4);
    const dataAt = secondAt + word(8);
    const end = dataAt + word(12);
    const [path, second] = [log.toString('utf8', firstAt, secondAt), log.toString('utf8', secondAt, dataAt)];
    const inode = log.readBigUInt64LE(at + 16);
    const offset = Number(log.readBigUInt64LE(at + 24));
    yield eventOf(kinds[word(0)], { path, second, inode, offset, data: log.subarray(dataAt, end) });
    at = end;
  }
}

interface Fields {
  readonly path: string;
  readonly second: string;
  readonly inode: bigint;
  readonly offset: number;
  readonly data: Buffer;
}

function eventOf(kind: (typeof kinds)[number], fields: Fields): TraceEvent {
  const { path, second, inode, offset, data } = fields;
  switch (kind) {
    case 'opened':
    case 'sync-begun':
    case 'synced':
      return { kind, path, inode };
    case 'written':
      return { kind, path, inode, offset, data };
    case 'truncated':
    case 'extended':
      return { kind, path, inode, length: offset };
    case 'renamed':
      return { kind, from: path, to: second };
    case 'unlinked':
    case 'folder-made':
    case 'folder-removed':
      return { kind, path };
    case 'mark':
      return { kind, text: data.toString('utf8') };
    case undefined:
      throw new Error(`the trace holds ${second} on ${path}, which the model does not know`);
  }
}
