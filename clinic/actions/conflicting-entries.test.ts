import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { RevisionSchema } from '#contracts/ids.ts';
import type { ConflictingField, Decision, ReviewBody } from '#contracts/records/reviews.ts';
import type { VisitBody, VisitEntry } from '#contracts/records/visits.ts';
import { newEntryId, newRecordId } from '../ids.ts';
import { countingDecision } from '../reviews/review-decisions.ts';
import { deriveVisit } from '../visit-state.ts';
import { createMemoryReader, strangeId, testContext } from './memory-reader.ts';
import { carryOutDecision, settleReview } from './settle-review.ts';

const rev = v.parse(RevisionSchema, `1-${'0'.repeat(32)}`);

const entry = (kind: 'note' | 'void', words: string, amends?: VisitEntry): VisitEntry => {
  const own = { id: newEntryId(testContext.newId), at: 1, by: testContext.person };
  if (kind === 'void' && amends !== undefined) return { ...own, kind, reason: words, amends: amends.id };
  return { ...own, kind: 'note', text: words, ...(amends === undefined ? {} : { amends: amends.id }) };
};

function asked(entries: readonly VisitEntry[], field: Omit<ConflictingField, 'field'>) {
  const reader = createMemoryReader();
  const [id, reviewId] = [newRecordId(testContext.newId), newRecordId(testContext.newId)];
  const body: VisitBody = {
    patientId: strangeId,
    day: testContext.today,
    reason: '',
    urgency: 'routine',
    entries: [...entries],
  };
  const review: ReviewBody = {
    subject: { collection: 'visits', id },
    question: {
      kind: 'conflict',
      fields: [{ field: 'entries', ...field }],
      mineRev: rev,
      theirsRev: rev,
      mineAuthor: testContext.person,
      theirsAuthor: testContext.person,
    },
    decisions: [],
  };
  const write = (reviewBody: ReviewBody) =>
    reader.apply({
      subject: reviewId,
      writes: [{ collection: 'reviews', id: reviewId, body: reviewBody, audit: 't' }],
    });
  reader.apply({ subject: id, writes: [{ collection: 'visits', id, body, audit: 't' }] });
  write(review);
  const decisions = () => reader.get('reviews', reviewId)?.body.decisions ?? [];
  const settle = (choice: Decision['choice']) => {
    const counting = countingDecision({ decisions: decisions() });
    const changes = counting === null || counting.choice === 'taken-back' ? undefined : counting.id;
    const result = settleReview(reader, { id: reviewId, choice, changes }, testContext);
    if (!result.ok) throw new Error(result.error.code);
    reader.apply(result.value);
  };
  const shown = () =>
    deriveVisit({ entries: reader.get('visits', id)?.body.entries ?? [] }).entries.map((each) =>
      each.kind === 'note' ? each.text : each.kind,
    );
  return { reader, id, reviewId, settle, shown, decisions, write, body };
}

describe('REV-A3: two readings of one entry', () => {
  const theirs = entry('note', 'center');
  const mine = { ...theirs, text: 'other' };
  const both = { itemId: theirs.id, mine: JSON.stringify(mine), theirs: JSON.stringify(theirs) };

  it('the chosen one is shown, however often the choice changes', () => {
    const { settle, shown } = asked([theirs], both);
    settle('theirs');
    expect(shown()).toEqual(['center']);
    settle('mine');
    expect(shown()).toEqual(['other']);
    settle('taken-back');
    expect(shown()).toEqual(['center']);
    settle('mine');
    expect(shown()).toEqual(['other']);
  });

  it('REV-A5: of two decisions the one that counts is carried out', () => {
    const { settle, shown, reader, reviewId, decisions, write, id } = asked([theirs], both);
    settle('mine');
    const review = reader.get('reviews', reviewId)?.body;
    const [passedOver] = decisions();
    if (review === undefined || passedOver === undefined) throw new Error('no review');
    write({ ...review, decisions: [{ ...passedOver, id: strangeId, choice: 'theirs' }, passedOver] });
    const carried = carryOutDecision(reader, reviewId, testContext);
    if (!carried.ok) throw new Error('refused');
    reader.apply({ subject: id, writes: carried.value });
    expect(shown()).toEqual(['center']);
    expect(carryOutDecision(reader, reviewId, testContext)).toEqual({ ok: true, value: [] });
  });
});

describe('REV-A3: one side voided an entry, the other corrected it', () => {
  const first = entry('note', 'first');
  const edit = entry('note', 'corrected', first);
  const mark = entry('void', 'wrong patient', first);

  it.each([
    ['mine', edit, mark],
    ['theirs', mark, edit],
  ] as const)('%s corrected it', (editor, mine, theirs) => {
    const other = editor === 'mine' ? 'theirs' : 'mine';
    const field = { itemId: mine.id, mine: JSON.stringify(mine), theirs: JSON.stringify(theirs) };
    const { settle, shown, reader, id } = asked([first, theirs, mine], field);
    expect(shown()).toEqual(['corrected']);
    settle(editor);
    expect(shown()).toEqual(['corrected']);
    settle(other);
    expect(shown()).toEqual([]);
    expect(reader.get('visits', id)?.body.entries.at(-1)).toMatchObject({ reason: 'wrong patient' });
    settle('taken-back');
    expect(shown()).toEqual(['corrected']);
  });
});
