/**
 * A two-way pipe of text messages to the center. In order, at most once; it may close at any moment, and messages under way
 * are lost then. Every implementation passes testing/sync/transport-conformance.ts.
 */
export interface Transport {
  /** Sends one message. Silently nothing once closed: the sender learns it by `onClose`. */
  send(text: string): void;
  /** At most one receiver; messages that came before it was set are kept and delivered first. */
  onMessage(receive: (text: string) => void): void;
  /** At most one listener, told once, also when the pipe was closed already. */
  onClose(closed: () => void): void;
  /** Closes at once; what was sent but is still under way may be lost. */
  close(): void;
}

/** Opens a fresh pipe to the center. Rejects when it cannot be reached. */
export type Connect = () => Promise<Transport>;
