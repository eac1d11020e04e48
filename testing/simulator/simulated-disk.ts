import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SeededRandom } from '../doubles/seeded-random.ts';

const database = 'replica.db';
/** What has to be there to open a replica; the log's index is rebuilt, the lock and the reserve are made anew. */
const lastingFiles = [database, `${database}-wal`, `${database}-key-check`];
const sectorBytes = 512;

/** The files before a commit: what is certainly on the disk if the power goes inside it. */
export interface BeforeCommit {
  readonly database: Buffer;
  readonly log: Buffer;
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
  cut(): void {
    this.#next(() => {});
  }

  /**
   * The power goes inside a commit. Of what it wrote nothing was synced: every sector arrived, or stayed as it was, or holds
   * zeros or garbage, in any mixture. If the commit went on to move the log into the database (a checkpoint), the log had
   * been synced whole before, and the database's pages are the mixture.
   */
  cutInside(before: BeforeCommit, tear: Tear, random: SeededRandom): void {
    const after = this.beforeCommit();
    this.#next((folder) => {
      const hasCheckpointed = !before.database.equals(after.database);
      if (hasCheckpointed) {
        writeFileSync(join(folder, database), mix(before.database, after.database, tear, random));
      } else {
        writeFileSync(join(folder, `${database}-wal`), mix(before.log, after.log, tear, random));
      }
    });
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

function mix(before: Buffer, after: Buffer, tear: Tear, random: SeededRandom): Buffer {
  if (tear === 'nothing') return before;
  if (tear === 'everything') return after;
  const changed = changedSectors(before, after);
  const mixed = Buffer.from(after);
  let end = after.length;
  /** At least one sector did not arrive, or this would be "everything". */
  const certainlyLost = changed[random.below(Math.max(1, changed.length))];
  for (const sector of changed) {
    const fate = random.next();
    if (fate < 0.5 && sector !== certainlyLost) continue;
    const at = sector * sectorBytes;
    const size = Math.min(sectorBytes, after.length - at);
    if (fate < 0.7) before.subarray(at, at + size).copy(mixed, at, 0, size);
    else if (fate < 0.85) mixed.fill(0, at, at + size);
    else mixed.set(random.bytes(size), at);
    // A sector beyond the old end that stayed "as it was" is a hole of zeros, or the file is shorter.
    if (fate < 0.7 && at >= before.length) {
      mixed.fill(0, at, at + size);
      if (random.chance(0.3)) end = Math.min(end, Math.max(before.length, at));
    }
  }
  return mixed.subarray(0, end);
}

function changedSectors(before: Buffer, after: Buffer): readonly number[] {
  const changed: number[] = [];
  for (let at = 0; at < after.length; at += sectorBytes) {
    const old = before.subarray(at, at + sectorBytes);
    if (!old.equals(after.subarray(at, at + sectorBytes))) changed.push(at / sectorBytes);
  }
  return changed;
}
