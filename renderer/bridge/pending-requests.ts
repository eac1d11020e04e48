import type { Timers } from '#clinic/ports/clock.ts';
import { maxOpenRequests } from '#contracts/bridge/messages.ts';
import { type AppError, appError } from '#contracts/errors.ts';
import { fail, ok, type Result } from '#contracts/result.ts';

/** Longest time a request may wait for a link before it is given up unsent. */
const waitForLinkMs = 8_000;
/** Longest time for an answer. Enrolment asks the center, unlocking derives a key: both take seconds. */
const waitForAnswerMs = 60_000;

interface Pending {
  readonly message: unknown;
  readonly settle: (outcome: Result<unknown>) => void;
  isSent: boolean;
  cancelTimer: () => void;
}

export interface PendingRequests {
  /** Sends now, or once a link is there. */
  add(name: string, input: unknown, settle: (outcome: Result<unknown>) => void): void;
  answer(id: number, value: unknown): void;
  fail(id: number, error: AppError): void;
  /** A link is there: what waited goes out. */
  connected(): void;
  /**
   * The link is gone. What was sent fails: whether it was done is unknown, and only a person may repeat it (BRI-3).
   * What was never sent goes on waiting.
   */
  lost(): void;
  failAll(error: AppError): void;
}

/** Requests that have no answer yet. `send` returns false while there is no link. */
export function makePendingRequests(
  send: (message: unknown) => boolean,
  nextId: () => number,
  timers: Timers,
): PendingRequests {
  const pendingById = new Map<number, Pending>();

  const settle = (id: number, outcome: Result<unknown>) => {
    const pending = pendingById.get(id);
    if (pending === undefined) return;
    pendingById.delete(id);
    pending.cancelTimer();
    pending.settle(outcome);
  };

  const trySend = (id: number, pending: Pending) => {
    pending.isSent = send(pending.message);
    pending.cancelTimer();
    pending.cancelTimer = timers.after(pending.isSent ? waitForAnswerMs : waitForLinkMs, () =>
      settle(id, fail(appError('bridge.link-lost'))),
    );
  };

  const failWhere = (matches: (pending: Pending) => boolean, error: AppError) => {
    for (const [id, pending] of [...pendingById]) if (matches(pending)) settle(id, fail(error));
  };

  return {
    add(name, input, settleCaller) {
      if (pendingById.size >= maxOpenRequests) return settleCaller(fail(appError('bridge.busy')));
      const id = nextId();
      const message = { type: 'request', id, name, input };
      const pending: Pending = { message, settle: settleCaller, isSent: false, cancelTimer: () => {} };
      pendingById.set(id, pending);
      trySend(id, pending);
    },
    answer: (id, value) => settle(id, ok(value)),
    fail: (id, error) => settle(id, fail(error)),
    connected() {
      for (const [id, pending] of pendingById) if (!pending.isSent) trySend(id, pending);
    },
    lost: () => failWhere((pending) => pending.isSent, appError('bridge.link-lost')),
    failAll: (error) => failWhere(() => true, error),
  };
}
