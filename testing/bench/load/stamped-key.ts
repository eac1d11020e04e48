import { type CtapKey, openCtapKey } from '#access/ctap/ctap-key.ts';
import type { HidPipe } from '#access/ctap/hid-pipe.ts';
import { systemRandom, systemTimers } from '#workstation/system-effects.ts';
import { createVirtualKey } from '../../virtual-key/authenticator.ts';
import { newKeyMemory } from '../../virtual-key/key-memory.ts';
import { plugIn } from '../../virtual-key/plugged-key.ts';

/** A plugged-in virtual key whose owner touches it at once, opened by the real client. */
export interface StampedKey {
  readonly device: CtapKey;
  /** When the last report of the key arrived, by `performance.now()`: after an unlock, the end of its answer. */
  answeredAt(): number;
}

/** `seed`: 32 bytes, all that the key knows; the same seed is the same key. `id` tells it from others on a shelf. */
export async function openStampedKey(id: string, seed: Uint8Array): Promise<StampedKey> {
  const environment = { random: systemRandom, timers: systemTimers };
  const finger = 'right index';
  const virtual = createVirtualKey({
    ...environment,
    memory: newKeyMemory(seed, { fingers: [finger] }),
    touch: async () => ({ finger }),
  });
  let answeredAt = Number.NaN;
  const plugged = plugIn(virtual);
  const pipe: HidPipe = {
    write: (report) => plugged.write(report),
    onReport: (told) =>
      plugged.onReport((report) => {
        answeredAt = performance.now();
        told(report);
      }),
    onClosed: (told) => plugged.onClosed(told),
    close: () => plugged.close(),
  };
  const opened = await openCtapKey(pipe, { ...environment, id });
  if (!opened.ok) throw new Error(opened.error.failure);
  return { device: opened.value, answeredAt: () => answeredAt };
}
