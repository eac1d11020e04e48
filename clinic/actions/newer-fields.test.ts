import { expect, it } from 'vitest';
import { newRecordId } from '../ids.ts';
import { conflictOver, disputedPatient } from './disputed-patient.ts';
import { createMemoryReader, testContext } from './memory-reader.ts';
import { settleReview } from './settle-review.ts';

// VER-5: found by the simulator, seed 901.
it('keeps fields of a newer version when a review is settled', () => {
  const reader = createMemoryReader();
  const [id, reviewId] = [newRecordId(testContext.newId), newRecordId(testContext.newId)];
  const fromLater = { fromLater: { value: 'kept' } };
  const phone = { field: 'phone', mine: '"+998902222222"', theirs: '"+998901111111"' };
  const review = conflictOver({ collection: 'patients', id }, [phone]);
  const audit = 't';
  reader.apply({
    subject: id,
    writes: [{ collection: 'patients', id, body: { ...disputedPatient, ...fromLater }, audit }],
  });
  reader.apply({ subject: reviewId, writes: [{ collection: 'reviews', id: reviewId, body: review, audit }] });
  const settled = settleReview(reader, { id: reviewId, choice: 'mine' }, testContext);
  if (!settled.ok) throw new Error(settled.error.code);
  const written = settled.value.writes.find(({ collection }) => collection === 'patients');
  expect(written?.body).toEqual({ ...disputedPatient, phone: '+998902222222', ...fromLater });
});
