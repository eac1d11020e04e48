import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import type { SettingsWriter } from '#clinic/ports/replica.ts';
import { DeviceIdSchema, type Hlc, HlcSchema } from '#contracts/ids.ts';
import { advanceHlc, hlcMilliseconds, nextHlc } from './hlc.ts';

const device = v.parse(DeviceIdSchema, '0190a000-0000-7000-8000-0000deadbeef');
const now = 1_800_000_000_000;
const hour = 3_600_000;
const year = 365 * 24 * hour;
const highest = v.parse(HlcSchema, `${'f'.repeat(12)}-ffff-00000000`);

function memorySettings(): SettingsWriter {
  const values = new Map<string, string>();
  return { get: (key) => values.get(key), set: (key, value) => void values.set(key, value) };
}

describe('the hybrid logical clock', () => {
  it('ends in the random part of the device id', () => {
    expect(advanceHlc(undefined, now, device, [])).toBe(
      `${now.toString(16).padStart(12, '0')}-0000-deadbeef`,
    );
  });

  it('ascends as text, also within a millisecond and when the clock goes back a little (HLC-1)', () => {
    const settings = memorySettings();
    const values: Hlc[] = [];
    for (const at of [now, now, now, now - hour, now + 1, now - 20 * hour, now + 2]) {
      values.push(nextHlc(settings, at, device, []));
    }
    expect([...values].sort()).toEqual(values);
    expect(new Set(values).size).toBe(values.length);
  });

  it('is later than every version it builds on, however wrong the clocks are (HLC-1)', () => {
    const future = advanceHlc(undefined, now + 30 * year, device, []);
    const next = advanceHlc(advanceHlc(undefined, now, device, []), now, device, [future]);
    expect(next > future).toBe(true);
  });

  it('follows a clock that was wrong by years and is right again (HLC-3)', () => {
    const settings = memorySettings();
    const wrong = nextHlc(settings, now + 20 * year, device, []);
    const right = nextHlc(settings, now, device, []);
    expect(hlcMilliseconds(right)).toBe(now);
    expect(nextHlc(settings, now, device, [wrong]) > wrong).toBe(true);
  });

  it('never throws: full counters, times out of range, damaged state (HLC-4)', () => {
    const fullCounter = v.parse(HlcSchema, `${now.toString(16).padStart(12, '0')}-ffff-00000000`);
    expect(hlcMilliseconds(advanceHlc(fullCounter, now, device, []))).toBe(now + 1);
    expect(advanceHlc(highest, now, device, [highest])).toBe(`${'f'.repeat(12)}-ffff-deadbeef`);
    for (const at of [-1, 0, 8.64e15, 1.5])
      expect(v.is(HlcSchema, advanceHlc(undefined, at, device, []))).toBe(true);
    const settings = memorySettings();
    settings.set('sync.hlc', 'damaged');
    expect(hlcMilliseconds(nextHlc(settings, now, device, []))).toBe(now);
  });
});
