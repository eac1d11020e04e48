import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { contentSecurityPolicy } from './policy.ts';
import { serveScreenFiles } from './screen-files.ts';

let outside: string;
let serve: (request: Request) => Promise<Response>;

beforeAll(async () => {
  outside = await mkdtemp(join(tmpdir(), 'hamshira-screen-'));
  const folder = join(outside, 'renderer');
  await mkdir(join(folder, 'assets'), { recursive: true });
  await mkdir(join(outside, 'renderer-other'));
  await writeFile(join(folder, 'electron.html'), '<p>screen');
  await writeFile(join(folder, 'assets', 'a.js'), 'let a');
  await writeFile(join(folder, 'assets', 'a.exe'), 'no');
  await writeFile(join(outside, 'secret.js'), 'secret');
  await writeFile(join(outside, 'renderer-other', 'secret.js'), 'secret');
  await symlink(join(outside, 'secret.js'), join(folder, 'link.js'));
  serve = serveScreenFiles(folder);
});
afterAll(() => rm(outside, { recursive: true, force: true }));

test.each([
  ['hamshira://app/electron.html', 'text/html; charset=utf-8', '<p>screen'],
  ['hamshira://app/assets/a.js', 'text/javascript; charset=utf-8', 'let a'],
])('serves %s', async (url, type, text) => {
  const response = await serve(new Request(url));
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe(type);
  expect(response.headers.get('content-security-policy')).toBe(contentSecurityPolicy);
  expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  expect(await response.text()).toBe(text);
});

test.each([
  'hamshira://app/../secret.js',
  'hamshira://app/..%2fsecret.js',
  'hamshira://app/assets/..%2f..%2fsecret.js',
  'hamshira://app/%2e%2e/secret.js',
  'hamshira://app/..%5csecret.js',
  'hamshira://app/..%2frenderer-other%2fsecret.js',
  'hamshira://app/link.js',
  'hamshira://app/electron.html%00.js',
  'hamshira://app/%',
  'hamshira://app/assets',
  'hamshira://app/assets/a.exe',
  'hamshira://app/missing.js',
  'hamshira://app/',
  'hamshira://other/electron.html',
])('does not serve %s', async (url) => {
  const response = await serve(new Request(url));
  expect([403, 404]).toContain(response.status);
  expect(await response.text()).toBe('');
});

test('serves to GET only', async () => {
  const response = await serve(new Request('hamshira://app/electron.html', { method: 'POST', body: 'x' }));
  expect(response.status).toBe(405);
});
