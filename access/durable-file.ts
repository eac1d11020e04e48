import { constants } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Only the account that runs the workstation may read its files. */
export const privateFileMode = 0o600;
export const privateFolderMode = 0o700;

/**
 * Replaces a file so that a power cut leaves either the old content or the new, never a mixture: temporary file, fsync,
 * rename, fsync of the folder. Rejects with the system's error (ENOSPC on a full disk); the old file is then untouched.
 */
export async function replaceDurably(path: string, content: string): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.new`);
  try {
    await writeAndSync(temporary, content);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
  await syncFolder(dirname(path));
}

/** Copies `path` to `backup` as durably as {@link replaceDurably}; does nothing when there is no file yet. */
export async function keepBackup(path: string, backup: string): Promise<void> {
  const content = await readIfThere(path);
  if (content !== undefined) await replaceDurably(backup, content);
}

/** The text of a file, or undefined when it does not exist. Longer files than `maxBytes` reject with a RangeError. */
export async function readIfThere(path: string, maxBytes = 4 * 1024 * 1024): Promise<string | undefined> {
  let file: Awaited<ReturnType<typeof open>>;
  try {
    file = await open(path, constants.O_RDONLY);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  try {
    const { size } = await file.stat();
    if (size > maxBytes) throw new RangeError(`file of ${size} bytes is longer than ${maxBytes}`);
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

/** Makes renames and new files in a folder durable. Windows has no such call and needs none. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function writeAndSync(path: string, content: string): Promise<void> {
  const file = await open(path, 'w', privateFileMode);
  try {
    await file.writeFile(content, 'utf8');
    await file.sync();
  } finally {
    await file.close();
  }
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT';
