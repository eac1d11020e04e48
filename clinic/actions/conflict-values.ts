import * as v from 'valibot';
import { type AppError, appError } from '#contracts/errors.ts';
import { type PatientBody, patients } from '#contracts/records/patients.ts';
import type { FieldMerge } from '#contracts/records/record.ts';
import type { ConflictingField } from '#contracts/records/reviews.ts';
import { type VisitBody, visits } from '#contracts/records/visits.ts';
import { fail, ok, type Result } from '#contracts/result.ts';
import { type ActionContext, invalid, withoutUndefined } from './action.ts';

type Fields = Record<string, unknown>;
const ItemSchema = v.looseObject({ id: v.string() });
type Item = v.InferOutput<typeof ItemSchema>;

/** A body of one of the collections whose conflicts a person settles. */
export type WrittenBack =
  | { readonly collection: 'patients'; readonly body: PatientBody }
  | { readonly collection: 'visits'; readonly body: VisitBody };

/**
 * The body with `mine` of every conflicting field. A value that is neither `theirs` nor `mine` any more was changed by
 * somebody who did not see this question: `record.changed-meanwhile`, nothing unseen is overwritten.
 */
export function writeBack(
  collection: 'patients' | 'visits',
  body: PatientBody | VisitBody,
  conflicts: readonly ConflictingField[],
  context: ActionContext,
): Result<WrittenBack, AppError> {
  const merges: Readonly<Record<string, FieldMerge>> =
    collection === 'patients' ? mergesOf(patients.merge) : mergesOf(visits.merge);
  let changed: Fields = { ...body };
  for (const conflict of conflicts) {
    const next = writeField(changed, conflict, merges[conflict.field], context);
    if (!next.ok) return next;
    changed = next.value;
  }
  return parseBody(collection, withoutUndefined(changed));
}

const mergesOf = (policy: typeof patients.merge | typeof visits.merge) =>
  policy.kind === 'fields' ? policy.fields : {};

function parseBody(collection: 'patients' | 'visits', body: Fields): Result<WrittenBack, AppError> {
  if (collection === 'patients') {
    const parsed = v.safeParse(patients.body, body);
    return parsed.success ? ok({ collection, body: parsed.output }) : invalid(pathsOf(parsed.issues));
  }
  const parsed = v.safeParse(visits.body, body);
  return parsed.success ? ok({ collection, body: parsed.output }) : invalid(pathsOf(parsed.issues));
}

const pathsOf = (issues: readonly v.BaseIssue<unknown>[]): readonly string[] =>
  issues.slice(0, 20).map((issue) => v.getDotPath(issue) ?? '');

function writeField(
  body: Fields,
  conflict: ConflictingField,
  merge: FieldMerge | undefined,
  context: ActionContext,
): Result<Fields, AppError> {
  const mine = parseJson(conflict.mine);
  const theirs = parseJson(conflict.theirs);
  if (merge === undefined || !mine.ok || !theirs.ok) return invalid([conflict.field]);
  if (conflict.itemId === undefined) {
    const now = body[conflict.field];
    if (!isSameJson(now, theirs.value) && !isSameJson(now, mine.value)) {
      return fail(appError('record.changed-meanwhile'));
    }
    return ok({ ...body, [conflict.field]: mine.value });
  }
  const items = v.safeParse(v.array(ItemSchema), body[conflict.field]);
  const item = v.safeParse(ItemSchema, mine.value);
  if (!items.success || !item.success) return invalid([conflict.field]);
  const written = writeItem(items.output, conflict.itemId, item.output, theirs.value, merge, context);
  return written.ok ? ok({ ...body, [conflict.field]: written.value }) : written;
}

function writeItem(
  items: readonly Item[],
  itemId: string,
  mine: Item,
  theirs: unknown,
  merge: FieldMerge,
  context: ActionContext,
): Result<readonly Item[], AppError> {
  const now = items.find((item) => item.id === itemId);
  if (now !== undefined && !isSameJson(now, theirs) && !isSameJson(now, mine)) {
    return fail(appError('record.changed-meanwhile'));
  }
  if (now === undefined) return ok([...items, mine]);
  if (merge === 'entries') return ok([...items, asNewEntry(mine, context)]);
  return ok(items.map((item) => (item.id === itemId ? mine : item)));
}

/** Entries are never changed once written: the other reading of one comes in as its correction. */
function asNewEntry(mine: Item, context: ActionContext): Item {
  const isMark = mine.kind === 'void' || mine.kind === 'restore';
  const amends = isMark ? mine.amends : mine.id;
  return { ...mine, id: context.newId(), at: context.now, by: context.person, amends };
}

function parseJson(text: string | undefined): Result<unknown, null> {
  if (text === undefined) return ok(undefined);
  try {
    return ok(JSON.parse(text));
  } catch {
    return fail(null);
  }
}

/** Whether two JSON values are the same; the order of members does not matter, absent and undefined are one. */
export function isSameJson(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((item, index) => isSameJson(item, right[index]));
  }
  if (!isPlainObject(left) || !isPlainObject(right)) return false;
  const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
  return [...keys].every((key) => isSameJson(left[key], right[key]));
}

const isPlainObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
