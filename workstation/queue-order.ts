import type { QueueRow } from '#contracts/bridge/views.ts';
import type { Urgency, VisitState } from '#contracts/records/visits.ts';

const groupOfState: Readonly<Record<VisitState, number>> = {
  'in-progress': 0,
  triaged: 0,
  arrived: 0,
  planned: 1,
  finished: 2,
  cancelled: 3,
};
const rankOfUrgency: Readonly<Record<Urgency, number>> = { emergency: 0, urgent: 1, routine: 2 };

/**
 * The order in which patients should be seen: those who are here before those expected, before those who are done; among
 * those who are here the more urgent first, then who came first. Done ones newest first.
 */
export function inQueueOrder(rows: readonly QueueRow[]): QueueRow[] {
  return [...rows].sort((left, right) => {
    const [leftGroup, rightGroup] = [groupOfState[left.state], groupOfState[right.state]];
    if (leftGroup !== rightGroup) return leftGroup - rightGroup;
    if (leftGroup >= 2) return right.since - left.since || byId(left, right);
    const byUrgency = rankOfUrgency[left.urgency] - rankOfUrgency[right.urgency];
    return byUrgency || waitingSince(left) - waitingSince(right) || byId(left, right);
  });
}

const waitingSince = (row: QueueRow): number => row.arrivedAt ?? row.since;
const byId = (left: QueueRow, right: QueueRow): number => (left.visitId < right.visitId ? -1 : 1);
