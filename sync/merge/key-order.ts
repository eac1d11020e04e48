/** A key and how it is written in front of its value. */
export interface LabelledKey {
  readonly key: string;
  readonly label: string;
  /** Where among the keys it was, from 0: `Object.values` has the value there, which is quicker than asking the object for it. */
  readonly place: number;
  /** The label in UTF-8. */
  readonly utf8: Uint8Array;
}

/** Objects whose keys so far are those on the way here. */
interface Shape {
  readonly next: Map<string, Shape>;
  /** The key that was met first after these, with where it leads: mostly the only one, and quicker compared than looked up. */
  likely: { readonly key: string; readonly shape: Shape } | undefined;
  order: readonly LabelledKey[] | undefined;
}

/** Records have some tens of shapes. What a stranger makes up beyond these limits is sorted each time. */
const maxShapes = 2_000;
const maxKeys = 40;
const maxKeyLength = 40;

const noKeys: Shape = { next: new Map(), likely: undefined, order: [] };
let shapes = 0;

/**
 * The keys in code-unit order. Sorting takes longer than everything else that canonical JSON needs, and most objects come in a
 * shape that was met before.
 */
export function orderOf(keys: readonly string[]): readonly LabelledKey[] {
  const shape = keys.length > maxKeys ? undefined : shapeOf(keys);
  if (shape === undefined) return sorted(keys);
  shape.order ??= sorted(keys);
  return shape.order;
}

function shapeOf(keys: readonly string[]): Shape | undefined {
  let shape: Shape | undefined = noKeys;
  for (const key of keys) {
    const likely: Shape['likely'] = shape.likely;
    shape = likely !== undefined && likely.key === key ? likely.shape : follow(shape, key);
    if (shape === undefined) return undefined;
  }
  return shape;
}

function follow(shape: Shape, key: string): Shape | undefined {
  const known = shape.next.get(key);
  if (known !== undefined) return known;
  if (shapes >= maxShapes || key.length > maxKeyLength) return undefined;
  shapes += 1;
  const next: Shape = { next: new Map(), likely: undefined, order: undefined };
  shape.next.set(key, next);
  shape.likely ??= { key, shape: next };
  return next;
}

const encoder = new TextEncoder();

function sorted(keys: readonly string[]): readonly LabelledKey[] {
  const labelled = keys.map((key, place) => {
    const label = `${JSON.stringify(key)}:`;
    return { key, label, place, utf8: encoder.encode(label) };
  });
  return labelled.sort((one, other) => (one.key < other.key ? -1 : 1));
}
