import * as v from 'valibot';
import { expect, it } from 'vitest';
import { RevisionSchema } from '#contracts/ids.ts';
import type { PatientBody } from '#contracts/records/patients.ts';
import type { ReviewBody } from '#contracts/records/reviews.ts';
import { newRecordId } from '../ids.ts';
import { createMemoryReader, testContext } from './memory-reader.ts';
import { settleReview } from './settle-review.ts';

const rev = v.parse(RevisionSchema, `2-${'1'.repeat(32)}`);

// VER-5: found by the simulator, seed 901.
it('keeps fields of a newer version when a review is settled', () => {
  const reader = createMemoryReader();
  const [id, reviewId] = [newRecordId(testContext.newId), newRecordId(testContext.newId)];
  const patient: PatientBody = {
    name: { family: 'Aliyev', given: 'Anvar' },
    sex: 'male',
    birth: { date: '1960' },
    phone: '+998901111111',
    allergyStatus: 'none-known',
    allergies: [],
    problems: [],
  };
  const fromLater = { fromLater: { value: 'kept' } };
  const { person: mineAuthor, person: theirsAuthor } = testContext;
  const phone = { field: 'phone', mine: '"+998902222222"', theirs: '"+998901111111"' };
  const review: ReviewBody = {
    subject: { collection: 'patients', id },
    question: { kind: 'conflict', fields: [phone], mineRev: rev, theirsRev: rev, mineAuthor, theirsAuthor },
    decisions: [],
  };
  const audit = 't';
  reader.apply({
    subject: id,
    writes: [{ collection: 'patients', id, body: { ...patient, ...fromLater }, audit }],
  });
  reader.apply({ subject: reviewId, writes: [{ collection: 'reviews', id: reviewId, body: review, audit }] });
  const settled = settleReview(reader, { id: reviewId, choice: 'mine' }, testContext);
  if (!settled.ok) throw new Error(settled.error.code);
  const written = settled.value.writes.find(({ collection }) => collection === 'patients');
  expect(written?.body).toEqual({ ...patient, phone: '+998902222222', ...fromLater });
});
