import type { SyncLimits } from './limits.ts';

/** Before anything was measured, and the least: the pages that every commit writes anew are then a small part of it. */
const firstDocuments = 1000;
const fewestDocuments = 250;

/**
 * How many documents one commit may hold: the more, the fewer pages of an index are written twice, but the workstation answers
 * nobody meanwhile. Times are milliseconds of a clock that may jump; a wrong one counts for one commit.
 */
export class CommitPace {
  readonly #limits: Pick<SyncLimits, 'commitDocuments' | 'commitMs'>;
  #documents: number;

  constructor(limits: Pick<SyncLimits, 'commitDocuments' | 'commitMs'>) {
    this.#limits = limits;
    this.#documents = this.#bounded(firstDocuments);
  }

  /** Most documents the next commit should hold. */
  get documents(): number {
    return this.#documents;
  }

  /** So many were committed in that time. Few say little: what a commit takes by itself would count as theirs. */
  committed(documents: number, elapsedMs: number): void {
    if (documents < fewestDocuments || !(elapsedMs >= 0)) return;
    this.#documents = this.#bounded((documents * this.#limits.commitMs) / Math.max(elapsedMs, 1));
  }

  #bounded(documents: number): number {
    const { commitDocuments } = this.#limits;
    return Math.round(Math.min(Math.max(documents, fewestDocuments), commitDocuments));
  }
}
