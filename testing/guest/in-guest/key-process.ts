// A fingerprint key of software that the kernel shows as /dev/hidraw. The finger that touches it stands in a file: its owner's
// hand. Arguments: that file.
import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createVirtualKey } from '#testing/virtual-key/authenticator.ts';
import { newKeyMemory } from '#testing/virtual-key/key-memory.ts';
import { createUhidDevice } from './uhid-device.ts';

const [handFile = ''] = process.argv.slice(2);
/** Usage page F1D0, usage 01: reports of 64 bytes both ways, without numbers (CTAP 2.1, 11.2.8.1). */
const descriptor = Buffer.from('06d0f10901a101092015002600ff7508954081020921150026ff00750895409102c0', 'hex');
const touchAfterMs = 300;

const seed = createHash('sha256').update('a key that is the same in every run').digest();
const key = createVirtualKey({
  random: { bytes: (length) => new Uint8Array(randomBytes(length)) },
  timers: {
    after: (waitMs, run) => {
      const timer = setTimeout(run, waitMs);
      return () => clearTimeout(timer);
    },
  },
  memory: newKeyMemory(seed, { pin: '2468', fingers: ['right'] }),
  touch: async (signal) => {
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, touchAfterMs));
      const finger = (await readFile(handFile, 'utf8')).trim();
      if (signal.aborted || finger !== '') return finger === '' ? 'nothing' : { finger };
    }
  },
});
const device = await createUhidDevice(
  { name: 'Hamshira virtual key', vendor: 0x1209, product: 0xf1d0, descriptor },
  { onOutput: (report) => key.receive(report) },
);
let sending: Promise<void> = Promise.resolve();
key.onReport((report) => {
  sending = sending.then(() => device.input(report));
});
process.once('SIGTERM', () => void sending.then(() => device.close()).finally(() => process.exit()));
console.log('plugged in');
