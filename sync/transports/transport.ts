/** One message as it travels: text, or bytes once a connection is packed (docs/specs/packing.md PCK-1). */
export type WireMessage = string | Uint8Array;

/**
 * A two-way pipe of messages to the center. In order, at most once; it may close at any moment, and messages under way
 * are lost then. Every implementation passes testing/sync/transport-conformance.ts.
 */
export interface Transport {
  /** Sends one message. Silently nothing once closed: the sender learns it by `onClose`. */
  send(message: WireMessage): void;
  /** At most one receiver; messages that came before it was set are kept and delivered first. */
  onMessage(receive: (message: WireMessage) => void): void;
  /** At most one listener, told once, also when the pipe was closed already. */
  onClose(closed: () => void): void;
  /** Closes at once; what was sent but is still under way may be lost. */
  close(): void;
  /** Bytes given to `send` that the system has not taken over yet. */
  readonly unsentBytes: number;
}

/** Opens a fresh pipe to the center. Rejects when it cannot be reached. */
export type Connect = () => Promise<Transport>;
