import * as v from 'valibot';
import { type Revision, RevisionSchema } from '#contracts/ids.ts';
import type { PatientBody } from '#contracts/records/patients.ts';
import type { ConflictingField, ReviewBody } from '#contracts/records/reviews.ts';
import { testContext } from './memory-reader.ts';

/** A patient whose questions are settled in tests. */
export const disputedPatient: PatientBody = {
  name: { family: 'Aliyev', given: 'Anvar' },
  sex: 'male',
  birth: { date: '1960' },
  phone: '+998901111111',
  allergyStatus: 'none-known',
  allergies: [],
  problems: [],
};

const someRevision = v.parse(RevisionSchema, `2-${'1'.repeat(32)}`);

/** The open question which side of a conflict counts, both written by the person of {@link testContext} as version `rev`. */
export function conflictOver(
  subject: ReviewBody['subject'],
  fields: ConflictingField[],
  rev: Revision = someRevision,
): ReviewBody {
  const { person: mineAuthor, person: theirsAuthor } = testContext;
  const question = {
    kind: 'conflict',
    fields,
    mineRev: rev,
    theirsRev: rev,
    mineAuthor,
    theirsAuthor,
  } as const;
  return { subject, question, decisions: [] };
}
