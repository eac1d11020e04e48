import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { launchBrowser, launchBrowserWithProfile } from './browser.ts';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A page of a site other than the one asking; sends no CORS header, so a sound browser refuses to read it. */
async function serve(body: string): Promise<string> {
  const server: Server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html').end(body);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  cleanups.push(() => new Promise((closed) => server.close(closed)));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no address');
  return `http://127.0.0.1:${address.port}/`;
}

test('the browser runs scripts, keeps IndexedDB and encrypts', async () => {
  const browser = await launchBrowser();
  cleanups.push(() => browser.close());
  const page = await browser.newPage();
  await page.goto(await serve('<h1>Hamshira</h1>'));
  const found = await page.evaluate(async () => {
    const key = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt']);
    await new Promise((resolve, reject) => {
      const opening = indexedDB.open('box', 1);
      opening.onsuccess = resolve;
      opening.onerror = reject;
    });
    return { heading: document.querySelector('h1')?.textContent, algorithm: key.algorithm.name };
  });
  expect(found).toEqual({ heading: 'Hamshira', algorithm: 'AES-GCM' });
});

test('web security is on: a page cannot read another origin', async () => {
  const browser = await launchBrowser();
  cleanups.push(() => browser.close());
  const page = await browser.newPage();
  await page.goto(await serve('asking'));
  const other = await serve('secret');
  const read = await page.evaluate(
    async (url) =>
      await fetch(url).then(
        (answer) => answer.text(),
        () => 'refused',
      ),
    other,
  );
  expect(read).toBe('refused');
});

test('a profile is kept on disk', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'hamshira-profile-'));
  cleanups.push(() => rm(folder, { recursive: true, force: true }));
  const context = await launchBrowserWithProfile(folder);
  const page = await context.newPage();
  await page.goto(await serve('kept'));
  await page.evaluate(() => localStorage.setItem('kept', 'yes'));
  await context.close();
  expect(await readdir(folder)).toContain('Default');
});
