import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkMachineSeal, type KeyStore, sealMachine } from './machine-seal.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hamshira-seal-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A key store with a key of its own, as each machine has. */
function makeKeyStore(backend = 'gnome_libsecret'): KeyStore {
  const key = randomBytes(32);
  return {
    isAsyncEncryptionAvailable: async () => true,
    getSelectedStorageBackend: () => backend,
    async encryptStringAsync(text) {
      const nonce = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', key, nonce);
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), body]);
    },
    async decryptStringAsync(sealed) {
      const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, 12));
      decipher.setAuthTag(sealed.subarray(12, 28));
      const result = Buffer.concat([decipher.update(sealed.subarray(28)), decipher.final()]).toString('utf8');
      return { result, shouldReEncrypt: false };
    },
  };
}

test('the same machine knows its folder', async () => {
  const keyStore = makeKeyStore();
  expect(await checkMachineSeal(folder, keyStore)).toBe('first-start');
  expect(await checkMachineSeal(folder, keyStore)).toBe('same-machine');
});

test('a copied folder is noticed, and stays noticed until a person says otherwise', async () => {
  await checkMachineSeal(folder, makeKeyStore());
  const copy = join(folder, 'copy');
  await cp(join(folder, 'machine.seal'), join(copy, 'machine.seal'), { recursive: true });
  const other = makeKeyStore();
  expect(await checkMachineSeal(copy, other)).toBe('elsewhere');
  expect(await checkMachineSeal(copy, other)).toBe('elsewhere');
  await sealMachine(copy, other);
  expect(await checkMachineSeal(copy, other)).toBe('same-machine');
});

test('a damaged seal is not taken for a good one', async () => {
  const keyStore = makeKeyStore();
  await checkMachineSeal(folder, keyStore);
  const path = join(folder, 'machine.seal');
  const sealed = await readFile(path);
  sealed[sealed.length - 1] = (sealed.at(-1) ?? 0) ^ 1;
  await writeFile(path, sealed);
  expect(await checkMachineSeal(folder, keyStore)).toBe('elsewhere');
});

test('a store that protects nothing is not used', async () => {
  const none: KeyStore = { ...makeKeyStore(), isAsyncEncryptionAvailable: async () => false };
  expect(await checkMachineSeal(folder, none)).toBe('unprotected');
  if (process.platform === 'linux') {
    expect(await checkMachineSeal(folder, makeKeyStore('basic_text'))).toBe('unprotected');
  }
  await expect(readFile(join(folder, 'machine.seal'))).rejects.toThrow();
});
