/** Bounds and waits of the client. All times in milliseconds. */
export interface SyncLimits {
  /** Longest wait for an answer of the handshake, and of an offer or question. The latter allows 4 MiB at 64 kbit/s. */
  readonly handshakeMs: number;
  readonly answerMs: number;
  /** First and longest wait before reconnecting; the real wait is random below it (LNK-1). */
  readonly backOffFromMs: number;
  readonly backOffToMs: number;
  /** Wait after a refusal that does not help to repeat. */
  readonly refusedMs: number;
  /** A commit is offered this much later, so that the writes of one action go together. */
  readonly offerDelayMs: number;
  /** Flows that are silent for so long are followed anew: their last message may have been lost (PULL-8). */
  readonly lookEveryMs: number;
  /** The status is told to the center at most this often. */
  readonly statusEveryMs: number;
  /** Most rows in one offer. */
  readonly offerRows: number;
  /** Most documents committed together where several portions came, and about the longest such a commit should take. */
  readonly commitDocuments: number;
  readonly commitMs: number;
  /** On a fast link portions wait at most so long to be committed together with those right behind them (FLOW-6). */
  readonly gatherMs: number;
  /** Upper bounds of what the link meter says, in bytes of unpacked messages, and of the portions a flow may have under way. */
  readonly offerBytes: number;
  readonly portionBytes: number;
  readonly credit: number;
  /** How often a record whose base the center lacks waits for it, and the first wait; each is twice the one before. */
  readonly missingBaseTries: number;
  readonly missingBaseMs: number;
  /** Longest wait the center may ask for by `retry`. */
  readonly longestRetryMs: number;
  /** The replica is compared with the center this often, and so long after the center was restored (DIG-2). */
  readonly compareEveryMs: number;
  readonly compareAfterRestoreMs: number;
  /** Wait before a comparison that could not be finished is tried again. */
  readonly compareAgainMs: number;
  /** The clock is looked at this often while nothing else happens (WIP-2). */
  readonly watchClockEveryMs: number;
}

export const defaultLimits: SyncLimits = {
  handshakeMs: 30_000,
  answerMs: 10 * 60_000,
  backOffFromMs: 1000,
  backOffToMs: 5 * 60_000,
  refusedMs: 60 * 60_000,
  offerDelayMs: 10,
  lookEveryMs: 5 * 60_000,
  statusEveryMs: 2000,
  offerRows: 500,
  commitDocuments: 2000,
  commitMs: 100,
  gatherMs: 50,
  offerBytes: 512 * 1024,
  portionBytes: 1024 * 1024,
  credit: 64,
  missingBaseTries: 8,
  missingBaseMs: 5000,
  longestRetryMs: 10 * 60_000,
  compareEveryMs: 6 * 60 * 60_000,
  compareAfterRestoreMs: 10 * 60_000,
  compareAgainMs: 60_000,
  watchClockEveryMs: 10 * 60_000,
};
