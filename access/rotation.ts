import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ReplicaFailure } from '#clinic/ports/replica-failure.ts';
import { fail, ok, type Result } from '#contracts/result.ts';
import { diskFailure } from './disk-failure.ts';
import { privateFileMode, privateFolderMode, syncFolder } from './durable-file.ts';
import type { Secret } from './secret.ts';
import { slotBackupName, slotFileName } from './slot-file.ts';

/** Folders of one rotation, all in one folder so that renaming between them is atomic. */
export interface RotationPlaces {
  /** The pair of slot list and records that counts. */
  readonly current: string;
  /** The new pair while it is made; worth nothing. */
  readonly staging: string;
  /** The new pair, complete: from here on it counts (ACC-24). */
  readonly complete: string;
  /** The old pair on its way out. */
  readonly replaced: string;
}

/** The steps of a rotation that touch the disk. Each is durable when it resolves. */
export interface RotationDisk {
  /** Makes an empty private folder. */
  make(folder: string): Promise<void>;
  /** Copies a small file and syncs the copy. */
  copy(from: string, to: string): Promise<void>;
  sync(folder: string): Promise<void>;
  /** Renames a folder and syncs the one that holds it. */
  move(from: string, to: string): Promise<void>;
  remove(folder: string): Promise<void>;
  names(folder: string): Promise<readonly string[]>;
  exists(path: string): Promise<boolean>;
}

/** How far a rotation is: 0 to 1. */
export type RotationProgress = (done: number) => void;

/** Copies the records to another folder under another key, whole and checked, durably. */
export type CopyRecords = (order: {
  readonly from: string;
  readonly to: string;
  readonly key: Uint8Array;
  readonly newKey: Uint8Array;
  readonly onProgress: RotationProgress;
}) => Promise<{
  /** Names in the folder that belong to the records and were dealt with, whether or not they were copied. */
  readonly isOwnFile: (name: string) => boolean;
}>;

/** What a rotation needs. The records are closed, and stay so until it has ended. */
export interface RotationWork {
  readonly places: RotationPlaces;
  readonly disk: RotationDisk;
  /** Rejects with a `ReplicaFailure`: `store.disk-full` before it wrote anything when the copy would not fit. */
  readonly copyRecords: CopyRecords;
  readonly onProgress: RotationProgress;
}

/** The keys of a rotation, and what writes the new list into a folder. */
interface NewPair {
  readonly dataKey: Secret;
  readonly next: Secret;
  readonly writeList: (folder: string) => Promise<Result<true>>;
}

/**
 * Makes records and list anew under another data key. The new pair is made beside the old one; renaming its folder to
 * `complete` makes both count in one step; the rest only tidies up and is finished by {@link finishRotation} after a power
 * cut. Before that step the old pair is as it was. Fails with `store.disk-full` or `store.damaged`.
 */
export async function rotatePair(work: RotationWork, pair: NewPair): Promise<Result<true>> {
  const { places, disk } = work;
  try {
    const staged = await stagePair(work, pair);
    if (!staged.ok) await disk.remove(places.staging);
    if (!staged.ok) return staged;
    await disk.move(places.staging, places.complete);
  } catch (error) {
    if (await disk.exists(places.complete)) throw error;
    await disk.remove(places.staging).catch(() => undefined);
    const expected = error instanceof ReplicaFailure ? error.error : diskFailure(error);
    if (expected === undefined) throw error;
    return fail(expected);
  }
  await finishRotation(places, disk);
  return ok(true);
}

async function stagePair(work: RotationWork, { dataKey, next, writeList }: NewPair): Promise<Result<true>> {
  const { places, disk, copyRecords, onProgress } = work;
  await disk.remove(places.staging);
  await disk.make(places.staging);
  const [key, newKey] = [dataKey.reveal(), next.reveal()];
  const order = { from: places.current, to: places.staging, key, newKey, onProgress };
  const { isOwnFile } = await copyRecords(order);
  for (const name of await disk.names(places.current)) {
    const isTemporary = name.startsWith('.');
    if (isTemporary || isOwnFile(name) || name === slotFileName || name === slotBackupName) continue;
    await disk.copy(join(places.current, name), join(places.staging, name));
  }
  const written = await writeList(places.staging);
  if (!written.ok) return written;
  await disk.sync(places.staging);
  return ok(true);
}

/**
 * Finishes or undoes what a power cut left of a rotation. At start, before anything is read from `current`; does nothing
 * when there was none.
 */
export async function finishRotation(places: RotationPlaces, disk: RotationDisk): Promise<void> {
  const { current, staging, complete, replaced } = places;
  if (await disk.exists(complete)) {
    if (await disk.exists(current)) {
      await disk.remove(replaced);
      await disk.move(current, replaced);
    }
    await disk.move(complete, current);
  } else if (!(await disk.exists(current)) && (await disk.exists(replaced))) {
    // No order of our steps leads here; a disk that lost the second renaming would.
    await disk.move(replaced, current);
  }
  await disk.remove(staging);
  await disk.remove(replaced);
}

/**
 * The machine's disk. Removing a folder gives its space back; that a flash disk overwrites it is not promised, which is why
 * the old data key opens nothing that is written from now on.
 */
export const systemRotationDisk: RotationDisk = {
  async make(folder) {
    await mkdir(folder, { mode: privateFolderMode });
    await syncFolder(dirname(folder));
  },
  async copy(from, to) {
    const copied = await open(to, 'wx', privateFileMode);
    try {
      await copied.writeFile(await readFile(from));
      await copied.sync();
    } finally {
      await copied.close();
    }
  },
  sync: syncFolder,
  async move(from, to) {
    await rename(from, to);
    await syncFolder(dirname(to));
  },
  async remove(folder) {
    await rm(folder, { recursive: true, force: true });
  },
  names: (folder) => readdir(folder),
  async exists(path) {
    try {
      await stat(path);
      return true;
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
      throw error;
    }
  },
};
