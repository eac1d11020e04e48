import { randomBytes } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type * as Electron from 'electron';

/**
 * What the system's key store can protect here: a mark that ties the data folder to this machine and account.
 * `elsewhere` means that the folder was copied from another one, before any record is opened or sent.
 *
 * It does not hold the data key on purpose: a key that the system releases to whoever started the computer opens the
 * records without a person, and one that dies with the system's profile takes unsent records with it.
 */
export type SealState = 'same-machine' | 'first-start' | 'elsewhere' | 'unprotected';

export type KeyStore = Pick<
  Electron.SafeStorage,
  'isAsyncEncryptionAvailable' | 'encryptStringAsync' | 'decryptStringAsync'
> & { readonly getSelectedStorageBackend?: () => string };

const mark = /^hamshira machine [0-9a-f]{64}$/;

/** Compares the mark in `folder` with this machine's key store, and makes one at the first start. */
export async function checkMachineSeal(folder: string, keyStore: KeyStore): Promise<SealState> {
  if (!(await isProtecting(keyStore))) return 'unprotected';
  const sealed = await readFile(sealPath(folder)).catch(() => null);
  if (sealed === null) {
    await sealMachine(folder, keyStore);
    return 'first-start';
  }
  const opened = await keyStore.decryptStringAsync(sealed).catch(() => null);
  return opened !== null && mark.test(opened.result) ? 'same-machine' : 'elsewhere';
}

/** Makes this machine the folder's machine, after a person said that it is right. */
export async function sealMachine(folder: string, keyStore: KeyStore): Promise<void> {
  const sealed = await keyStore.encryptStringAsync(`hamshira machine ${randomBytes(32).toString('hex')}`);
  const path = sealPath(folder);
  await writeFile(`${path}.new`, sealed, { mode: 0o600 });
  await rename(`${path}.new`, path);
}

/** On Linux without a keyring the store uses a key that everybody knows: that protects nothing. */
async function isProtecting(keyStore: KeyStore): Promise<boolean> {
  if (!(await keyStore.isAsyncEncryptionAvailable())) return false;
  const backend = process.platform === 'linux' ? keyStore.getSelectedStorageBackend?.() : undefined;
  return backend !== 'basic_text' && backend !== 'unknown';
}

const sealPath = (folder: string): string => join(folder, 'machine.seal');
