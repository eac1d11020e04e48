import { chmodSync } from 'node:fs';
import { chmod, mkdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { appError } from '#contracts/errors.ts';
import { fail, ok, type Result } from '#contracts/result.ts';
import { diskFailure } from './disk-failure.ts';
import { privateFileMode, privateFolderMode, syncFolder } from './durable-file.ts';

/** A data folder that this process holds alone until it is released, or until the process ends in whatever way. */
export interface HeldFolder {
  readonly path: string;
  release(): void;
}

/**
 * Makes the folder if need be, closes it to other accounts (0700; on Windows the profile's own rights do that) and takes
 * it for this process. Fails with `store.in-use` when another process holds it, `store.disk-full`, or `store.damaged` when
 * the system refuses access.
 */
export async function holdDataFolder(path: string): Promise<Result<HeldFolder>> {
  try {
    await preparePrivateFolder(path);
  } catch (error) {
    const expected = diskFailure(error);
    if (expected === undefined) throw error;
    return fail(expected);
  }
  return takeLock(path);
}

/**
 * Makes a folder and the ones above it, durably, and closes it to other accounts, also when it existed before. A power cut
 * must not take the folder away again with everything in it: its name lasts once the folder above was synced.
 */
export async function preparePrivateFolder(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: privateFolderMode });
  if (first !== undefined) await syncNames(resolve(path), resolve(first));
  const { mode } = await stat(path);
  if (process.platform !== 'win32' && (mode & 0o777) !== privateFolderMode)
    await chmod(path, privateFolderMode);
}

/** Syncs every folder that holds a name from `path` up to `first`, the uppermost that was made. */
async function syncNames(path: string, first: string): Promise<void> {
  for (let made = path; ; made = dirname(made)) {
    await syncFolder(dirname(made));
    if (made === first || made === dirname(made)) return;
  }
}

/**
 * Node has no file locks. SQLite's are the system's own, work on every platform and vanish with the process, which a
 * file that merely exists would not.
 */
function takeLock(path: string): Result<HeldFolder> {
  const lock = new DatabaseSync(join(path, 'lock.sqlite'), { timeout: 0 });
  try {
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    chmodSync(join(path, 'lock.sqlite'), privateFileMode);
  } catch (error) {
    lock.close();
    if (isBusy(error)) return fail(appError('store.in-use'));
    throw error;
  }
  return ok({
    path,
    release: () => {
      if (lock.isOpen) lock.close();
    },
  });
}

const sqliteBusy = 5;
const isBusy = (error: unknown): boolean =>
  error instanceof Error && 'errcode' in error && error.errcode === sqliteBusy;
