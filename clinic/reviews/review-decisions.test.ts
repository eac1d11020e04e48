import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { PersonIdSchema } from '#contracts/ids.ts';
import type { Decision } from '#contracts/records/reviews.ts';
import { countingDecision, isOpenReview, passedOverDecisions } from './review-decisions.ts';

const by = v.parse(PersonIdSchema, '0190a000-0000-7000-8000-000000000001');
const decision = (id: string, choice: Decision['choice'], changes?: string): Decision => ({
  id,
  at: 1,
  by,
  choice,
  ...(changes === undefined ? {} : { changes }),
});
const counting = (...decisions: Decision[]) => countingDecision({ decisions })?.id ?? null;

describe('REV-A4: the decision that counts', () => {
  it('is none, the only one, or the first that knew of no other', () => {
    expect(counting()).toBe(null);
    expect(counting(decision('a', 'mine'))).toBe('a');
    expect(counting(decision('a', 'mine'), decision('b', 'theirs'))).toBe('a');
  });

  it('is the one that changed it, however often', () => {
    const line = [decision('a', 'mine'), decision('c', 'taken-back', 'a'), decision('d', 'theirs', 'c')];
    expect(counting(...line)).toBe('d');
    expect(counting(decision('a', 'mine'), decision('b', 'theirs'), ...line.slice(1))).toBe('d');
  });

  it('is not one that changed a decision passed over', () => {
    const decisions = [decision('a', 'mine'), decision('b', 'theirs'), decision('c', 'taken-back', 'b')];
    expect(counting(...decisions)).toBe('a');
    expect(passedOverDecisions({ decisions }).map(({ id }) => id)).toEqual(['b', 'c']);
  });

  it('of two changes of one decision the first in the list', () => {
    const decisions = [decision('a', 'mine'), decision('b', 'theirs', 'a'), decision('c', 'present', 'a')];
    expect(counting(...decisions)).toBe('b');
    expect(passedOverDecisions({ decisions }).map(({ id }) => id)).toEqual(['c']);
  });

  it('is found in lists that make no sense', () => {
    expect(counting(decision('a', 'mine', 'a'))).toBe(null);
    expect(counting(decision('a', 'mine'), decision('b', 'theirs', 'a'), decision('b', 'theirs', 'b'))).toBe(
      'b',
    );
    const decisions = [decision('b', 'mine', 'a'), decision('a', 'mine', 'b')];
    expect(passedOverDecisions({ decisions })).toHaveLength(2);
  });

  it('"what it says now" does not stand against a side chosen unseen, until somebody decides again', () => {
    const decisions = [decision('a', 'present'), decision('b', 'mine')];
    expect(isOpenReview({ decisions })).toBe(true);
    expect(isOpenReview({ decisions: [...decisions, decision('c', 'present', 'a')] })).toBe(false);
    expect(isOpenReview({ decisions: [decision('b', 'mine'), decision('a', 'present')] })).toBe(false);
  });

  it('leaves the question open when it was taken back', () => {
    expect(isOpenReview({ decisions: [] })).toBe(true);
    expect(isOpenReview({ decisions: [decision('a', 'mine')] })).toBe(false);
    expect(isOpenReview({ decisions: [decision('a', 'mine'), decision('b', 'taken-back', 'a')] })).toBe(true);
  });
});
