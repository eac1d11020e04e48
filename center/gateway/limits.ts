import { maxMessageBytes } from '#contracts/wire/protocol.ts';

/** Bounds of the gateway; tests shorten the times. */
export interface GatewayLimits {
  readonly connections: number;
  /** From opening to `welcome`. */
  readonly handshakeMs: number;
  readonly pingMs: number;
  /** Without any sign of life. */
  readonly silenceMs: number;
  /** Messages of one connection that nobody looked at yet, and their bytes as they came; from here its line is not read. */
  readonly pausedAtMessages: number;
  readonly pausedAtBytes: number;
  /** Since version 2: offers, and questions, that wait or are worked on; from here no message is looked at. */
  readonly offers: number;
  readonly questions: number;
  /** Since version 2: UTF-16 units of their texts together; from here no further message is looked at. */
  readonly readAheadLength: number;
  /** Since version 2: bytes the line may still hold when it is given the next portion, so that a low lane overtakes. */
  readonly aheadBytes: number;
  /** Since version 2: least time between two reports of the backup watermark that nobody asked for. */
  readonly durablePauseMs: number;
  /** How often every flow is read without news, in case some were lost. */
  readonly refreshMs: number;
  /** What may still come out of one chunk of a paused socket. */
  readonly messages: number;
  /** Answers that the workstation has not read yet; from here it gets no more. */
  readonly unsentBytes: number;
  readonly drainMs: number;
  /** Failed enrolments of all connections together in a minute. */
  readonly failedEnrolmentsPerMinute: number;
}

export const defaultLimits: GatewayLimits = {
  connections: 5_000,
  handshakeMs: 30_000,
  pingMs: 25_000,
  silenceMs: 75_000,
  pausedAtMessages: 4,
  pausedAtBytes: 1024 * 1024,
  offers: 8,
  questions: 8,
  readAheadLength: 2 * 1024 * 1024,
  aheadBytes: 4 * 1024,
  durablePauseMs: 30_000,
  refreshMs: 300_000,
  messages: 256,
  unsentBytes: 2 * maxMessageBytes,
  drainMs: 120_000,
  failedEnrolmentsPerMinute: 30,
};
