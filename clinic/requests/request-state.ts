import type { RequestState } from '#contracts/bridge/views.ts';
import type { Instant, RecordId } from '#contracts/ids.ts';
import { patientAwaitedMs, type RequestBody, type RequestEvent } from '#contracts/records/requests.ts';

/** What a request's events say when read together. */
export interface DerivedRequest {
  readonly state: RequestState;
  /** Whether somebody still has something to do about it, or it still gives access. */
  readonly isOpen: boolean;
  /** What the center granted, the last word for each patient. */
  readonly grants: readonly GrantEvent[];
  /** Until when the last of the granted records stays, in milliseconds since 1970; null for always or nothing granted. */
  readonly until: Instant | null;
}

type EventOf<Kind extends RequestEvent['kind']> = Extract<RequestEvent, { readonly kind: Kind }>;
type GrantEvent = EventOf<'granted'>;

const closedStates: ReadonlySet<RequestState> = new Set([
  'declined',
  'answered',
  'cancelled',
  'not-found',
  'ended',
  'moved',
]);

/**
 * Reads a request. The order of the list decides, not the times: clocks of two facilities may differ by years. What closes a
 * referral counts once: of two facilities that close it at the same time, the first in the center's order.
 */
export function deriveRequest(body: Pick<RequestBody, 'matter' | 'events'>): DerivedRequest {
  const state = stateOf(body);
  const grants = lastGrants(body.events);
  return { state, isOpen: !closedStates.has(state), grants, until: latestEnd(grants) };
}

/** A patient who was not known when a referral came may have come later (docs/specs/center.md SHA-13). */
const isFound = (events: readonly RequestEvent[]) => events.some(({ kind }) => kind === 'granted');

function stateOf({ matter, events }: Pick<RequestBody, 'matter' | 'events'>): RequestState {
  switch (matter.kind) {
    case 'referral':
      return (
        firstOf(events, ['declined', 'answered', 'cancelled']) ??
        furthestOf(events, ['attended', 'accepted', 'seen']) ??
        (isFound(events) ? undefined : furthestOf(events, ['not-found', 'sent'])) ??
        'sent'
      );
    case 'access':
      return furthestOf(events, ['ended', 'granted', 'not-found', 'cancelled']) ?? 'sent';
    case 'move':
      return furthestOf(events, ['moved', 'cancelled', 'not-found']) ?? 'sent';
  }
}

/** Of these kinds the one that came first. */
const firstOf = <Kind extends RequestEvent['kind']>(
  events: readonly RequestEvent[],
  kinds: readonly Kind[],
): Kind | undefined => {
  for (const event of events) {
    const kind = kinds.find((each) => each === event.kind);
    if (kind !== undefined) return kind;
  }
  return undefined;
};

/** The first of these kinds that happened at all. */
const furthestOf = <Kind extends RequestEvent['kind']>(
  events: readonly RequestEvent[],
  kinds: readonly Kind[],
): Kind | undefined => kinds.find((kind) => events.some((event) => event.kind === kind));

function lastGrants(events: readonly RequestEvent[]): readonly GrantEvent[] {
  const grantByPatient = new Map<RecordId, GrantEvent>();
  for (const event of events) if (event.kind === 'granted') grantByPatient.set(event.patientId, event);
  return [...grantByPatient.values()];
}

function latestEnd(grants: readonly GrantEvent[]): Instant | null {
  const ends = grants.map(({ until }) => until);
  return ends.reduce<Instant | null>(
    (latest, end) => (end === null || latest === null ? null : Math.max(latest, end)),
    ends[0] ?? null,
  );
}

type AnswerKind = 'seen' | 'accepted' | 'declined' | 'attended' | 'answered';

const answersFrom: Readonly<Partial<Record<RequestState, readonly AnswerKind[]>>> = {
  sent: ['seen', 'accepted', 'declined', 'attended', 'answered'],
  seen: ['accepted', 'declined', 'attended', 'answered'],
  accepted: ['declined', 'attended', 'answered'],
  attended: ['answered'],
};

/** What a facility may say to a referral in this state, in the usual order. */
export const possibleAnswers = (state: RequestState): readonly AnswerKind[] => answersFrom[state] ?? [];

/**
 * Whether who made a request may take it back: before anybody acted upon it, a referral until the patient is there. Also one that
 * found nobody, since it may wait for its patient ({@link mayAwaitPatient}); where it was refused for good, taking it back only says so.
 */
export function canCancel(body: Pick<RequestBody, 'matter' | 'events'>): boolean {
  const { state } = deriveRequest(body);
  if (state === 'sent') return true;
  if (state === 'not-found') return body.matter.kind !== 'access';
  return body.matter.kind === 'referral' && (state === 'seen' || state === 'accepted');
}

/**
 * Whether the center may still act on a referral or move although it found nobody (docs/specs/center.md SHA-13). True also of one it
 * refused for good: which it was is told by the event's id, for which the center hashes.
 */
export function mayAwaitPatient(body: Pick<RequestBody, 'matter' | 'events'>, now: Instant): boolean {
  if (body.matter.kind === 'access' || deriveRequest(body).state !== 'not-found') return false;
  const answer = body.events.find(({ kind }) => kind === 'not-found');
  return answer !== undefined && now - answer.at <= patientAwaitedMs;
}
