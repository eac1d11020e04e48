import type { FieldMerge } from '#contracts/records/record.ts';
import { canonicalJson } from './canonical-json.ts';
import type { Conflict } from './conflict-values.ts';
import { isSame } from './json-equality.ts';
import type { FieldSides } from './merge-record.ts';

export type Item = Readonly<Record<string, unknown>>;

/** Items of one side by key, in their order. */
export type ItemsByKey = ReadonlyMap<string, Item>;

/**
 * Merges a field that is a list of items with an `id`: the center's order, then what is new here. No item goes away.
 * An item that differs is settled by `policy` (MRG-2, MRG-3).
 */
export function mergeItems(
  field: string,
  policy: Exclude<FieldMerge, 'atom'>,
  sides: FieldSides,
): { readonly value: readonly Item[] | undefined; readonly conflicts: readonly Conflict[] } {
  if (sides.mine[field] === undefined && sides.theirs[field] === undefined) {
    return { value: undefined, conflicts: [] };
  }
  const base = itemsByKey(sides.base[field]);
  const mine = itemsByKey(sides.mine[field]);
  const theirs = itemsByKey(sides.theirs[field]);
  const settled = [...theirs].map(([key, item]) =>
    settleItem(field, policy, base.get(key), mine.get(key), item),
  );
  const added = [...mine].filter(([key]) => !theirs.has(key)).map(([, item]) => item);
  return {
    value: [...settled.map(({ item }) => item), ...added],
    conflicts: [
      ...settled.flatMap(({ conflict }) => (conflict === undefined ? [] : [conflict])),
      ...voidsAgainstAmendments(field, base, mine, theirs),
    ],
  };
}

function settleItem(
  field: string,
  policy: 'union' | 'entries',
  base: Item | undefined,
  mine: Item | undefined,
  theirs: Item,
): { readonly item: Item; readonly conflict?: Conflict } {
  if (mine === undefined || isSame(mine, theirs)) return { item: theirs };
  if (policy === 'union' && isSame(mine, base)) return { item: theirs };
  if (policy === 'union' && isSame(theirs, base)) return { item: mine };
  return { item: theirs, conflict: { field, ...idOf(mine), base, mine, theirs } };
}

/**
 * One side voided an entry while the other corrected it: both new entries stay, and a person looks (MRG-5). Named by the
 * entry written here, so that settling it never touches the entry both were about.
 */
function voidsAgainstAmendments(
  field: string,
  base: ItemsByKey,
  mine: ItemsByKey,
  theirs: ItemsByKey,
): readonly Conflict[] {
  const newTheirs = [...theirs].filter(([key]) => !base.has(key) && !mine.has(key)).map(([, item]) => item);
  return [...mine]
    .filter(([key]) => !base.has(key) && !theirs.has(key))
    .flatMap(([, item]) => {
      const against = newTheirs.find((other) => opposes(item, other));
      if (against === undefined) return [];
      const amended = typeof item.amends === 'string' ? base.get(keyOf(item.amends, 0)) : undefined;
      return [{ field, ...idOf(item), base: amended, mine: item, theirs: against }];
    });
}

const opposes = (left: Item, right: Item): boolean =>
  typeof left.amends === 'string' &&
  left.amends === right.amends &&
  (isVoid(left) ? isEdit(right) : isVoid(right) && isEdit(left));

const isVoid = (item: Item): boolean => item.kind === 'void';
const isEdit = (item: Item): boolean => item.kind !== 'void' && item.kind !== 'restore';

/** Ids should be unique, but a list that repeats one still loses nothing: the occurrence is part of the key. */
function itemsByKey(value: unknown): ItemsByKey {
  const occurrences = new Map<string, number>();
  const items = new Map<string, Item>();
  for (const item of Array.isArray(value) ? value.filter(isItem) : []) {
    const id = typeof item.id === 'string' ? item.id : canonicalJson(item);
    const occurrence = occurrences.get(id) ?? 0;
    occurrences.set(id, occurrence + 1);
    items.set(keyOf(id, occurrence), item);
  }
  return items;
}

const keyOf = (id: string, occurrence: number): string => `${id}#${occurrence}`;
const idOf = (item: Item): { readonly itemId?: string } =>
  typeof item.id === 'string' ? { itemId: item.id } : {};
const isItem = (value: unknown): value is Item => typeof value === 'object' && value !== null;
