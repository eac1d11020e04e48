import * as v from 'valibot';
import type { QueryPlan } from './query-plan.ts';

/** What the reader thread is started with. */
export const ReaderStartSchema = v.object({ file: v.string(), key: v.instance(Uint8Array) });

const value = v.union([v.string(), v.number(), v.null()]);
const QueryPlanSchema = v.object({
  table: v.string(),
  where: v.string(),
  parameters: v.array(value),
  exact: v.boolean(),
  orderBy: v.nullable(v.string()),
  skip: v.number(),
  limit: v.nullable(v.number()),
  query: v.object({ selector: v.custom<object>(isObject), sort: v.array(v.custom<object>(isObject)) }),
});

/** To the reader thread. */
export const ReaderRequestSchema = v.variant('kind', [
  v.object({ kind: v.literal('find'), id: v.number(), plan: QueryPlanSchema }),
  v.object({ kind: v.literal('count'), id: v.number(), plan: QueryPlanSchema }),
  /** The last piece has been taken in; send the next. */
  v.object({ kind: v.literal('more'), id: v.number() }),
  v.object({ kind: v.literal('close') }),
]);
export type ReaderRequest =
  | { readonly kind: 'more'; readonly id: number }
  | { readonly kind: 'find' | 'count'; readonly id: number; readonly plan: QueryPlan }
  | { readonly kind: 'close' };

/** From the reader thread. */
export const ReaderAnswerSchema = v.variant('kind', [
  /** JSON text of an array of documents; the next piece comes when asked for, until `documents-end`. */
  v.object({ kind: v.literal('documents'), id: v.number(), json: v.string() }),
  v.object({ kind: v.literal('documents-end'), id: v.number() }),
  v.object({ kind: v.literal('count'), id: v.number(), count: v.number() }),
  /** `code` is a code of `ReplicaFailure`, or empty for a defect. */
  v.object({ kind: v.literal('failure'), id: v.number(), code: v.string(), message: v.string() }),
]);
export type ReaderAnswer = v.InferOutput<typeof ReaderAnswerSchema>;

function isObject(candidate: unknown): boolean {
  return typeof candidate === 'object' && candidate !== null;
}
