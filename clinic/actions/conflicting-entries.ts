import * as v from 'valibot';
import { type AppError, appError } from '#contracts/errors.ts';
import { fail, ok, type Result } from '#contracts/result.ts';
import { type ActionContext, invalid } from './action.ts';
import type { SideOrder } from './conflict-values.ts';
import { isSameJson } from './json-equality.ts';

/** Something of a list that is told apart by its id. */
export const ItemSchema = v.looseObject({ id: v.string() });
type Item = v.InferOutput<typeof ItemSchema>;
type Items = readonly Item[];
type Written = Result<Items, AppError>;
type Order = Pick<SideOrder, 'side' | 'overwriting'>;

/**
 * The entries with one side of a conflict. Entries never change once written: the other reading of one comes in as its
 * correction (REV-A3), and a choice against it voids that correction.
 */
export function writeEntry(
  items: Items,
  itemId: string,
  sides: { readonly mine: unknown; readonly theirs: unknown },
  order: Order,
  context: ActionContext,
): Written {
  const mine = v.safeParse(ItemSchema, sides.mine);
  const theirs = v.safeParse(ItemSchema, sides.theirs);
  if (!mine.success || !theirs.success) return invalid(['entries']);
  const isOpposing = theirs.output.id !== itemId;
  return isOpposing
    ? settleOpposing(items, mine.output, theirs.output, order, context)
    : settleReading(items, mine.output, theirs.output, order, context);
}

/**
 * Two readings of one entry: the center's stands, the other comes in as its correction. Once corrected, an entry does not
 * come back by itself (VIS-3): the center's reading is then written as a correction of its own.
 */
function settleReading(
  items: Items,
  mine: Item,
  theirs: Item,
  { side, overwriting }: Order,
  context: ActionContext,
): Written {
  const now = items.find((item) => item.id === mine.id);
  const [wanted, other] = side === 'mine' ? [mine, theirs] : [theirs, mine];
  if (now === undefined) return ok(side === 'mine' ? [...items, mine] : items);
  const corrections = items.filter(
    (item) => !isMark(item) && item.amends === mine.id && !isVoided(items, item.id),
  );
  const readings = corrections.filter((item) => isReadingOf(item, mine) || isReadingOf(item, theirs));
  const shown = corrections.length === 0 ? now : corrections.findLast((item) => isReadingOf(item, wanted));
  const against = readings.filter((item) => !isReadingOf(item, wanted));
  const isShown = shown !== undefined && (shown !== now || isSameJson(now, wanted));
  if (isShown && against.length === 0) return ok(items);
  const isUnseen =
    corrections.length > readings.length || (corrections.length === 0 && !isSameJson(now, other));
  if (isUnseen && overwriting === 'nothing-unseen') return fail(appError('record.changed-meanwhile'));
  if (isUnseen && overwriting === 'only-the-other-side') return ok(items);
  const marks = against.map((item) => voidMark(item.id, undefined, context));
  return ok([...items, ...marks, ...(isShown ? [] : [asCorrection(wanted, context)])]);
}

/** One side voided an entry, the other corrected it: the correction stands or is void as well. */
function settleOpposing(
  items: Items,
  mine: Item,
  theirs: Item,
  order: Order,
  context: ActionContext,
): Written {
  const edit = mine.kind === 'void' ? theirs : mine;
  const wanted = order.side === 'before' ? edit : order.side === 'mine' ? mine : theirs;
  const isUnseen = items.some((item) => !isMark(item) && item.amends === edit.id);
  if (isUnseen && order.overwriting === 'nothing-unseen') return fail(appError('record.changed-meanwhile'));
  if (isUnseen && order.overwriting === 'only-the-other-side') return ok(items);
  const isVoid = isVoided(items, edit.id);
  if (wanted === edit) return ok(isVoid ? [...items, markOf('restore', edit.id, context)] : items);
  return ok(isVoid ? items : [...items, voidMark(edit.id, wanted.reason, context)]);
}

const isMark = (item: Item): boolean => item.kind === 'void' || item.kind === 'restore';

/** The last mark in the list holds, as in clinic/visit-state. */
const isVoided = (items: Items, id: string): boolean =>
  items.findLast((item) => isMark(item) && item.amends === id)?.kind === 'void';

/** Whether a correction says what one side of the conflict said. */
function isReadingOf(item: Item, side: Item): boolean {
  const { id: _id, at: _at, by: _by, amends: _amends, ...content } = item;
  const { id: _own, at: _when, by: _who, amends: _what, ...wanted } = side;
  return isSameJson(content, wanted);
}

function asCorrection(item: Item, context: ActionContext): Item {
  const amends = isMark(item) ? item.amends : item.id;
  return { ...item, id: context.newId(), at: context.now, by: context.person, amends };
}

/** Said of a reading that a person decided against: the same in every language. */
const otherReading = '↔';

function voidMark(amends: string, reason: unknown, context: ActionContext): Item {
  const isTold = typeof reason === 'string' && reason.trim() !== '';
  return { ...markOf('void', amends, context), reason: isTold ? reason : otherReading };
}

function markOf(kind: 'void' | 'restore', amends: string, context: ActionContext): Item {
  return { kind, id: context.newId(), at: context.now, by: context.person, amends };
}
