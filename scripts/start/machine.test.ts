import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { StartRefusal } from './arguments.ts';
import { findFreePort, isPortFree, requireSpace, requireSupportedPlatform } from './machine.ts';

test('a port in use is not free', async () => {
  const port = await findFreePort();
  expect(await isPortFree(port)).toBe(true);
  const server = createServer();
  await new Promise<void>((listening) => server.listen(port, '127.0.0.1', listening));
  expect(await isPortFree(port)).toBe(false);
  await new Promise((closed) => server.close(closed));
});

test('a full disk is refused with numbers and a way out', async () => {
  await expect(requireSpace(tmpdir(), 1)).resolves.toBeUndefined();
  await expect(requireSpace(tmpdir(), Number.MAX_SAFE_INTEGER)).rejects.toThrow(StartRefusal);
  await expect(requireSpace(tmpdir(), Number.MAX_SAFE_INTEGER)).rejects.toThrow(/MB free.*--data/);
});

test('a platform without builds is refused by name', () => {
  expect(() => requireSupportedPlatform('linux', 'x64')).not.toThrow();
  expect(() => requireSupportedPlatform('linux', 'ia32')).toThrow(/linux-ia32/);
});
