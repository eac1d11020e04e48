import type { Timers } from '#clinic/ports/clock.ts';
import type { Replica } from '#clinic/ports/replica.ts';
import type { Exchange } from './parts.ts';

/** A wait for urgent records to reach the center. */
export interface UrgentSending {
  /** Resolves when none is unsent, the center is out of reach, the time is over, or nobody wants to wait any more. */
  readonly ended: Promise<void>;
  /** Ends the wait now. */
  giveUp(): void;
}

/**
 * Waits until the center answered every unsent record of lane 0, as long as it is in contact, `limitMs` at most
 * (docs/specs/access.md ACC-22). The replica must stay open meanwhile.
 */
export function sendUrgent(
  { replica, exchange }: { readonly replica: Replica; readonly exchange: Exchange },
  timers: Timers,
  limitMs: number,
): UrgentSending {
  const { promise, resolve } = Promise.withResolvers<void>();
  // Rows of lane 0 stand before all others.
  const isOver = () => exchange.state().link !== 'online' || replica.outbox.pending(1)[0]?.lane !== 0;
  const look = () => {
    if (isOver()) end();
  };
  const endings = [
    timers.after(limitMs, () => end()),
    replica.onCommit((notice) => notice.outboxChanged && look()),
    exchange.onChange(look),
  ];
  const end = () => {
    for (const stop of endings.splice(0)) stop();
    resolve();
  };
  look();
  return { ended: promise, giveUp: end };
}
