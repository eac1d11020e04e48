import * as v from 'valibot';
import { type LiveViewName, type LiveViews, liveViews } from '#contracts/bridge/live-views.ts';
import { maxOpenViews, type ScreenMessage, type WorkstationMessage } from '#contracts/bridge/messages.ts';
import { type AppError, appError } from '#contracts/errors.ts';
import { fail, ok, type Result } from '#contracts/result.ts';
import { refusal, refusalBeyondLimit } from './authorisation.ts';
import type { Change } from './change.ts';
import { expectedFailure } from './expected-failure.ts';
import { pathsOf } from './issue-paths.ts';
import type { LinkServerOptions } from './link-server.ts';
import type { Session } from './session.ts';
import { allViews } from './views/all-views.ts';
import type { View } from './views/view.ts';
import type { Workstation } from './workstation.ts';

/** The live views of one screen. */
export interface OpenViews {
  open(message: Extract<ScreenMessage, { type: 'open' }>): Promise<void>;
  seen(id: number, seq: number): void;
  close(id: number): void;
  closeAll(): void;
}

/** A view with its parsed input and session: nothing generic is left. */
interface BoundView {
  /** Null for a view that anyone may see. */
  readonly session: Session | null;
  readonly opened: () => Promise<void>;
  readonly compute: () => unknown;
  readonly isTouchedBy: (change: Change) => boolean;
}

interface OpenView {
  readonly bound: BoundView;
  /** Number of the last snapshot sent; 0 before the first. */
  seq: number;
  /** The screen has rendered it: the next may be sent. */
  isSeen: boolean;
  /** The answer may differ from the last snapshot. */
  isStale: boolean;
  lastText: string;
}

type Opening = 'opening';

/**
 * Live views with acknowledgement and conflation (BRI-7): while the screen has not rendered a snapshot nothing follows; when
 * it has, only the newest answer follows, and only if it differs. A slow screen costs no memory.
 */
export function createOpenViews(
  workstation: Workstation,
  send: (message: WorkstationMessage) => void,
  { checksOutput }: LinkServerOptions,
): OpenViews {
  const views = new Map<number, OpenView | Opening>();
  let cancelFlush: (() => void) | null = null;

  const end = (id: number, error: AppError): void => {
    if (views.delete(id)) send({ type: 'ended', id, error });
  };

  const show = (id: number, view: OpenView): void => {
    view.isStale = false;
    const value = view.bound.compute();
    const text = JSON.stringify(value);
    if (text === view.lastText) return;
    view.lastText = text;
    view.seq += 1;
    view.isSeen = false;
    send({ type: 'snapshot', id, seq: view.seq, value });
  };

  const showIfDue = (id: number): void => {
    const view = views.get(id);
    if (view === undefined || view === 'opening' || !view.isSeen || !view.isStale) return;
    try {
      show(id, view);
    } catch (error) {
      end(id, expectedFailure(workstation, error));
    }
  };

  const flush = (): void => {
    cancelFlush = null;
    for (const id of [...views.keys()]) showIfDue(id);
  };

  const hear = (change: Change): void => {
    if (change.kind === 'session-ended') endSessionViews();
    for (const view of views.values()) {
      if (view === 'opening' || view.isStale) continue;
      view.isStale = view.bound.isTouchedBy(change);
    }
    // Later, so that a save is answered before views are computed, and one computation serves a burst of commits.
    if (cancelFlush === null) cancelFlush = workstation.parts.timers.after(0, flush);
  };

  const endSessionViews = (): void => {
    for (const [id, view] of [...views]) {
      if (view === 'opening' || view.bound.session !== null) end(id, appError('access.locked'));
    }
  };

  const stopHearing = workstation.onChange(hear);

  return {
    async open({ id, name, input }) {
      const refused = (error: AppError): void => send({ type: 'ended', id, error });
      if (views.has(id)) return refused(appError('bridge.invalid-input', { paths: ['id'] }));
      if (views.size >= maxOpenViews) return refused(appError('bridge.busy'));
      const bound = bind(workstation, name, input, checksOutput);
      if (!bound.ok) return refused(bound.error);
      views.set(id, 'opening');
      try {
        await bound.value.opened();
        // Closed, or locked, while the audit line was being written.
        if (views.get(id) !== 'opening') return;
        if (bound.value.session !== null && bound.value.session !== workstation.session()) {
          return end(id, appError('access.locked'));
        }
        const view = { bound: bound.value, seq: 0, isSeen: true, isStale: true, lastText: '' };
        views.set(id, view);
        show(id, view);
      } catch (error) {
        end(id, expectedFailure(workstation, error));
      }
    },
    seen: (id, seq) => {
      const view = views.get(id);
      if (view === undefined || view === 'opening' || view.seq !== seq) return;
      view.isSeen = true;
      showIfDue(id);
    },
    close: (id) => void views.delete(id),
    closeAll: () => {
      stopHearing();
      cancelFlush?.();
      views.clear();
    },
  };
}

const isViewName = (name: string): name is LiveViewName => Object.hasOwn(liveViews, name);

function bind(
  workstation: Workstation,
  name: string,
  input: unknown,
  checksOutput: boolean,
): Result<BoundView> {
  if (!isViewName(name)) return fail(appError('bridge.unknown-message', { message: name }));
  return bindNamed(workstation, name, input, checksOutput);
}

function bindNamed<Name extends LiveViewName>(
  workstation: Workstation,
  name: Name,
  rawInput: unknown,
  checksOutput: boolean,
): Result<BoundView> {
  const session = workstation.session();
  const refused =
    refusal(liveViews[name].audience, session) ?? refusalBeyondLimit(name, workstation.mustConnect());
  if (refused !== null) return fail(refused);
  const schema: LiveViews[Name]['input'] = liveViews[name].input;
  const parsed = v.safeParse(schema, rawInput);
  if (!parsed.success) return fail(appError('bridge.invalid-input', { paths: pathsOf(parsed.issues) }));
  const input = parsed.output;
  const view: View<Name> = allViews[name];
  const checked = <Value>(value: Value): Value => {
    if (checksOutput) v.parse(liveViews[name].output, value);
    return value;
  };
  if (view.audience === 'anyone') {
    return ok({
      session: null,
      opened: () => Promise.resolve(),
      isTouchedBy: view.isTouchedBy,
      compute: () => checked(view.compute(input, workstation)),
    });
  }
  if (session === null) return fail(appError('access.locked'));
  return ok({
    session,
    opened: () => workstation.whileOpen(async () => view.opened?.(input, session, workstation)),
    isTouchedBy: (change) => view.isTouchedBy(change, input, session),
    compute: () => checked(view.compute(input, session, workstation)),
  });
}
