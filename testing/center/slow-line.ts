import * as v from 'valibot';
import type { Line } from '#center/gateway/line.ts';
import { type CenterMessage, CenterMessageSchema } from '#contracts/wire/center-messages.ts';

/** A line whose way to the workstation takes its time. */
export interface SlowLine {
  /** For the gateway. */
  readonly line: Line;
  /** Sends to the center; that way is fast. */
  send(message: unknown): void;
  /** What arrived at the workstation, with the moment (`performance.now()`). */
  readonly arrived: readonly { readonly at: number; readonly message: CenterMessage }[];
  /** Resolves with the first message that fits. */
  until(fits: (message: CenterMessage) => boolean): Promise<number>;
  /** Most bytes that ever waited to be handed on. */
  readonly mostUnsent: number;
  close(): void;
}

const tickMs = 10;

/** Hands on `bytesPerSecond` of text. */
export function slowLine(bytesPerSecond: number): SlowLine {
  const waiting: { text: string; left: number }[] = [];
  const arrived: { at: number; message: CenterMessage }[] = [];
  let isOpen = true;
  let mostUnsent = 0;
  let receive: (message: string) => void = () => undefined;
  let closed: () => void = () => undefined;
  let drained: () => void = () => undefined;
  const unsent = () => waiting.reduce((sum, { left }) => sum + left, 0);
  let budget = 0;
  const timer = setInterval(() => {
    budget = Math.min(budget, 0) + (bytesPerSecond * tickMs) / 1_000;
    for (let first = waiting[0]; first !== undefined && budget > 0; first = waiting[0]) {
      const handed = Math.min(first.left, budget);
      first.left -= handed;
      budget -= handed;
      if (first.left > 0) break;
      waiting.shift();
      arrived.push({ at: performance.now(), message: v.parse(CenterMessageSchema, JSON.parse(first.text)) });
    }
    drained();
  }, tickMs);
  const end = () => {
    if (!isOpen) return;
    isOpen = false;
    clearInterval(timer);
    closed();
  };
  return {
    arrived,
    get mostUnsent() {
      return mostUnsent;
    },
    line: {
      get isOpen() {
        return isOpen;
      },
      get unsentBytes() {
        return unsent();
      },
      send: (message) => {
        const text = typeof message === 'string' ? message : Buffer.from(message).toString('utf8');
        waiting.push({ text, left: Buffer.byteLength(text, 'utf8') });
        mostUnsent = Math.max(mostUnsent, unsent());
      },
      onMessage: (told) => {
        receive = told;
      },
      onClose: (told) => {
        closed = told;
      },
      onDrain: (told) => {
        drained = told;
      },
      onPong: () => undefined,
      pause: () => undefined,
      resume: () => undefined,
      ping: () => undefined,
      close: end,
      terminate: end,
    },
    send: (message) => receive(JSON.stringify(message)),
    until: async (fits) => {
      for (;;) {
        const found = arrived.find(({ message }) => fits(message));
        if (found !== undefined) return found.at;
        if (!isOpen) throw new Error('the line closed');
        await new Promise((resolve) => setTimeout(resolve, tickMs));
      }
    },
    close: end,
  };
}
