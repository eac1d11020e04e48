import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CutDisk, type CutState, type Snapshot, takeSnapshot } from './cut-disk.ts';
import { type TraceEvent, traceInto } from './trace-log.ts';

/** A run under the tracing library. */
export interface Trace {
  readonly events: readonly TraceEvent[];
  /** The disk as it was before the run, fresh at every call. */
  disk(names: 'strict' | 'ordered'): CutDisk;
}

export interface TracedRun {
  /** Where the traced folder `name` and the log go. */
  readonly folder: string;
  readonly library: string;
  readonly name: string;
  /** A file of this folder, run with the traced folder as its first argument. */
  readonly script: string;
  readonly args?: readonly string[];
  /** Lays down what is there before. */
  readonly prepare?: (traced: string) => void;
}

/** A folder in memory, where there is one: rebuilt states need no disk. */
export function folderInMemory(name: string): string {
  const base = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
  return mkdtempSync(join(base, `hamshira-${name}-`));
}

/** Runs a script to its end. Throws if the trace, played back, does not give exactly what is on the disk then. */
export function traceRun({ folder, library, name, script, args = [], prepare }: TracedRun): Trace {
  const traced = join(realpathSync(folder), name);
  mkdirSync(traced);
  prepare?.(traced);
  const before = takeSnapshot(traced);
  const tracer = traceInto(join(folder, `${name}-trace`), library, traced);
  execFileSync(process.execPath, [fileURLToPath(new URL(script, import.meta.url)), traced, ...args], {
    env: { ...process.env, ...tracer.environment },
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: 100_000,
  });
  const events = tracer.events();
  requireSameAsDisk(before, events, isLogIndex);
  return { events, disk: (names) => new CutDisk(before, names) };
}

/** Content that comes by mapped memory is not seen: the log's index, which SQLite makes anew after every cut. */
const isLogIndex = (path: string): boolean => path.endsWith('-shm');

/**
 * Throws if the trace, played back, does not give exactly what is on the disk: a write that passed the library unseen would make
 * every cut a lie. `mayDiffer` names files whose content nothing acknowledged rests on.
 */
export function requireSameAsDisk(
  before: Snapshot,
  events: readonly TraceEvent[],
  mayDiffer: (path: string) => boolean,
): void {
  const disk = new CutDisk(before, 'strict');
  for (const event of events) disk.apply(event);
  const traced = disk.whole().files;
  const real = new Map(
    takeSnapshot(before.root).entries.map(({ path, content }) => [relative(before.root, path), content]),
  );
  const differing = [...new Set([...traced.keys(), ...real.keys()])].filter((path) => {
    const [seen, there] = [traced.get(path), real.get(path)];
    const isFolder = seen === undefined && there === undefined;
    return !isFolder && !mayDiffer(path) && (seen === undefined || there?.equals(seen) !== true);
  });
  if (differing.length > 0) throw new Error(`the trace misses writes to ${differing.slice(0, 20).join()}`);
}

/** Lays a state down in `folder`, which is emptied before. */
export function rebuild(state: CutState, folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const path of state.folders) mkdirSync(join(folder, path), { recursive: true, mode: 0o700 });
  for (const [path, content] of state.files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content, { mode: 0o600 });
  }
}
