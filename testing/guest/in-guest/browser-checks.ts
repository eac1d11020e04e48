// Runs inside the guest: Chromium's own CTAP client and ours on one key. A page makes a credential and asks for its PRF; our client gets
// the same secret from it, and the other way round. Prints one line of JSON for each check.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { openSystemShelf } from '#access/devices/real-shelf.ts';
import { decodeCredential, encodeCredential, publicKeyFromSpki } from '#access/enrolled-credential.ts';

const handFile = '/tmp/hand';
const tell = (check: string, value: unknown) => console.log(`check ${JSON.stringify([check, value])}`);
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
const random = { bytes: (length: number) => new Uint8Array(randomBytes(length)) };
const timers = {
  after: (waitMs: number, then: () => void) => {
    const timer = setTimeout(then, waitMs);
    return () => clearTimeout(timer);
  },
};

await writeFile(handFile, 'right');
const keyProcess = spawn(process.execPath, [join(import.meta.dirname, 'key-process.ts'), handFile], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
await new Promise((resolve) => keyProcess.stdout.once('data', resolve));

const server = createServer((_request, response) => response.end('<!doctype html><title>Key</title>'));
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const { port } = server.address() as AddressInfo;
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run'],
  timeout: 200_000,
});
tell('browser', browser.version());
const page = await browser.newPage();
page.setDefaultTimeout(200_000);
await page.goto(`http://localhost:${port}/`);

const salt = random.bytes(32);
const made = await page.evaluate(makeAndAsk, { salt: base64(salt), user: base64(random.bytes(16)) });
tell('theirs.theirs', made.secret);

const opened = openSystemShelf({ timers, random, now: () => performance.now() });
const device = await untilThere(() => opened.shelf.credentialDevices()[0]);
const byFinger = {
  verification: { method: 'finger' },
  signal: AbortSignal.timeout(60_000),
  onProgress: () => undefined,
} as const;
const publicKey = publicKeyFromSpki(Buffer.from(made.publicKey, 'base64')) ?? new Uint8Array();
const credential = encodeCredential({ id: Buffer.from(made.id, 'base64'), publicKey }) ?? new Uint8Array();
tell('theirs.ours', await ask(credential));

const ours = await device.createCredential({ ...byFinger, user: random.bytes(16) });
if (!ours.ok) throw new Error(ours.error.failure);
tell('ours.ours', await ask(ours.value.credential));
const id = decodeCredential(ours.value.credential)?.id ?? new Uint8Array();
tell('ours.theirs', await page.evaluate(askOnly, { salt: base64(salt), id: base64(id) }));

await opened.close();
await browser.close();
server.close();
keyProcess.kill();

async function ask(known: Uint8Array): Promise<string> {
  const released = await device.releaseSecret({ ...byFinger, credential: known, salt });
  if (!released.ok) return released.error.failure;
  using secret = released.value;
  return base64(secret.reveal());
}

/** Runs in the page. */
async function makeAndAsk(order: { salt: string; user: string }) {
  const bytes = (text: string) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const text = (buffer: ArrayBuffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)));
  const created = (await navigator.credentials.create({
    publicKey: {
      rp: { id: 'localhost', name: 'Hamshira' },
      user: { id: bytes(order.user), name: 'x', displayName: 'x' },
      challenge: new Uint8Array(32),
      pubKeyCredParams: [{ type: 'public-key', alg: -7 }],
      authenticatorSelection: { residentKey: 'discouraged', userVerification: 'required' },
      extensions: { prf: {} },
    },
  })) as PublicKeyCredential;
  const publicKey =
    (created.response as AuthenticatorAttestationResponse).getPublicKey() ?? new ArrayBuffer(0);
  const got = (await navigator.credentials.get({
    publicKey: {
      rpId: 'localhost',
      challenge: new Uint8Array(32),
      allowCredentials: [{ type: 'public-key', id: created.rawId }],
      userVerification: 'required',
      extensions: { prf: { eval: { first: bytes(order.salt) } } },
    },
  })) as PublicKeyCredential;
  const secret = got.getClientExtensionResults().prf?.results?.first as ArrayBuffer;
  return { id: text(created.rawId), publicKey: text(publicKey), secret: text(secret) };
}

/** Runs in the page. */
async function askOnly(order: { salt: string; id: string }) {
  const bytes = (text: string) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const got = (await navigator.credentials.get({
    publicKey: {
      rpId: 'localhost',
      challenge: new Uint8Array(32),
      allowCredentials: [{ type: 'public-key', id: bytes(order.id) }],
      userVerification: 'required',
      extensions: { prf: { eval: { first: bytes(order.salt) } } },
    },
  })) as PublicKeyCredential;
  const secret = got.getClientExtensionResults().prf?.results?.first as ArrayBuffer;
  return btoa(String.fromCharCode(...new Uint8Array(secret)));
}

async function untilThere<Found>(look: () => Found | undefined): Promise<Found> {
  for (let attempt = 0; attempt < 300; attempt += 1) {
    const found = look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('no key on the shelf');
}
