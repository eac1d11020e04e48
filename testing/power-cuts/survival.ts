import type { SeededRandom } from '../doubles/seeded-random.ts';

/** Which of the writes that no sync has covered are on the disk after a cut. */
export interface Survival {
  /** How writes are chosen: each for itself, each sector for itself, or all before a moment (in order). */
  readonly unit: 'write' | 'sector' | 'moment';
  /** Probability of a write, or of a sector, to be there. */
  readonly writes: number;
  /** Probability of a change of names to be there. */
  readonly names: number;
  /** The moment, as a part of the writes of a file that are not covered: 0 none, 1 all. */
  readonly moment: number;
  readonly tearing: Tearing;
  /** Probability of a sector that was being written to be torn. */
  readonly torn: number;
  /** Probability that a file became longer although what was written there is lost: zeros. */
  readonly longer: number;
}

/**
 * What becomes of a sector that was being written: `never` anything but the old or the new content; `written`: zeros or noise in
 * place of what was being written; `whole`: in the whole sector, also where it was synced before.
 */
export type Tearing = 'never' | 'written' | 'whole';

export const sectorBytes = 512;

/** What a cut may do, drawn so that the corners come often: everything lost, everything there, in order, one part torn. */
export function drawSurvival(random: SeededRandom, tearing: Tearing): Survival {
  const share = () => random.pick([0, 0.1, 0.5, 0.9, 1, random.next()]);
  return {
    unit: random.pick(['write', 'sector', 'moment']),
    writes: share(),
    names: share(),
    moment: random.next(),
    tearing,
    torn: tearing === 'never' ? 0 : random.pick([0, 0, 0.02, 0.3]),
    longer: random.pick([0, 0, 1]),
  };
}
