import * as v from 'valibot';
import { type AppError, appError } from '#contracts/errors.ts';
import { type PatientBody, patients } from '#contracts/records/patients.ts';
import type { FieldMerge } from '#contracts/records/record.ts';
import type { ConflictingField } from '#contracts/records/reviews.ts';
import { type VisitBody, visits } from '#contracts/records/visits.ts';
import { fail, ok, type Result } from '#contracts/result.ts';
import { isAnyStanding } from '../patient-links.ts';
import { type ActionContext, invalid, withoutUndefined } from './action.ts';
import { ItemSchema, writeEntry } from './conflicting-entries.ts';
import { isSameJson } from './json-equality.ts';

type Fields = Record<string, unknown>;

/** A body of one of the collections whose conflicts a person settles. */
export type WrittenBack =
  | { readonly collection: 'patients'; readonly body: PatientBody }
  | { readonly collection: 'visits'; readonly body: VisitBody };

/**
 * What may be overwritten: values that the question showed, anything (the person saw what is there), or only the value of
 * the other side, everything else staying as it is.
 */
export type Overwriting = 'nothing-unseen' | 'anything' | 'only-the-other-side';

/** `before` is what stood before anybody decided: `theirs`, and of opposing entries the one that was not void. */
export type Side = 'mine' | 'theirs' | 'before';

export interface SideOrder {
  readonly fields: readonly ConflictingField[];
  readonly side: Side;
  readonly overwriting: Overwriting;
}

/**
 * The body with one side of every conflicting field. A value of neither side was written by somebody who did not see this
 * question: with `nothing-unseen` that is `record.changed-meanwhile`.
 */
export function writeSide(
  collection: 'patients' | 'visits',
  body: PatientBody | VisitBody,
  order: SideOrder,
  context: ActionContext,
): Result<WrittenBack, AppError> {
  const merges: Readonly<Record<string, FieldMerge>> =
    collection === 'patients' ? mergesOf(patients.merge) : mergesOf(visits.merge);
  let changed: Fields = { ...body };
  for (const conflict of order.fields) {
    const next = writeField(changed, conflict, merges[conflict.field], order, context);
    if (!next.ok) return next;
    changed = next.value;
  }
  return parseBody(collection, withoutUndefined(changed));
}

const mergesOf = (policy: typeof patients.merge | typeof visits.merge) =>
  policy.kind === 'fields' ? policy.fields : {};

/** What is checked stays as it is: parsing would drop fields that a newer program added (docs/specs/sync.md VER-5). */
function parseBody(collection: 'patients' | 'visits', body: Fields): Result<WrittenBack, AppError> {
  if (collection === 'patients') {
    if (isPatientBody(body)) return ok({ collection, body: withAllergiesInSight(body) });
    return invalid(pathsOf(v.safeParse(patients.body, body).issues ?? []));
  }
  if (isVisitBody(body)) return ok({ collection, body });
  return invalid(pathsOf(v.safeParse(visits.body, body).issues ?? []));
}

/** As in a merge (docs/specs/sync.md MRG-9): a standing allergy is taken back as one entered in error, never by a status above it. */
const withAllergiesInSight = (body: PatientBody): PatientBody =>
  isAnyStanding(body.allergies) ? { ...body, allergyStatus: 'known' } : body;

const isPatientBody = (body: unknown): body is PatientBody => v.is(patients.body, body);
const isVisitBody = (body: unknown): body is VisitBody => v.is(visits.body, body);

const pathsOf = (issues: readonly v.BaseIssue<unknown>[]): readonly string[] =>
  issues.slice(0, 20).map((issue) => v.getDotPath(issue) ?? '');

function writeField(
  body: Fields,
  conflict: ConflictingField,
  merge: FieldMerge | undefined,
  { side, overwriting }: SideOrder,
  context: ActionContext,
): Result<Fields, AppError> {
  const mine = parseJson(conflict.mine);
  const theirs = parseJson(conflict.theirs);
  const { field, itemId } = conflict;
  if (merge === undefined || !mine.ok || !theirs.ok) return invalid([field]);
  const sides = { mine: mine.value, theirs: theirs.value };
  if (itemId === undefined) {
    const chosen = choose(body[field], sides, side, overwriting);
    return chosen.ok ? ok({ ...body, [field]: chosen.value }) : chosen;
  }
  const items = v.safeParse(v.array(ItemSchema), body[field]);
  if (!items.success) return invalid([field]);
  const written =
    merge === 'entries'
      ? writeEntry(items.output, itemId, sides, { side, overwriting }, context)
      : writeItem(items.output, itemId, sides, { side, overwriting });
  return written.ok ? ok({ ...body, [field]: written.value }) : written;
}

interface Sides {
  readonly mine: unknown;
  readonly theirs: unknown;
}

function choose(now: unknown, sides: Sides, side: Side, overwriting: Overwriting): Result<unknown, AppError> {
  const [wanted, other] = side === 'mine' ? [sides.mine, sides.theirs] : [sides.theirs, sides.mine];
  if (isSameJson(now, wanted)) return ok(now);
  if (isSameJson(now, other) || overwriting === 'anything') return ok(wanted);
  return overwriting === 'nothing-unseen' ? fail(appError('record.changed-meanwhile')) : ok(now);
}

type Items = readonly v.InferOutput<typeof ItemSchema>[];

function writeItem(
  items: Items,
  itemId: string,
  sides: Sides,
  { side, overwriting }: Pick<SideOrder, 'side' | 'overwriting'>,
): Result<Items, AppError> {
  const now = items.find((item) => item.id === itemId);
  const chosen = now === undefined ? ok(sideOf(sides, side)) : choose(now, sides, side, overwriting);
  if (!chosen.ok) return chosen;
  const item = v.safeParse(ItemSchema, chosen.value);
  if (!item.success) return invalid(['item']);
  if (now === undefined) return ok([...items, item.output]);
  return ok(items.map((each) => (each.id === itemId ? item.output : each)));
}

const sideOf = (sides: Sides, side: Side): unknown => (side === 'mine' ? sides.mine : sides.theirs);

function parseJson(text: string | undefined): Result<unknown, null> {
  if (text === undefined) return ok(undefined);
  try {
    return ok(JSON.parse(text));
  } catch {
    return fail(null);
  }
}
