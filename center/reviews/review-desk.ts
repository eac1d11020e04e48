import * as v from 'valibot';
import type { ActionContext, AnyPlannedWrite } from '#clinic/actions/action.ts';
import { settleReview } from '#clinic/actions/settle-review.ts';
import { isOpenReview } from '#clinic/reviews/review-decisions.ts';
import type { RequestInput } from '#contracts/bridge/requests.ts';
import { type AppError, appError } from '#contracts/errors.ts';
import { DaySchema, PersonIdSchema, type RecordId, type Scope } from '#contracts/ids.ts';
import { fail, ok, type Result } from '#contracts/result.ts';
import type { Applied } from '../ingest/batch.ts';
import type { Session } from '../postgres/database.ts';
import { mattersOf } from '../record-matters.ts';
import { readStored } from '../sharing/center-version.ts';
import { noteApplied } from '../sharing/note-applied.ts';
import { inScope, type SharingContext } from '../sharing/sharing-context.ts';
import { writeCenterVersion } from '../sharing/write-center-version.ts';
import { uuidV7 } from '../uuid.ts';
import { type LoadedRecords, loadReview, nameColumns } from './loaded-records.ts';
import { type ReviewShown, showReview } from './show-review.ts';
import * as sql from './statements.ts';

/** An open question as the page lists it: where, since when and about which fields. No patient, no values. */
export interface ReviewListed {
  readonly scope: Scope;
  readonly id: RecordId;
  readonly kind: 'conflict' | 'possible-duplicate';
  readonly collection: string;
  readonly fields: readonly string[];
  /** When the workstation that asks wrote it, by its clock. */
  readonly since: number;
}

/** The open questions of all facilities, oldest first, and how many further ones there are at least. */
export interface ReviewList {
  readonly reviews: readonly ReviewListed[];
  readonly more: number;
}

export type SettleOrder = RequestInput<'reviews.settle'> & { readonly scope: Scope };

/** The inbox of whoever runs the center: the open questions of all facilities (docs/specs/center.md, REV). */
export interface ReviewDesk {
  list(): Promise<ReviewList>;
  /** One question in full, with the values of the record. Null if there is none. */
  open(scope: Scope, id: RecordId): Promise<ReviewShown | null>;
  /**
   * Settles like a workstation, with the center as the person: the review and its subject become new versions at their
   * home, in one transaction. Fails with the codes of `reviews.settle`.
   */
  settle(order: SettleOrder): Promise<Result<null, AppError>>;
}

/** Reviews read at once, and most readings of one list: 100,000 questions are more than anybody counts. */
const reviewsAtOnce = 500;
const maxReadings = 200;
/** Most that are listed; of the others their number is told. */
const mostListed = 300;

/** The desk on a database that has its tables. `hurry` has new versions carried to whoever holds copies. */
export function createReviewDesk(context: SharingContext, hurry: () => void): ReviewDesk {
  const { database } = context;
  return {
    list: async () => {
      const open = await readOpenReviews(database);
      const oldest = open.sort((left, right) => left.since - right.since).slice(0, mostListed);
      return { reviews: oldest, more: open.length - oldest.length };
    },
    open: async (scope, id) => showReview(database, await loadReview(database, scope, id), scope, id),
    settle: async (order) => {
      const settled = await inScope(context, (session) => settle(session, context, order));
      if (!settled.ok) return settled;
      for (const applied of settled.value) context.announce(applied);
      hurry();
      return ok(null);
    },
  };
}

async function readOpenReviews(session: Session): Promise<ReviewListed[]> {
  const open: ReviewListed[] = [];
  let [scope, id] = ['', zeroId];
  for (let reading = 0; reading < maxReadings; reading += 1) {
    const rows = await session.rows(sql.readReviews, sql.ReviewRowSchema, [scope, id, reviewsAtOnce]);
    open.push(...rows.flatMap(listedIfOpen));
    const last = rows.at(-1);
    if (last === undefined || rows.length < reviewsAtOnce) break;
    ({ scope, id } = last);
  }
  return open;
}

const zeroId = '00000000-0000-0000-0000-000000000000';

function listedIfOpen({ scope, body }: v.InferOutput<typeof sql.ReviewRowSchema>): readonly ReviewListed[] {
  const review = readStored('reviews', body);
  if (!isOpenReview(review.body)) return [];
  const { question, subject } = review.body;
  const fields = question.kind === 'conflict' ? question.fields.map(({ field }) => field) : [];
  return [
    {
      scope,
      id: review.id,
      kind: question.kind,
      collection: subject.collection,
      fields: [...new Set(fields)],
      since: review.capturedAt,
    },
  ];
}

async function settle(
  session: Session,
  context: SharingContext,
  { scope, ...input }: SettleOrder,
): Promise<Result<readonly Applied[], AppError>> {
  // Locked in one order before anything takes a feed position, then read again: nobody writes in between.
  const before = await loadReview(session, scope, input.id);
  await session.rows(sql.lockRecords, sql.LockedSchema, [scope, ...nameColumns(before.names)]);
  const loaded: LoadedRecords = await loadReview(session, scope, input.id);
  const plan = settleReview(loaded.reader, input, contextOf(context, scope));
  if (!plan.ok) return plan;
  await note(session, scope, contextOf(context, scope).now, loaded, plan.value.writes);
  const applied: Applied[] = [];
  for (const write of plan.value.writes) {
    if (write.collection !== 'patients' && write.collection !== 'visits' && write.collection !== 'reviews') {
      return fail(appError('record.invalid', { paths: ['subject'] }));
    }
    const outcome = await writeBody(session, context, scope, write);
    // A record that moved away meanwhile: the transaction ends without a trace.
    if (outcome === null) throw new ReviewMoved();
    applied.push(outcome);
  }
  return ok(applied);
}

/** What ingest notes of every version: numbers to find a patient by, and who has copies. */
async function note(
  session: Session,
  scope: Scope,
  at: number,
  { reader }: LoadedRecords,
  writes: readonly AnyPlannedWrite[],
): Promise<void> {
  const versions = writes.flatMap(({ collection, id, body }) => {
    const stored = reader.get(collection, id);
    return stored === undefined ? [] : [{ collection, id, ...mattersOf(collection, { ...stored, body }) }];
  });
  await noteApplied(session, scope, at, versions);
}

/** The record is at home elsewhere by now. */
export class ReviewMoved extends Error {}

type Written = Extract<AnyPlannedWrite, { readonly collection: 'patients' | 'visits' | 'reviews' }>;

async function writeBody(
  session: Session,
  context: SharingContext,
  scope: Scope,
  write: Written,
): Promise<Applied | null> {
  const named = { scope, id: write.id, purpose: 'settle' };
  const outcome = await (write.collection === 'patients'
    ? writeCenterVersion(session, context, {
        ...named,
        collection: write.collection,
        change: () => ({ body: write.body }),
      })
    : write.collection === 'visits'
      ? writeCenterVersion(session, context, {
          ...named,
          collection: write.collection,
          change: () => ({ body: write.body }),
        })
      : writeCenterVersion(session, context, {
          ...named,
          collection: write.collection,
          change: () => ({ body: write.body }),
        }));
  return outcome.kind === 'written' ? outcome.applied : null;
}

/** UTC+5 all year. */
const offsetMs = 5 * 3_600_000;

function contextOf({ effects, center }: SharingContext, scope: Scope): ActionContext {
  const now = Math.max(0, Math.floor(effects.clock.now()));
  return {
    now,
    person: v.parse(PersonIdSchema, center),
    scope,
    today: v.parse(DaySchema, new Date(now + offsetMs).toISOString().slice(0, 10)),
    newId: () => uuidV7(effects.clock, effects.random),
  };
}
