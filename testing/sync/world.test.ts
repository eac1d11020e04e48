import { describe, expect, it } from 'vitest';
import { runRandomWorld, type Weather } from './random-world.ts';
import { facility } from './sync-world.ts';

const seedsEach = Number(process.env.HAMSHIRA_SEEDS ?? 30);
const fair: Weather = { steps: 40, faultRate: 0, restores: false, putsOff: false, clockJumps: false };

const weathers: Readonly<Record<string, Weather>> = {
  'lost links and killed processes': fair,
  'faults on every kind of message': { ...fair, faultRate: 0.06 },
  'a center that puts rows off': { ...fair, faultRate: 0.02, putsOff: true },
  'a center restored from a backup': { ...fair, faultRate: 0.02, restores: true },
  'everything, with wrong clocks': {
    steps: 60,
    faultRate: 0.05,
    restores: true,
    putsOff: true,
    clockJumps: true,
  },
};

describe.each(Object.entries(weathers))('random worlds with %s', (name, weather) => {
  it(`come to rest with nothing lost (${seedsEach} seeds)`, async () => {
    let reviews = 0;
    const from = Object.keys(weathers).indexOf(name) * 100_000;
    for (let seed = from; seed < from + seedsEach; seed += 1) {
      const world = await runRandomWorld(seed, weather);
      reviews += [...world.center.documents(facility).keys()].filter((key) =>
        key.startsWith('reviews/'),
      ).length;
    }
    // A world in which nobody ever contradicts anybody would prove little.
    expect(reviews).toBeGreaterThan(seedsEach / 10);
  });
});
