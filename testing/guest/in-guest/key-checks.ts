// Runs inside the guest: our client on the system's own HID driver, and libfido2's tools, on one key. Prints one line of JSON for each
// check; the host compares. Argument: the path of this project's folder.
import { execFile, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cborMap, encodeCbor } from '#access/ctap/cbor.ts';
import type { CtapKey } from '#access/ctap/ctap-key.ts';
import { openSystemShelf } from '#access/devices/real-shelf.ts';
import { decodeCredential, encodeCredential } from '#access/enrolled-credential.ts';
import type { CredentialDevice, DeviceOperation } from '#access/ports.ts';
import { Secret } from '#access/secret.ts';

const run = promisify(execFile);
const relyingParty = 'localhost';
const handFile = '/tmp/hand';
const tell = (check: string, value: unknown) => console.log(`check ${JSON.stringify([check, value])}`);
const hand = (finger: 'right' | 'wrong' | '') => writeFile(handFile, finger);
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

const timers = {
  after: (waitMs: number, then: () => void) => {
    const timer = setTimeout(then, waitMs);
    return () => clearTimeout(timer);
  },
};
const random = { bytes: (length: number) => new Uint8Array(randomBytes(length)) };

const byFinger = (onProgress: (progress: string) => void = () => undefined): DeviceOperation => ({
  verification: { method: 'finger' },
  signal: AbortSignal.timeout(60_000),
  onProgress,
});

await hand('right');
const keyProcess = spawn(process.execPath, [join(import.meta.dirname, 'key-process.ts'), handFile], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
await new Promise((resolve) => keyProcess.stdout.once('data', resolve));

const open = openSystemShelf({ timers, random, now: () => performance.now() });
const { shelf } = open;
const device = await untilThere(() => shelf.credentialDevices()[0]);
tell(
  'devices',
  shelf.devices().map(({ kind, status, name }) => ({ kind, status, name })),
);
const path = await pathOfKey();

await ourCredentialByBoth();
await theirCredentialByBoth();
await wrongFinger();
await byPin();
await unplugged();
await open.close();

/** Made by us, asked by us and by libfido2. */
async function ourCredentialByBoth(): Promise<void> {
  const progress: string[] = [];
  const created = await device.createCredential({
    ...byFinger((step) => progress.push(step)),
    user: random.bytes(16),
  });
  if (!created.ok) return tell('ours.created', created.error);
  tell('ours.created', [...new Set(progress)]);
  const { credential } = created.value;
  const salt = random.bytes(32);
  tell('ours.secret', await askOurs(device, credential, salt));
  tell('ours.again', await askOurs(device, credential, salt));
  tell('ours.theirs', await askTheirs(decodeCredential(credential)?.id ?? new Uint8Array(), salt));
}

/** Made by libfido2, asked by us and by libfido2. */
async function theirCredentialByBoth(): Promise<void> {
  const order = [base64(random.bytes(32)), relyingParty, 'nobody', base64(random.bytes(16))].join('\n');
  await writeFile('/tmp/cred-order', `${order}\n`);
  const made = await run('fido2-cred', ['-M', '-h', '-v', '-c', '3', '-i', '/tmp/cred-order', path, 'es256']);
  await writeFile('/tmp/cred-made', made.stdout);
  const verified = await run('fido2-cred', ['-V', '-h', '-v', '-c', '3', '-i', '/tmp/cred-made', 'es256']);
  const [idText = '', ...pem] = verified.stdout.split('\n');
  const id = Buffer.from(idText, 'base64');
  const point = Buffer.from(pem.filter((line) => !line.startsWith('-----')).join(''), 'base64').subarray(-64);
  const publicKey = encodeCbor(
    cborMap([
      [1, 2],
      [3, -7],
      [-1, 1],
      [-2, point.subarray(0, 32)],
      [-3, point.subarray(32)],
    ]),
  );
  const salt = random.bytes(32);
  const credential = encodeCredential({ id, publicKey });
  tell('theirs.ours', credential === undefined ? 'no credential' : await askOurs(device, credential, salt));
  tell('theirs.theirs', await askTheirs(id, salt));
}

async function wrongFinger(): Promise<void> {
  await hand('wrong');
  const created = await device.createCredential({ ...byFinger(), user: random.bytes(16) });
  tell('wrong.ours', created.ok ? 'created' : created.error.failure);
  await writeFile(
    '/tmp/cred-order',
    `${base64(random.bytes(32))}\n${relyingParty}\nnobody\n${base64(random.bytes(16))}\n`,
  );
  const theirs = await run('fido2-cred', ['-M', '-h', '-v', '-i', '/tmp/cred-order', path]).then(
    () => 'created',
    (error: unknown) => /FIDO_ERR_\w+/.exec(String(error))?.[0] ?? String(error).slice(0, 200),
  );
  tell('wrong.theirs', theirs);
  await hand('right');
}

/** The PIN frees the finger again. */
async function byPin(): Promise<void> {
  using pin = new Secret(new TextEncoder().encode('2468'));
  const created = await device.createCredential({
    ...byFinger(),
    verification: { method: 'pin', pin },
    user: random.bytes(16),
  });
  tell('pin', created.ok ? 'created' : created.error);
  const [key] = shelf.fingerprintKeys() as readonly CtapKey[];
  const left = await key?.retries({ signal: AbortSignal.timeout(10_000) });
  tell('retries', left?.ok === true ? left.value : left?.error);
}

async function unplugged(): Promise<void> {
  await hand('');
  const removed = new Promise<string>((resolve) => device.onRemoved(() => resolve('told')));
  const waiting = device.createCredential({ ...byFinger(), user: random.bytes(16) });
  setTimeout(() => keyProcess.kill(), 1_500);
  const outcome = await waiting;
  tell('unplugged', [outcome.ok ? 'created' : outcome.error.failure, await removed]);
}

async function askOurs(key: CredentialDevice, credential: Uint8Array, salt: Uint8Array): Promise<unknown> {
  const released = await key.releaseSecret({ ...byFinger(), credential, salt });
  if (!released.ok) return released.error;
  using secret = released.value;
  return base64(secret.reveal());
}

/** libfido2 sends the salt as it is: what WebAuthn makes of ours has to be said. */
async function askTheirs(id: Uint8Array, salt: Uint8Array): Promise<string> {
  const onWire = createHash('sha256').update('WebAuthn PRF').update(Uint8Array.of(0)).update(salt).digest();
  const order = [base64(random.bytes(32)), relyingParty, base64(id), base64(onWire)].join('\n');
  await writeFile('/tmp/assert-order', `${order}\n`);
  const { stdout } = await run('fido2-assert', [
    '-G',
    '-h',
    '-t',
    'uv=true',
    '-i',
    '/tmp/assert-order',
    path,
  ]);
  return stdout.trim().split('\n').at(-1) ?? '';
}

async function pathOfKey(): Promise<string> {
  const { stdout } = await run('fido2-token', ['-L']);
  return stdout.split(':')[0] ?? '';
}

async function untilThere<Found>(look: () => Found | undefined): Promise<Found> {
  for (let attempt = 0; attempt < 300; attempt += 1) {
    const found = look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('no key on the shelf');
}
