import type { Line } from '#center/gateway/line.ts';

/** A line without a network: what the workstation sends, and what the center answers. */
export interface MemoryLine {
  readonly line: Line;
  /** Sends to the center; nothing once closed. */
  send(message: string | Uint8Array): void;
  /** What the center sent, oldest first; taken away by whoever looks. */
  readonly sent: (string | Uint8Array)[];
  readonly isOpen: boolean;
  /** Resolves when there is something in `sent` or the line closed. */
  changed(): Promise<void>;
  /** The workstation is gone. */
  hangUp(): void;
}

/** Makes a line whose center side goes to `gateway.accept`. */
export function memoryLine(): MemoryLine {
  const sent: (string | Uint8Array)[] = [];
  let isOpen = true;
  let receive: (message: string | Uint8Array) => void = () => undefined;
  let closed: () => void = () => undefined;
  let wake: () => void = () => undefined;
  const end = () => {
    if (!isOpen) return;
    isOpen = false;
    closed();
    wake();
  };
  return {
    sent,
    get isOpen() {
      return isOpen;
    },
    line: {
      get isOpen() {
        return isOpen;
      },
      unsentBytes: 0,
      send: (message) => {
        if (!isOpen) return;
        sent.push(message);
        wake();
      },
      onMessage: (hear) => {
        receive = hear;
      },
      onClose: (told) => {
        closed = told;
      },
      onDrain: () => undefined,
      pause: () => undefined,
      resume: () => undefined,
      ping: () => undefined,
      onPong: () => undefined,
      close: end,
      terminate: end,
    },
    send: (message) => {
      if (isOpen) receive(message);
    },
    changed: () =>
      sent.length > 0 || !isOpen
        ? Promise.resolve()
        : new Promise((resolve) => {
            wake = resolve;
          }),
    hangUp: end,
  };
}
