import type { LiveViewInput, LiveViewName, LiveViewOutput } from '#contracts/bridge/live-views.ts';
import type { CollectionName } from '#contracts/records/registry.ts';
import type { Change } from '../change.ts';
import type { Session } from '../session.ts';
import type { Workstation } from '../workstation.ts';

/** Computes a view's answer now. What it throws ends the view. */
export type ViewComputation<Name extends LiveViewName> = (
  input: LiveViewInput<Name>,
  session: Session,
  workstation: Workstation,
) => LiveViewOutput<Name>;

/** One live view for somebody at work. */
export interface SessionView<Name extends LiveViewName> {
  readonly audience: 'session';
  readonly compute: ViewComputation<Name>;
  /** Whether a change may change the answer. Cheap: it is asked for every commit and every open view. */
  readonly isTouchedBy: (change: Change, input: LiveViewInput<Name>, session: Session) => boolean;
  /** Runs before the first snapshot. */
  readonly opened?: (input: LiveViewInput<Name>, session: Session, workstation: Workstation) => Promise<void>;
}

/** One live view that anyone may see. */
export interface OpenDoorView<Name extends LiveViewName> {
  readonly audience: 'anyone';
  readonly compute: (input: LiveViewInput<Name>, workstation: Workstation) => LiveViewOutput<Name>;
  readonly isTouchedBy: (change: Change) => boolean;
}

export type View<Name extends LiveViewName> = SessionView<Name> | OpenDoorView<Name>;

/** Whether a commit wrote into one of the collections. */
export function touches(change: Change, ...collections: readonly CollectionName[]): boolean {
  return (
    change.kind === 'commit' &&
    change.notice.records.some(({ collection }) => collections.includes(collection))
  );
}

/** Whether a commit changed what is sent and received. */
export const touchesOutbox = (change: Change): boolean =>
  change.kind === 'commit' && change.notice.outboxChanged;
