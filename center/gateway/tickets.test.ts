import { describe, expect, it } from 'vitest';
import { confirmTicket, judgeTicket, type TicketState } from './tickets.ts';

const state = (confirmed: string | null, offered: string | null): TicketState => ({ confirmed, offered });

describe('TIC-1 to TIC-4: tickets', () => {
  it('takes the confirmed and the offered one, and offers a fresh one', () => {
    expect(judgeTicket(state('a', 'b'), 'a', 'c')).toEqual({ kind: 'accepted', next: state('a', 'c') });
    expect(judgeTicket(state('a', 'b'), 'b', 'c')).toEqual({ kind: 'accepted', next: state('b', 'c') });
  });

  it('takes any other one for a copy', () => {
    expect(judgeTicket(state('b', null), 'a', 'c')).toEqual({ kind: 'cloned' });
    expect(judgeTicket(state('b', 'c'), 'a', 'd')).toEqual({ kind: 'cloned' });
  });

  it('believes the first ticket after a restore of the center', () => {
    expect(judgeTicket(state(null, null), 'x', 'c')).toEqual({ kind: 'accepted', next: state('x', 'c') });
  });

  it('confirms what was offered, and that twice', () => {
    const confirmed = state('b', null);
    expect(confirmTicket(state('a', 'b'), 'b')).toEqual(confirmed);
    expect(confirmTicket(confirmed, 'b')).toEqual(confirmed);
    expect(confirmTicket(state('a', 'b'), 'a')).toBeUndefined();
    expect(confirmTicket(state('a', 'b'), 'x')).toBeUndefined();
  });

  it('never takes an honest device for a copy, wherever a power cut or a lost message falls', () => {
    // Every order of: the welcome arrives or not, is stored or not, its confirmation arrives or not; three connections deep.
    const outcomes = ['welcome lost', 'not stored', 'confirmation lost', 'confirmed'] as const;
    const explore = (held: string, center: TicketState, depth: number) => {
      if (depth === 3) return;
      const fresh = `t${depth + 1}`;
      const judged = judgeTicket(center, held, `${held}>${fresh}`);
      if (judged.kind !== 'accepted') throw new Error(`taken for a copy with ${held}`);
      for (const outcome of outcomes) {
        const isStored = outcome === 'confirmation lost' || outcome === 'confirmed';
        const offered = judged.next.offered ?? '';
        const next = outcome === 'confirmed' ? confirmTicket(judged.next, offered) : judged.next;
        if (next === undefined) throw new Error('the confirmation was refused');
        explore(isStored ? offered : held, next, depth + 1);
      }
    };
    expect(() => explore('t0', state('t0', null), 0)).not.toThrow();
  });
});
