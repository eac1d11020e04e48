import type { Timers } from '#clinic/ports/clock.ts';
import { maxOpenViews } from '#contracts/bridge/messages.ts';
import { type AppError, appError, type ErrorCode } from '#contracts/errors.ts';

/** What a view tells. `seen` is called once the snapshot is on the screen; the next one comes after it (BRI-7). */
export type ViewReport<Value> =
  | { readonly kind: 'snapshot'; readonly value: Value; readonly seen: () => void }
  | { readonly kind: 'ended'; readonly error: AppError };

export interface OpenedView {
  close(): void;
}

interface View {
  readonly name: string;
  readonly input: unknown;
  readonly told: (report: ViewReport<unknown>) => void;
  /** Id on the present link; null while the view is not open there. */
  wireId: number | null;
  failures: number;
  cancelTimer: () => void;
}

export interface OpenedViews {
  open(name: string, input: unknown, told: (report: ViewReport<unknown>) => void): OpenedView;
  snapshot(wireId: number, seq: number, value: unknown): void;
  ended(wireId: number, error: AppError): void;
  /** A fresh link: every view is opened on it again. */
  connected(): void;
  lost(): void;
}

/**
 * Endings that may pass by themselves: the view is opened again a few times, then the screen is told. `access.locked` is
 * one: when the center changes the roles of who is at work, a session follows the session, and a view that stayed closed
 * would go on showing "received" of an hour ago. At a real lock the screen closes its views before the next try.
 */
const passing: ReadonlySet<ErrorCode> = new Set(['access.locked', 'bridge.busy', 'internal.failure']);
const reopenWaitsMs = [500, 2_000, 5_000] as const;

/** The live views a screen has open, whatever happens to the link. `send` returns false while there is none. */
export function makeOpenedViews(
  send: (message: unknown) => boolean,
  nextId: () => number,
  timers: Timers,
): OpenedViews {
  const views = new Set<View>();
  const viewByWireId = new Map<number, View>();

  const openOnLink = (view: View) => {
    const id = nextId();
    if (!send({ type: 'open', id, name: view.name, input: view.input })) return;
    view.wireId = id;
    viewByWireId.set(id, view);
  };

  const leaveLink = (view: View) => {
    view.cancelTimer();
    if (view.wireId !== null) viewByWireId.delete(view.wireId);
    view.wireId = null;
  };

  const acknowledge = (view: View, wireId: number, seq: number) => {
    if (view.wireId === wireId) send({ type: 'seen', id: wireId, seq });
  };

  return {
    open(name, input, told) {
      const view: View = { name, input, told, wireId: null, failures: 0, cancelTimer: () => {} };
      if (views.size >= maxOpenViews) {
        told({ kind: 'ended', error: appError('bridge.busy') });
        return { close: () => {} };
      }
      views.add(view);
      openOnLink(view);
      return {
        close() {
          views.delete(view);
          if (view.wireId !== null) send({ type: 'close', id: view.wireId });
          leaveLink(view);
        },
      };
    },
    snapshot(wireId, seq, value) {
      const view = viewByWireId.get(wireId);
      if (view === undefined) return;
      view.failures = 0;
      view.told({ kind: 'snapshot', value, seen: () => acknowledge(view, wireId, seq) });
    },
    ended(wireId, error) {
      const view = viewByWireId.get(wireId);
      if (view === undefined) return;
      leaveLink(view);
      const waitMs = passing.has(error.code) ? reopenWaitsMs[view.failures] : undefined;
      view.failures += 1;
      if (waitMs === undefined) return view.told({ kind: 'ended', error });
      view.cancelTimer = timers.after(waitMs, () => openOnLink(view));
    },
    connected() {
      for (const view of views) {
        leaveLink(view);
        openOnLink(view);
      }
    },
    lost() {
      for (const view of views) leaveLink(view);
    },
  };
}
