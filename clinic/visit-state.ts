import type { EntryId, Instant } from '#contracts/ids.ts';
import type { VisitBody, VisitEntry, VisitState } from '#contracts/records/visits.ts';

/** An entry and whether it still counts. `amended` entries were corrected by a later one, `voided` ones are wrong. */
export interface WeighedEntry {
  readonly entry: VisitEntry;
  readonly standing: 'effective' | 'amended' | 'voided';
}

/** What a visit's entries say when read together. */
export interface DerivedVisit {
  readonly state: VisitState;
  /** The room named last, or null. */
  readonly room: string | null;
  /** When the present state began, in milliseconds since 1970. */
  readonly since: Instant;
  /** When the patient was first there, or null. */
  readonly arrivedAt: Instant | null;
  /** Every clinical and state entry in its order, with its standing. Marks (void, restore) are left out. */
  readonly weighed: readonly WeighedEntry[];
  /** The entries that count. */
  readonly entries: readonly VisitEntry[];
}

type EntryOf<Kind extends VisitEntry['kind']> = Extract<VisitEntry, { readonly kind: Kind }>;
type StateEntry = EntryOf<'state'>;

/**
 * Reads a visit. The order of the list decides, not the times: an edit is always appended after what its author saw,
 * whereas a clinic's clock may be wrong by years. A voided correction does not bring back what it corrected, because that
 * value was wrong too.
 */
export function deriveVisit(body: Pick<VisitBody, 'entries'>): DerivedVisit {
  const weighed = weighEntries(body.entries);
  const entries = weighed.filter((each) => each.standing === 'effective').map((each) => each.entry);
  const states = entries.filter((entry): entry is StateEntry => entry.kind === 'state');
  const state = states.at(-1)?.state ?? 'planned';
  return {
    state,
    room: states.findLast((entry) => entry.room !== undefined && entry.room !== '')?.room ?? null,
    since: beginningOfLastRun(states) ?? body.entries[0]?.at ?? 0,
    arrivedAt: states.find((entry) => entry.state !== 'planned' && entry.state !== 'cancelled')?.at ?? null,
    weighed,
    entries,
  };
}

/** Effective entries of one kind, in order. */
export function effectiveEntries<Kind extends VisitEntry['kind']>(
  visit: DerivedVisit,
  kind: Kind,
): readonly EntryOf<Kind>[] {
  return visit.entries.filter((entry): entry is EntryOf<Kind> => entry.kind === kind);
}

function weighEntries(entries: readonly VisitEntry[]): readonly WeighedEntry[] {
  const voided = new Set<EntryId>();
  const amended = new Set<EntryId>();
  for (const entry of entries) {
    if (entry.kind === 'void') voided.add(entry.amends);
    else if (entry.kind === 'restore') voided.delete(entry.amends);
    else if (entry.amends !== undefined) amended.add(entry.amends);
  }
  return entries
    .filter((entry) => entry.kind !== 'void' && entry.kind !== 'restore')
    .map((entry) => ({
      entry,
      standing: voided.has(entry.id) ? 'voided' : amended.has(entry.id) ? 'amended' : 'effective',
    }));
}

/** A move to another room within a state does not begin the state anew. */
function beginningOfLastRun(states: readonly StateEntry[]): Instant | undefined {
  const last = states.at(-1);
  const before = states.findLastIndex((entry) => entry.state !== last?.state);
  return states[before + 1]?.at;
}

/**
 * Moves of the queue. Forward moves may skip a step, since a small clinic has no triage; a visit cannot finish before the
 * patient is there. Finished visits may be reopened and cancelled ones taken back.
 */
const movesFrom: Readonly<Record<VisitState, readonly VisitState[]>> = {
  planned: ['arrived', 'triaged', 'in-progress', 'cancelled'],
  arrived: ['planned', 'triaged', 'in-progress', 'finished', 'cancelled'],
  triaged: ['arrived', 'in-progress', 'finished', 'cancelled'],
  'in-progress': ['arrived', 'triaged', 'finished', 'cancelled'],
  finished: ['in-progress'],
  cancelled: ['planned', 'arrived'],
};

/** States a visit may move to from `state`, in queue order. */
export const possibleMoves = (state: VisitState): readonly VisitState[] => movesFrom[state];

/** Whether a visit may go from its state to `next`; the same state only with another room. */
export function canMove(visit: DerivedVisit, next: VisitState, room: string | undefined): boolean {
  if (next === visit.state) return room !== undefined && room !== '' && room !== visit.room;
  return movesFrom[visit.state].includes(next);
}

/** Whether a new measurement, complaint, note or diagnosis may be added: the patient is or was there. */
export const acceptsFindings = (state: VisitState): boolean => state !== 'planned' && state !== 'cancelled';
