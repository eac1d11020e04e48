import { join } from 'node:path';
import type { Random } from '#clinic/ports/clock.ts';
import { readIfThere, replaceDurably } from '../durable-file.ts';
import { type DeviceShelf, emptyShelf } from '../ports.ts';
import { createSimulatedCardReader } from './simulated-card.ts';
import { createSimulatedKey } from './simulated-key.ts';

const touchAfterMs = 150;

/**
 * A shelf with one simulated fingerprint key, always touched by the right finger after a moment, and one card reader.
 * The key's seed is kept in `simulated-key.json` of `folder`, in the clear: whoever has it opens what the key opens, which
 * is why no release root reaches this module (ACC-9).
 */
export async function openSimulatedShelf(folder: string, random: Random): Promise<DeviceShelf> {
  const seed = await readOrMakeSeed(join(folder, 'simulated-key.json'), random);
  const key = createSimulatedKey({ seed, random, waitForTouch: touchSoon });
  const cards = createSimulatedCardReader();
  return { ...emptyShelf, credentialDevices: () => [key], cardReaders: () => [cards] };
}

function touchSoon(signal: AbortSignal): Promise<'right-finger'> {
  return new Promise((resolve) => {
    const touch = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', touch);
      resolve('right-finger');
    };
    const timer = setTimeout(touch, touchAfterMs);
    signal.addEventListener('abort', touch);
  });
}

async function readOrMakeSeed(path: string, random: Random): Promise<Uint8Array> {
  const kept = await readIfThere(path);
  if (kept !== undefined && /^[0-9a-f]{64}$/.test(kept)) return Buffer.from(kept, 'hex');
  const seed = random.bytes(32);
  await replaceDurably(path, Buffer.from(seed).toString('hex'));
  return seed;
}
