import * as v from 'valibot';
import type { ReplicaTransaction } from '#clinic/ports/replica.ts';
import { type OperationId, type RecordId, RecordIdSchema } from '#contracts/ids.ts';
import { maxRecordLength } from '#contracts/records/record.ts';
import type { CollectionName, RecordOf } from '#contracts/records/registry.ts';
import { type ConflictingField, type ReviewBody, ReviewBodySchema } from '#contracts/records/reviews.ts';
import { appendWrite } from '../local-write.ts';
import type { MergedBody } from '../merge/merge-record.ts';
import { uuidV7 } from '../uuid-v7.ts';
import type { WriteContext } from './settle-conflict.ts';

/** Most fields one review may hold, and the length its JSON text stays under (MRG-8). */
const maxFields = 100;
const maxFieldsLength = maxRecordLength - 16 * 1024;

interface Conflicted<C extends CollectionName> {
  readonly collection: C;
  readonly mine: RecordOf<C>;
  readonly theirs: RecordOf<C>;
  readonly merged: MergedBody<C>;
  readonly context: WriteContext;
  /** Operations whose content only the reviews hold. */
  readonly supersedes?: readonly OperationId[];
}

/**
 * Writes the reviews of a merge as local writes, so that both ends see them. False when there is something to ask but
 * no review can be about it: a review itself, or a request (MRG-7).
 */
export function writeConflictReviews<C extends CollectionName>(
  transaction: ReplicaTransaction,
  conflicted: Conflicted<C>,
): boolean {
  const { collection, mine, merged, context } = conflicted;
  if (merged.conflicts.length === 0) return true;
  if (collection === 'reviews' || collection === 'requests') return false;
  const [first, ...others] = splitFields(merged.conflicts);
  for (const [index, fields] of [first ?? [], ...others].entries()) {
    appendWrite(transaction, {
      collection: 'reviews',
      id: newReviewId(context),
      body: reviewBody(collection, conflicted, fields),
      // Asked here, whoever the record belongs to: a new record is always at home where it is made.
      scope: context.scope,
      author: mine.author,
      device: context.device,
      at: context.now,
      capturedAt: context.now,
      baseRev: null,
      after: [],
      random: context.random,
      supersedes: index === 0 ? (conflicted.supersedes ?? []) : [],
    });
  }
  return true;
}

const newReviewId = ({ now, random }: WriteContext): RecordId => v.parse(RecordIdSchema, uuidV7(now, random));

function reviewBody<C extends CollectionName>(
  collection: ReviewBody['subject']['collection'],
  { mine, theirs }: Conflicted<C>,
  fields: readonly ConflictingField[],
): ReviewBody {
  return v.parse(ReviewBodySchema, {
    subject: { collection, id: mine.id },
    question: {
      kind: 'conflict',
      fields,
      mineRev: mine.rev,
      theirsRev: theirs.rev,
      mineAuthor: mine.author,
      theirsAuthor: theirs.author,
      mineAt: mine.capturedAt,
      theirsAt: theirs.capturedAt,
    },
    decisions: [],
  });
}

/** Groups that each fit one review. A single conflict always fits (sync/merge/conflict-values.ts). */
function splitFields(conflicts: readonly ConflictingField[]): readonly (readonly ConflictingField[])[] {
  const groups: ConflictingField[][] = [];
  let room = 0;
  for (const conflict of conflicts) {
    const length = JSON.stringify(conflict).length;
    const last = groups.at(-1);
    if (last === undefined || last.length >= maxFields || length > room) {
      groups.push([conflict]);
      room = maxFieldsLength - length;
    } else {
      last.push(conflict);
      room -= length;
    }
  }
  return groups;
}
