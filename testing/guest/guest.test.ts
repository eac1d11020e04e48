import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { type GuestImage, missingForGuest, NoKernel, prepareGuest } from './guest-image.ts';
import { runInGuest } from './linux-guest.ts';

/**
 * Linux under QEMU, whose kernel has /dev/uhid and a USB bus of software: devices of software are real ones to everything above
 * the kernel. Here our client and drivers meet the system's HID driver, libfido2, Chromium and pcscd.
 */
const projectFolder = fileURLToPath(new URL('../..', import.meta.url));
const CheckSchema = v.tuple([v.string(), v.unknown()]);
/** Without hardware help a guest takes 20 s on a free core, and much longer on a busy one. */
const limitMs = 540_000;

let folder: string;
let missing: string | undefined;
let image: GuestImage | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hamshira-guest-'));
  missing = await missingForGuest();
  if (missing !== undefined) return;
  try {
    image = await prepareGuest(join(projectFolder, '.cache/guest'));
  } catch (error) {
    if (!(error instanceof NoKernel)) throw error;
    missing = error.message;
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What a program of `in-guest/` found, by check. */
async function checksOf(program: string, { skip }: TestContext): Promise<ReadonlyMap<string, unknown>> {
  if (image === undefined) return skip(missing ?? 'no guest');
  const node = process.execPath;
  // The firmware leaves the line in the middle.
  const script = `echo; export HOME=/tmp; cd '${projectFolder}' && '${node}' testing/guest/in-guest/${program}\n`;
  const run = await runInGuest(image, {
    folder: join(folder, program),
    script,
    project: projectFolder,
    limitMs,
  });
  const checks = [...run.output.matchAll(/^check (.*)$/gm)].map(([, json = '']) =>
    v.parse(CheckSchema, JSON.parse(json)),
  );
  if (run.exitCode !== 0)
    throw new Error(`the guest ended with ${run.exitCode}:\n${run.output.slice(-4_000)}`);
  return new Map(checks);
}

describe('a fingerprint key behind the system driver', () => {
  let checks: ReadonlyMap<string, unknown>;

  it('gives our client and libfido2 the same secret, whoever made the credential', async (context) => {
    checks = await checksOf('key-checks.ts', context);
    expect(checks.get('devices')).toEqual([{ kind: 'key', status: 'ready', name: 'Hamshira virtual key' }]);
    expect(checks.get('ours.created')).toContain('touch-now');
    expect(checks.get('ours.secret')).toMatch(/^[A-Za-z0-9+/]{43}=$/);
    expect(checks.get('ours.again')).toBe(checks.get('ours.secret'));
    expect(checks.get('ours.theirs')).toBe(checks.get('ours.secret'));
    expect(checks.get('theirs.ours')).toMatch(/^[A-Za-z0-9+/]{43}=$/);
    expect(checks.get('theirs.theirs')).toBe(checks.get('theirs.ours'));
    expect(checks.get('theirs.ours')).not.toBe(checks.get('ours.secret'));
  });

  it('refuses both a wrong finger, and takes its PIN', ({ skip }) => {
    if (image === undefined) skip(missing ?? 'no guest');
    expect(checks.get('wrong.ours')).toBe('finger-not-recognised');
    expect(checks.get('wrong.theirs')).toBe('FIDO_ERR_UV_INVALID');
    expect(checks.get('pin')).toBe('created');
    expect(checks.get('retries')).toMatchObject({ pin: 8, finger: 3 });
  });

  it('tells when it is pulled out while it is asked', ({ skip }) => {
    if (image === undefined) skip(missing ?? 'no guest');
    expect(checks.get('unplugged')).toEqual(['removed', 'told']);
  });
});

describe('a key that Chromium asks by its own means', () => {
  it('gives a page the PRF that our client gets from it, whoever made the credential', async (context) => {
    if (!existsSync('/usr/bin/chromium')) context.skip('no /usr/bin/chromium (Debian package chromium)');
    const checks = await checksOf('browser-checks.ts', context);
    expect(checks.get('theirs.theirs')).toMatch(/^[A-Za-z0-9+/]{43}=$/);
    expect(checks.get('theirs.ours')).toBe(checks.get('theirs.theirs'));
    expect(checks.get('ours.ours')).toMatch(/^[A-Za-z0-9+/]{43}=$/);
    expect(checks.get('ours.theirs')).toBe(checks.get('ours.ours'));
  });
});

describe('readers behind the system drivers', () => {
  it('a swipe arrives whole over USB, a contactless card over pcscd, and its removal', async (context) => {
    const checks = await checksOf('reader-checks.ts', context);
    expect(checks.get('card')).toEqual({ kind: 'staff-card', number: '04A1B2C3D4E5F6' });
    expect(checks.get('taken')).toBe('card-taken');
    expect(checks.get('swipe')).toEqual({ kind: 'staff-card', number: '7710042' });
    expect(checks.get('devices')).toEqual(['card-reader ready']);
    expect(checks.get('roads')).toEqual([
      { road: 'usb', status: 'ready' },
      { road: 'smart-card', status: 'ready' },
    ]);
  });
});
