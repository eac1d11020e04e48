import * as v from 'valibot';
import type { SettingsWriter } from '#clinic/ports/replica.ts';
import { type DeviceId, type Hlc, HlcSchema, type Instant } from '#contracts/ids.ts';

const settingsKey = 'sync.hlc';
const largestMilliseconds = 2 ** 48 - 1;
const largestCounter = 0xffff;
/**
 * A clock set back by more than this was wrong before, not just corrected: the device's clock values follow it
 * (docs/specs/sync.md HLC-3). Otherwise one wrong year would stay in every later value.
 */
const toleratedSetBackMs = 24 * 60 * 60 * 1000;

interface Reading {
  readonly milliseconds: number;
  readonly counter: number;
}

/**
 * The next clock value of this device, later than every value in `after` (the versions it builds on). Keeps its state
 * in the settings, so it is durable with the write that uses it. Never throws, whatever the clock says.
 */
export function nextHlc(
  settings: SettingsWriter,
  now: Instant,
  device: DeviceId,
  after: readonly Hlc[],
): Hlc {
  const last = v.safeParse(HlcSchema, settings.get(settingsKey));
  const next = advanceHlc(last.success ? last.output : undefined, now, device, after);
  settings.set(settingsKey, next);
  return next;
}

/** {@link nextHlc} without the memory: `last` is the device's previous value (HLC-1 to HLC-4). */
export function advanceHlc(
  last: Hlc | undefined,
  now: Instant,
  device: DeviceId,
  after: readonly Hlc[],
): Hlc {
  const wall = Math.min(Math.max(Math.trunc(now), 0), largestMilliseconds);
  const own = last === undefined ? [] : [readingOf(last)];
  const floor = latest([
    ...own.filter((reading) => reading.milliseconds - wall <= toleratedSetBackMs),
    ...after.map(readingOf),
  ]);
  return format(
    floor === undefined || wall > floor.milliseconds ? { milliseconds: wall, counter: 0 } : tick(floor),
    device,
  );
}

/** Milliseconds since 1970 inside a clock value; may be wrong by years. */
export function hlcMilliseconds(hlc: Hlc): Instant {
  return readingOf(hlc).milliseconds;
}

function readingOf(hlc: Hlc): Reading {
  return {
    milliseconds: Number.parseInt(hlc.slice(0, 12), 16),
    counter: Number.parseInt(hlc.slice(13, 17), 16),
  };
}

function latest(readings: readonly Reading[]): Reading | undefined {
  return readings.reduce<Reading | undefined>(
    (best, reading) =>
      best === undefined ||
      reading.milliseconds > best.milliseconds ||
      (reading.milliseconds === best.milliseconds && reading.counter > best.counter)
        ? reading
        : best,
    undefined,
  );
}

function tick({ milliseconds, counter }: Reading): Reading {
  if (counter < largestCounter) return { milliseconds, counter: counter + 1 };
  // At the very end of the range the value stands still rather than wrapping to 1970.
  return milliseconds < largestMilliseconds
    ? { milliseconds: milliseconds + 1, counter: 0 }
    : { milliseconds, counter };
}

function format({ milliseconds, counter }: Reading, device: DeviceId): Hlc {
  // The tail of a UUIDv7 is random; its head is a time and would be shared by devices enrolled together.
  const tail = device.slice(-8);
  return v.parse(
    HlcSchema,
    `${milliseconds.toString(16).padStart(12, '0')}-${counter.toString(16).padStart(4, '0')}-${tail}`,
  );
}
