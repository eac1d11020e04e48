import * as v from 'valibot';
import { InstantSchema, PersonIdSchema, RecordIdSchema, RevisionSchema } from '../ids.ts';
import { filledText, recordType } from './record.ts';

/** One field that two people changed differently. The values are JSON text of at most 64 KiB each. */
export const ConflictingFieldSchema = v.object({
  field: filledText(80),
  /** For `union` and `entries` fields: the item both sides changed. */
  itemId: v.optional(v.string()),
  base: v.optional(v.pipe(v.string(), v.maxLength(65_536))),
  mine: v.optional(v.pipe(v.string(), v.maxLength(65_536))),
  theirs: v.optional(v.pipe(v.string(), v.maxLength(65_536))),
});
export type ConflictingField = v.InferOutput<typeof ConflictingFieldSchema>;

/** Something a person must settle. Settling appends a decision; the question stays readable. */
export const ReviewBodySchema = v.object({
  subject: v.object({
    collection: v.picklist(['patients', 'visits', 'staff', 'reference']),
    id: RecordIdSchema,
  }),
  question: v.variant('kind', [
    v.object({
      kind: v.literal('conflict'),
      fields: v.pipe(v.array(ConflictingFieldSchema), v.minLength(1), v.maxLength(100)),
      mineRev: RevisionSchema,
      theirsRev: RevisionSchema,
      mineAuthor: PersonIdSchema,
      theirsAuthor: PersonIdSchema,
    }),
    v.object({
      kind: v.literal('possible-duplicate'),
      other: RecordIdSchema,
      score: v.pipe(v.number(), v.finite()),
    }),
  ]),
  decisions: v.pipe(
    v.array(
      v.object({
        id: v.pipe(v.string(), v.uuid()),
        at: InstantSchema,
        by: PersonIdSchema,
        /** `mine` and `theirs` as in the question; `same` and `different` for possible duplicates. */
        choice: v.picklist(['mine', 'theirs', 'same', 'different']),
      }),
    ),
    v.maxLength(50),
  ),
});
export type ReviewBody = v.InferOutput<typeof ReviewBodySchema>;

export const reviews = recordType({
  collection: 'reviews',
  version: 0,
  upgrades: {},
  body: ReviewBodySchema,
  lane: 1,
  merge: { kind: 'fields', fields: { subject: 'atom', question: 'atom', decisions: 'entries' } },
  indexed: [{ path: 'body.subject.id', type: 'string', maxLength: 36 }],
  indexes: [['body.subject.id'], ['capturedAt']],
});
