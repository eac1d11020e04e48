import { describe, expect, it } from 'vitest';
import { type VisitEntry, type VisitState, visitStates } from '#contracts/records/visits.ts';
import { testContext } from './actions/memory-reader.ts';
import { newEntryId } from './ids.ts';
import { canMove, deriveVisit, possibleMoves } from './visit-state.ts';

const move = (state: VisitState, at: number, room?: string): VisitEntry => ({
  kind: 'state',
  id: newEntryId(testContext.newId),
  at,
  by: testContext.person,
  state,
  ...(room === undefined ? {} : { room }),
});

describe('the state of a visit', () => {
  it('follows the order of the entries even when a clock was wrong by years', () => {
    const entries = [move('arrived', 9_000_000_000_000), move('in-progress', 5), move('finished', 6)];
    expect(deriveVisit({ entries })).toMatchObject({ state: 'finished', since: 6 });
  });

  it('keeps the beginning of a state over a change of room', () => {
    const entries = [move('arrived', 1, '1'), move('in-progress', 2), move('in-progress', 3, '7')];
    expect(deriveVisit({ entries })).toMatchObject({ since: 2, room: '7', arrivedAt: 1 });
  });

  it('takes a voided move back', () => {
    const wrong = move('finished', 3);
    const mark: VisitEntry = {
      kind: 'void',
      id: newEntryId(testContext.newId),
      at: 4,
      by: testContext.person,
      amends: wrong.id,
      reason: 'wrong visit',
    };
    expect(deriveVisit({ entries: [move('arrived', 1), wrong, mark] })).toMatchObject({
      state: 'arrived',
      since: 1,
    });
  });

  it('is planned without entries', () => {
    expect(deriveVisit({ entries: [] })).toMatchObject({
      state: 'planned',
      since: 0,
      arrivedAt: null,
      room: null,
    });
  });

  it('allows exactly the listed moves, from every state to every other', () => {
    for (const from of visitStates) {
      const visit = deriveVisit({ entries: [move(from, 1)] });
      for (const to of visitStates) {
        expect(canMove(visit, to, undefined)).toBe(possibleMoves(from).includes(to));
      }
    }
  });
});
