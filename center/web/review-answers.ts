import * as v from 'valibot';
import { requests } from '#contracts/bridge/requests.ts';
import { RecordIdSchema, ScopeSchema } from '#contracts/ids.ts';
import { type ReviewDesk, ReviewMoved } from '../reviews/review-desk.ts';
import type { PageParts } from './page-server.ts';

interface Answer {
  readonly status: number;
  readonly value: unknown;
}

const NothingSchema = v.strictObject({});
const NamedSchema = v.strictObject({ scope: ScopeSchema, id: RecordIdSchema });
/** What a workstation's screen sends, and the facility. */
const OrderSchema = v.intersect([v.object({ scope: ScopeSchema }), requests['reviews.settle'].input]);

const unfit: Answer = { status: 400, value: {} };

/**
 * Answers what the page asks about reviews; undefined for other paths. Who asks has a session already. Patients' values
 * leave the center only for the one question that was opened, and its opening is noted (PAGE-7).
 */
export async function answerReviews(
  path: string,
  body: unknown,
  { reviews, log }: Pick<PageParts, 'reviews' | 'log'>,
): Promise<Answer | undefined> {
  switch (path) {
    case '/api/reviews':
      return v.is(NothingSchema, body) ? { status: 200, value: await reviews.list() } : unfit;
    case '/api/review': {
      const named = v.safeParse(NamedSchema, body);
      if (!named.success) return unfit;
      const { scope, id } = named.output;
      log(`The page opened review ${id} of ${scope}.`);
      const review = await reviews.open(scope, id);
      return review === null ? { status: 404, value: {} } : { status: 200, value: { review } };
    }
    case '/api/settlements':
      return await settle(body, reviews);
    default:
      return undefined;
  }
}

/** An expected failure is an answer too: the page says it in words. */
async function settle(body: unknown, reviews: ReviewDesk): Promise<Answer> {
  const order = v.safeParse(OrderSchema, body);
  if (!order.success) return unfit;
  try {
    const settled = await reviews.settle(order.output);
    return { status: 200, value: { code: settled.ok ? null : settled.error.code } };
  } catch (error) {
    if (error instanceof ReviewMoved) return { status: 200, value: { code: 'record.changed-meanwhile' } };
    throw error;
  }
}
