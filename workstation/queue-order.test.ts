import * as v from 'valibot';
import { expect, test } from 'vitest';
import { type QueueRow, QueueRowSchema } from '#contracts/bridge/views.ts';
import { inQueueOrder } from './queue-order.ts';

const row = (
  name: string,
  state: QueueRow['state'],
  urgency: QueueRow['urgency'],
  arrivedAt: number,
): QueueRow =>
  v.parse(QueueRowSchema, {
    visitId: `01930000-0000-7000-8000-${String(arrivedAt).padStart(12, '0')}`,
    patient: {
      id: '01930000-0000-7000-8000-000000000001',
      name: { family: name, given: 'A' },
      sex: 'female',
      birth: { date: '1985' },
      pinfl: null,
      mahalla: null,
      allergyStatus: 'not-recorded',
      isVoid: false,
    },
    reason: '',
    urgency,
    state,
    room: null,
    since: arrivedAt,
    arrivedAt,
    delivery: { state: 'saved', savedAt: 0 },
  });

test('who is here comes first, the more urgent before, then who came first; done ones newest first', () => {
  const rows = [
    row('finished early', 'finished', 'emergency', 1),
    row('planned', 'planned', 'emergency', 2),
    row('routine, first', 'arrived', 'routine', 3),
    row('cancelled', 'cancelled', 'routine', 4),
    row('emergency, late', 'triaged', 'emergency', 9),
    row('finished late', 'finished', 'routine', 8),
    row('routine, second', 'in-progress', 'routine', 5),
    row('urgent', 'arrived', 'urgent', 7),
  ];
  expect(inQueueOrder(rows).map(({ patient }) => patient.name.family)).toEqual([
    'emergency, late',
    'urgent',
    'routine, first',
    'routine, second',
    'planned',
    'finished late',
    'finished early',
    'cancelled',
  ]);
});
