// Runs inside the guest: a swipe reader on the guest's own USB bus and a contactless card in the system's smart card service, both
// read by the product's shelf. Prints one line of JSON for each check.
import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { openSystemShelf } from '#access/devices/real-shelf.ts';
import { magtekReport } from '#access/drivers/frames.ts';
import { type ScanNews, watchScans } from '#workstation/scan-watch.ts';
import { holdCard, type VirtualCard } from './virtual-card.ts';

const uid = Buffer.from('04a1b2c3d4e5f6', 'hex');
const badge = magtekReport({ tracks: ['', ';7710042?', ''] });
const longestWaitMs = 30_000;
const tell = (check: string, value: unknown) => console.log(`check ${JSON.stringify([check, value])}`);
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

await promisify(execFile)('sh', [join(import.meta.dirname, 'magtek-gadget.sh')]);
await mkdir('/run/pcscd', { recursive: true });
const service = spawn('pcscd', ['--foreground'], { stdio: 'ignore' });

const opened = openSystemShelf({
  timers: {
    after: (waitMs, then) => {
      const timer = setTimeout(then, waitMs);
      return () => clearTimeout(timer);
    },
  },
  random: { bytes: (length) => new Uint8Array(randomBytes(length)) },
  now: () => performance.now(),
});
const news: ScanNews[] = [];
watchScans(opened.shelf, { now: () => Date.now() }, (each) => news.push(each));
await until(() => opened.shelf.devices().length >= 2);

const card = await held();
tell('card', await nextNews());
card.close();
tell('taken', await nextNews());
await swipe();
tell('swipe', await nextNews());
tell('devices', [...new Set(opened.shelf.devices().map(({ kind, status }) => `${kind} ${status}`))]);
tell('roads', opened.shelf.roads());
await opened.close();
service.kill();

/** Without the reader's id, which is another one after each plugging in. */
async function nextNews(): Promise<unknown> {
  await until(() => news.length > 0);
  const told = news.shift();
  return told?.kind === 'scan' ? told.scan : (told?.kind ?? 'nothing');
}

async function until(isReached: () => boolean): Promise<void> {
  const limit = performance.now() + longestWaitMs;
  while (!isReached() && performance.now() < limit) await pause(50);
}

async function swipe(): Promise<void> {
  const device = await open('/dev/hidg0', 'w');
  await device.write(badge);
  await device.close();
}

async function held(): Promise<VirtualCard> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    try {
      return await holdCard(uid);
    } catch {
      await pause(200);
    }
  }
  throw new Error('vpcd does not listen');
}
