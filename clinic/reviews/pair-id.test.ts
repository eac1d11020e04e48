import { describe, expect, it } from 'vitest';
import { testContext } from '../actions/memory-reader.ts';
import { newRecordId } from '../ids.ts';
import { inOrder, pairReviewId } from './pair-id.ts';

describe('DUP-3: the id of the question about a pair', () => {
  const ids = Array.from({ length: 150 }, () => newRecordId(testContext.newId));

  it('is one whoever asks, and never one that was drawn', () => {
    const [one, other] = [ids[0], ids[1]];
    if (one === undefined || other === undefined) throw new Error('no ids');
    expect(pairReviewId(one, other)).toBe(pairReviewId(other, one));
    expect(pairReviewId(one, other)).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    expect(inOrder(other, one)).toEqual([one, other]);
  });

  it('keeps pairs apart, even of ids that follow each other', () => {
    const pairs = ids.flatMap((one, at) => ids.slice(at + 1).map((other) => pairReviewId(one, other)));
    expect(new Set(pairs).size).toBe((150 * 149) / 2);
    // Each half alone has to be well mixed too.
    expect(new Set(pairs.map((id) => id.slice(-12))).size).toBe(pairs.length);
  });
});
