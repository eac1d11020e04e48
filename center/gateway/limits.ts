import { maxMessageBytes } from '#contracts/wire/protocol.ts';

/** Bounds of the gateway; tests shorten the times. */
export interface GatewayLimits {
  readonly connections: number;
  /** From opening to `welcome`. */
  readonly handshakeMs: number;
  readonly pingMs: number;
  /** Without any sign of life. */
  readonly silenceMs: number;
  /** Messages of one connection that wait or are worked on; from here its socket is not read. */
  readonly pausedAtMessages: number;
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
  messages: 256,
  unsentBytes: 2 * maxMessageBytes,
  drainMs: 120_000,
  failedEnrolmentsPerMinute: 30,
};
