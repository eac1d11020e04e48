import { describe, expect, it } from 'vitest';
import { maxCredit } from '#contracts/wire/protocol.ts';
import { LinkMeter } from './link-meter.ts';

/** Lets the meter rule a link of `bytesPerSecond` and `roundTripMs` for a while, always with something to send. */
function offerOver(meter: LinkMeter, bytesPerSecond: number, roundTripMs: number, startMs = 0): void {
  let freeAt = startMs;
  let now = startMs;
  const underWay: { departure: ReturnType<LinkMeter['departs']>; answerAt: number }[] = [];
  for (let step = 0; step < 200; step += 1) {
    let bytes = underWay.reduce((sum, { departure }) => sum + departure.bytes, 0);
    while (bytes === 0 || bytes + meter.offerBytes <= meter.offerWindow) {
      const departure = meter.departs(meter.offerBytes, now);
      bytes += departure.bytes;
      freeAt = Math.max(freeAt, now) + (departure.bytes * 1000) / bytesPerSecond;
      underWay.push({ departure, answerAt: freeAt + roundTripMs });
    }
    const first = underWay.shift();
    if (first === undefined) return;
    now = Math.max(now, first.answerAt);
    meter.answered(first.departure, now);
  }
  for (const { departure, answerAt } of underWay) meter.answered(departure, Math.max(now, answerAt));
}

function followOver(meter: LinkMeter, bytesPerSecond: number, startMs = 0, count = 100): void {
  let now = startMs;
  for (let step = 0; step < count; step += 1) {
    now += (meter.portionBytes * 1000) / bytesPerSecond;
    meter.portionArrived(meter.portionBytes, true, now);
  }
}

describe('LinkMeter (FLOW-2)', () => {
  it.each([
    [8_000, 600],
    [100_000, 600],
    [1_000_000, 50],
    [20_000, 2000],
  ])('finds the window of a link of %d bytes per second and %d ms', (rate, roundTrip) => {
    const meter = new LinkMeter();
    meter.answered(meter.departs(0, 0), roundTrip);
    offerOver(meter, rate, roundTrip, 10_000);
    const seconds = meter.offerWindow / rate;
    expect(seconds).toBeGreaterThan(roundTrip / 1000);
    expect(seconds).toBeLessThan(roundTrip / 1000 + 1.3);
    expect(meter.offerBytes / rate).toBeLessThan(0.35);
  });

  it.each([
    [8_000, 10, false],
    [2_000_000, 600, false],
    [2_000_000, 10, true],
  ])('tells whether %d bytes per second over %d ms are fast: %s (PCK-8)', (rate, roundTrip, isFast) => {
    const meter = new LinkMeter();
    expect(meter.isFast).toBe(false);
    meter.answered(meter.departs(0, 0), roundTrip);
    offerOver(meter, rate, roundTrip, 10_000);
    expect(meter.isFast).toBe(isFast);
  });

  it.each([8_000, 100_000, 1_000_000])('sizes portions of a feed at %d bytes per second', (rate) => {
    const meter = new LinkMeter();
    meter.answered(meter.departs(0, 0), 600);
    followOver(meter, rate);
    expect(meter.portionBytes / rate).toBeLessThan(0.35);
    expect((meter.portionBytes * meter.credit) / rate).toBeGreaterThan(1);
    expect((meter.portionBytes * meter.credit) / rate).toBeLessThan(2);
  });

  it('takes what comes at once behind a lost packet for no faster link', () => {
    const meter = new LinkMeter();
    meter.answered(meter.departs(0, 0), 600);
    followOver(meter, 8_000);
    const [before, window] = [meter.portionBytes, meter.credit];
    let now = 1_000_000;
    for (let loss = 0; loss < 20; loss += 1) {
      now += 3_000;
      for (let portion = 0; portion < window; portion += 1) meter.portionArrived(before, true, now + portion);
      now += 1_000;
      meter.portionArrived(before, true, now);
    }
    expect(meter.portionBytes).toBeLessThanOrEqual(before * 1.5);
  });

  it.each([
    [600, 16 * 1024],
    [60, 160 * 1024],
    [20, 480 * 1024],
    [1, 960 * 1024],
  ])('begins at a round trip of %d ms with about %d bytes per second', (roundTrip, rate) => {
    const meter = new LinkMeter();
    meter.answered(meter.departs(0, 0), roundTrip);
    expect(meter.offerBytes * 4).toBe(rate);
    expect(meter.portionBytes * 4).toBe(rate);
  });

  it('begins anew from what is measured where a short round trip promised too much', () => {
    const meter = new LinkMeter();
    meter.answered(meter.departs(0, 0), 5);
    offerOver(meter, 100_000, 5, 1_000);
    expect(meter.offerBytes / 100_000).toBeLessThan(0.35);
  });

  it('fills a fast link, within bounds', () => {
    const meter = new LinkMeter();
    meter.answered(meter.departs(0, 0), 1);
    followOver(meter, 200_000_000, 0, 100_000);
    offerOver(meter, 200_000_000, 1);
    expect(meter.portionBytes).toBe(512 * 1024);
    expect(meter.offerBytes).toBe(512 * 1024);
    expect(meter.offerWindow).toBe(4 * 1024 * 1024);
    expect(meter.credit).toBeLessThanOrEqual(maxCredit);
  });

  it('follows a link that became slow', () => {
    const meter = new LinkMeter();
    meter.answered(meter.departs(0, 0), 100);
    followOver(meter, 1_000_000);
    followOver(meter, 8_000, 1_000_000, 20);
    expect(meter.portionBytes / 8000).toBeLessThan(0.35);
  });

  it('does not take a feed with nothing to send for a slow one', () => {
    const meter = new LinkMeter();
    followOver(meter, 1_000_000);
    const before = meter.portionBytes;
    for (let hour = 1; hour < 50; hour += 1) meter.portionArrived(300, false, hour * 3_600_000);
    expect(meter.portionBytes).toBe(before);
  });

  it.each([
    ['back by years', -1e12],
    ['ahead by years', 1e12],
    ['back by a moment', -900],
  ])('survives a clock that jumps %s in the middle of everything', (_what, jumpMs) => {
    const meter = new LinkMeter();
    meter.answered(meter.departs(0, 1e12 - 600), 1e12);
    offerOver(meter, 8_000, 600, 1e12);
    followOver(meter, 8_000, 1e12);
    const departure = meter.departs(1000, 2e12);
    meter.portionArrived(2000, true, 2e12);
    meter.answered(departure, 2e12 + 1000 + jumpMs);
    meter.portionArrived(2000, true, 2e12 + 250 + jumpMs);
    for (const bytes of [meter.offerWindow, meter.offerBytes, meter.portionBytes]) {
      expect(bytes).toBeGreaterThanOrEqual(2048);
      expect(bytes).toBeLessThan(80_000);
    }
    followOver(meter, 8_000, 3e12);
    offerOver(meter, 8_000, 600, 3e12);
    expect(meter.portionBytes / 8000).toBeLessThan(0.35);
    meter.portionArrived(300, false, 4e12);
    for (let ask = 1; ask <= 8; ask += 1) meter.answered(meter.departs(0, 4e12 * ask), 4e12 * ask + 600);
    expect(meter.roundTripMs).toBe(600);
  });
});
