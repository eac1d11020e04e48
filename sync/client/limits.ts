/** Bounds and waits of the client. All times in milliseconds. */
export interface SyncLimits {
  /** Longest wait for an answer of the handshake, and of a push or pull. The latter allows 4 MiB at 64 kbit/s. */
  readonly handshakeMs: number;
  readonly answerMs: number;
  /** First and longest wait before reconnecting; the real wait is random below it (LNK-1). */
  readonly backOffFromMs: number;
  readonly backOffToMs: number;
  /** Wait after a refusal that does not help to repeat. */
  readonly refusedMs: number;
  /** A commit is pushed this much later, so that the writes of one action go together. */
  readonly pushDelayMs: number;
  /** Without any hint the client looks for news this often; also finds a dead link. */
  readonly lookEveryMs: number;
  /** The status is told to the center at most this often. */
  readonly statusEveryMs: number;
  /** Rows and bytes of one push, documents of one frame. */
  readonly pushRows: number;
  readonly pushBytes: number;
  readonly pullDocuments: number;
  /** How often a record whose base the center lacks waits for it, and the first wait; each is twice the one before. */
  readonly missingBaseTries: number;
  readonly missingBaseMs: number;
  /** Longest wait the center may ask for by `retry`. */
  readonly longestRetryMs: number;
}

export const defaultLimits: SyncLimits = {
  handshakeMs: 30_000,
  answerMs: 10 * 60_000,
  backOffFromMs: 1000,
  backOffToMs: 5 * 60_000,
  refusedMs: 60 * 60_000,
  pushDelayMs: 50,
  lookEveryMs: 5 * 60_000,
  statusEveryMs: 2000,
  pushRows: 200,
  pushBytes: 128 * 1024,
  pullDocuments: 100,
  missingBaseTries: 8,
  missingBaseMs: 5000,
  longestRetryMs: 10 * 60_000,
};
