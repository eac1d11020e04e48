import type { SeededRandom } from '../doubles/seeded-random.ts';
import type { Faults } from './faults.ts';
import type { Tear } from './simulated-disk.ts';
import type { Fate, Message } from './simulated-link.ts';
import type { CommitFate } from './simulated-replica.ts';

/** What becomes of a commit. */
export function fateOfCommit(faults: Faults): CommitFate {
  if (faults.strikes('power-cut-before-commit')) return 'cut-before';
  if (faults.strikes('power-cut-inside-commit')) return 'cut-inside';
  if (faults.strikes('power-cut-after-commit')) return 'cut-after';
  return 'commit';
}

/** What becomes of a message. */
export function fateOfMessage(faults: Faults, message: Message): Fate {
  if (faults.strikes('lost-message')) return 'cut-before';
  if (faults.strikes('lost-response')) return 'cut-after';
  if (faults.strikes('duplicated-message')) return 'duplicate';
  if (faults.strikes('reordered-message')) return 'swap';
  // What is not packed yet rests on the checksums below (TLS, TCP); packed messages have their own (PCK-2).
  if (typeof message !== 'string' && faults.strikes('corrupted-message')) return 'corrupt';
  return 'deliver';
}

/** How much of what was not synced a cut inside a commit leaves. */
export function tearing(random: Pick<SeededRandom, 'next'>): Tear {
  const roll = random.next();
  return roll < 0.1 ? 'nothing' : roll < 0.3 ? 'everything' : 'mixture';
}
