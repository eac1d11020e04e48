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

/** One answer. Settling appends one; the question and earlier answers stay readable. */
export const DecisionSchema = v.object({
  id: v.pipe(v.string(), v.uuid()),
  at: InstantSchema,
  by: PersonIdSchema,
  /**
   * Conflicts: `mine` and `theirs` as in the question, `present` for what the record says meanwhile. Possible duplicates:
   * `same` and `different`. `taken-back` opens the question again.
   */
  choice: v.picklist(['mine', 'theirs', 'present', 'same', 'different', 'taken-back']),
  /** The decision that this one changes; absent in a first one. Which one counts: docs/specs/actions.md REV-A4. */
  changes: v.optional(v.pipe(v.string(), v.uuid())),
  reason: v.optional(filledText(200)),
});
export type Decision = v.InferOutput<typeof DecisionSchema>;

/** A question to a person about a record: what two people wrote, or whether two records are one citizen. */
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
      /** When each side was written, by the clocks of their workstations. */
      mineAt: v.optional(InstantSchema),
      theirsAt: v.optional(InstantSchema),
    }),
    v.object({
      kind: v.literal('possible-duplicate'),
      other: RecordIdSchema,
      score: v.pipe(v.number(), v.finite()),
    }),
  ]),
  decisions: v.pipe(v.array(DecisionSchema), v.maxLength(50)),
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
