import { describe, expect, it } from 'vitest';
import { isClockNews, noteClock, noteWelcome, offlineState, usualOfflineLimitMs } from './offline-limit.ts';

const day = 24 * 60 * 60_000;
const start = 1_800_000_000_000;

function memory() {
  const values = new Map<string, string>();
  return {
    get: (key: string) => values.get(key),
    set: (key: string, value: string) => void values.set(key, value),
  };
}

describe('the offline limit (WIP-2)', () => {
  it('does not pass before the first welcome', () => {
    expect(offlineState(memory(), start)).toMatchObject({ isBeyondLimit: false, lastWelcomeAt: null });
  });

  it('passes after the time the center says, 90 days if it says nothing', () => {
    const settings = memory();
    noteWelcome(settings, start, undefined);
    expect(offlineState(settings, start + usualOfflineLimitMs).isBeyondLimit).toBe(false);
    expect(offlineState(settings, start + usualOfflineLimitMs + 1).isBeyondLimit).toBe(true);
    noteWelcome(settings, start, 3 * day);
    expect(offlineState(settings, start + 3 * day).isBeyondLimit).toBe(false);
    expect(offlineState(settings, start + 3 * day + 1)).toMatchObject({
      isBeyondLimit: true,
      limitMs: 3 * day,
    });
  });

  it('is not put off by setting the clock back, before or after it passed', () => {
    const settings = memory();
    noteWelcome(settings, start, 3 * day);
    for (const later of [day, 2 * day]) expect(noteClock(settings, start + later)).toBe(true);
    expect(offlineState(settings, start)).toMatchObject({ offlineMs: 2 * day });
    noteClock(settings, start + 4 * day);
    expect(noteClock(settings, start - 400 * day)).toBe(false);
    expect(offlineState(settings, start - 400 * day).isBeyondLimit).toBe(true);
  });

  it('begins again at a welcome, also after a clock that ran years ahead', () => {
    const settings = memory();
    noteWelcome(settings, start, 3 * day);
    noteClock(settings, start + 9000 * day);
    expect(offlineState(settings, start).isBeyondLimit).toBe(true);
    noteWelcome(settings, start + day, undefined);
    expect(offlineState(settings, start + 2 * day)).toMatchObject({
      isBeyondLimit: false,
      offlineMs: day,
      limitMs: 3 * day,
    });
  });

  it('does not write the clock at every turn', () => {
    const settings = memory();
    noteClock(settings, start);
    expect(isClockNews(settings, start + 1000)).toBe(false);
    expect(noteClock(settings, start + 60_000)).toBe(true);
  });
});
