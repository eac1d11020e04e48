import type { SyncLimits } from './limits.ts';

/** Before anything was measured. */
const firstDocuments = 1000;
/** Fewer would mostly write the pages that every commit writes anew. */
const fewestDocuments = 500;
/** Fewer say little: what a commit takes by itself would count as theirs. */
const fewestMeasured = 250;
/** Samples that count; a machine that became slow is noticed within so many commits. */
const sampleCount = 4;

/**
 * How many documents one commit may hold: the more, the fewer pages of an index are written twice, but the workstation answers
 * nobody meanwhile. The fastest of the last commits counts: what else the machine did then is no measure of the disk. Times are
 * milliseconds of a clock that may jump.
 */
export class CommitPace {
  readonly #limits: Pick<SyncLimits, 'commitDocuments' | 'commitMs'>;
  readonly #documentsPerMs: number[] = [];

  constructor(limits: Pick<SyncLimits, 'commitDocuments' | 'commitMs'>) {
    this.#limits = limits;
  }

  /** Most documents the next commit should hold. */
  get documents(): number {
    const { commitDocuments, commitMs } = this.#limits;
    const samples = this.#documentsPerMs;
    const wanted = samples.length === 0 ? firstDocuments : Math.max(...samples) * commitMs;
    return Math.round(Math.min(Math.max(wanted, fewestDocuments), commitDocuments));
  }

  /** So many were committed in that time. */
  committed(documents: number, elapsedMs: number): void {
    if (documents < fewestMeasured || !(elapsedMs >= 0)) return;
    this.#documentsPerMs.push(documents / Math.max(elapsedMs, 1));
    if (this.#documentsPerMs.length > sampleCount) this.#documentsPerMs.shift();
  }
}
