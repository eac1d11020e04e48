import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SeededRandom } from '../doubles/seeded-random.ts';

const database = 'replica.db';
/** What has to be there to open a replica; the log's index is rebuilt, the lock and the reserve are made anew. */
const lastingFiles = [database, `${database}-wal`, `${database}-key-check`];
const sectorBytes = 512;
const logHeaderBytes = 32;

/** The files before a commit: what is certainly on the disk if the power goes inside it. */
export interface BeforeCommit {
  readonly database: Buffer;
  readonly log: Buffer;
}

/** What a cut left: said for people, and whether there was anything that it could tear. */
export interface CutOff {
  readonly said: string;
  readonly hadWritten: boolean;
}

/** How much of what was not synced yet reached the disk. */
export type Tear = 'nothing' | 'everything' | 'mixture';

/**
 * The disk of one workstation: a folder of files that survives power cuts. After a cut the machine goes on with a copy made
 * at that moment, because the handles of the dead process cannot be taken back.
 */
export class SimulatedDisk {
  readonly #root: string;
  #generation = 0;

  constructor(root: string) {
    this.#root = root;
    mkdirSync(this.folder, { recursive: true });
  }

  get folder(): string {
    return join(this.#root, String(this.#generation));
  }

  get file(): string {
    return join(this.folder, database);
  }

  /** Reads what has to be known to tear the next commit. */
  beforeCommit(): BeforeCommit {
    return { database: readOrNothing(this.file), log: readOrNothing(`${this.file}-wal`) };
  }

  /** The power goes, and everything written is on the disk. */
  cut(): CutOff {
    this.#next(() => {});
    return { said: 'whole', hadWritten: true };
  }

  /**
   * The power goes inside a commit. Of what it wrote nothing was synced: every sector arrived, or stayed as it was, or holds
   * zeros or garbage, in any mixture. If the commit went on to move the log into the database (a checkpoint), the log had
   * been synced whole before, and the database's pages are the mixture.
   */
  cutInside(before: BeforeCommit, tear: Tear, random: SeededRandom): CutOff {
    const after = this.beforeCommit();
    const hasCheckpointed = !before.database.equals(after.database);
    this.#next((folder) => {
      if (hasCheckpointed) {
        writeFileSync(join(folder, database), mix(before.database, after.database, tear, random));
      } else {
        writeFileSync(join(folder, `${database}-wal`), mixLogs(before.log, after.log, tear, random));
      }
    });
    const hadWritten = hasCheckpointed || !before.log.equals(after.log);
    return { said: `${tear} of the ${hasCheckpointed ? 'checkpoint' : 'log'}`, hadWritten };
  }

  /** A second disk with the same content: the data folder copied to another machine. Only while nothing is open here. */
  copyTo(root: string): SimulatedDisk {
    const copy = new SimulatedDisk(root);
    copyLasting(this.folder, copy.folder);
    return copy;
  }

  remove(): void {
    rmSync(this.#root, { recursive: true, force: true });
  }

  #next(change: (folder: string) => void): void {
    const from = this.folder;
    this.#generation += 1;
    mkdirSync(this.folder);
    copyLasting(from, this.folder);
    change(this.folder);
  }

  /** Gives up what is left of the machine's earlier lives. Only once their handles are closed. */
  forgetFormer(): void {
    for (let generation = 0; generation < this.#generation; generation += 1) {
      rmSync(join(this.#root, String(generation)), { recursive: true, force: true });
    }
  }
}

const readOrNothing = (path: string): Buffer => (existsSync(path) ? readFileSync(path) : Buffer.alloc(0));

function copyLasting(from: string, to: string): void {
  for (const name of lastingFiles) {
    if (existsSync(join(from, name))) copyFileSync(join(from, name), join(to, name));
  }
}

/**
 * A log that begins anew is given its header first, which is synced before anything follows: SQLite's own order, without
 * which pages of the former log would come back.
 */
function mixLogs(before: Buffer, after: Buffer, tear: Tear, random: SeededRandom): Buffer {
  const header = after.subarray(0, logHeaderBytes);
  if (before.length === 0 || tear !== 'mixture' || before.subarray(0, logHeaderBytes).equals(header)) {
    return mix(before, after, tear, random);
  }
  const mixed = Buffer.from(random.chance(0.3) ? before : mix(before, after, tear, random));
  header.copy(mixed);
  return mixed;
}

/** Damages only what was written: bytes beside it in the same sector stay, as SQLite takes for granted of disks. */
function mix(before: Buffer, after: Buffer, tear: Tear, random: SeededRandom): Buffer {
  if (tear === 'nothing') return before;
  if (tear === 'everything') return after;
  const written = writtenPieces(before, after);
  const mixed = Buffer.from(after);
  let end = after.length;
  /** At least one piece did not arrive, or this would be "everything". */
  const certainlyLost = random.below(Math.max(1, written.length));
  for (const [number, { from, to }] of written.entries()) {
    const fate = random.next();
    if (fate < 0.5 && number !== certainlyLost) continue;
    if (fate < 0.7) {
      // Where nothing was before, there is a hole now, or the file is shorter.
      mixed.fill(0, from, to);
      before.subarray(from, to).copy(mixed, from);
      if (from >= before.length && random.chance(0.3)) end = Math.min(end, from);
    } else if (fate < 0.85) mixed.fill(0, from, to);
    else mixed.set(random.bytes(to - from), from);
  }
  return mixed.subarray(0, end);
}

/** What differs, cut at the borders of sectors. */
function writtenPieces(
  before: Buffer,
  after: Buffer,
): readonly { readonly from: number; readonly to: number }[] {
  const pieces: { readonly from: number; readonly to: number }[] = [];
  for (let at = 0; at < after.length; at += sectorBytes) {
    const end = Math.min(at + sectorBytes, after.length);
    if (before.subarray(at, end).equals(after.subarray(at, end))) continue;
    let from = at;
    while (before[from] === after[from]) from += 1;
    let to = end;
    while (before[to - 1] === after[to - 1]) to -= 1;
    pieces.push({ from, to });
  }
  return pieces;
}
