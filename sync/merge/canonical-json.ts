/**
 * JSON text of a plain value with object keys in code-unit order, so that equal values have equal text.
 * `undefined` members are left out, as `JSON.stringify` does. Throws on values JSON cannot hold. Every revision is made
 * from it on both sides, which is why it builds text in plain loops and remembers the order of keys it has met.
 */
export function canonicalJson(value: unknown): string {
  if (typeof value === 'string') return stringText(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError('JSON holds no NaN or infinity');
    return String(value);
  }
  if (value === null || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return canonicalArray(value);
  if (typeof value === 'object') return canonicalObject(value);
  throw new TypeError(`JSON holds no ${typeof value}`);
}

/** What `JSON.stringify` writes with an escape, and halves of characters, of which it escapes some. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON escapes them
const unusual = /["\\\u0000-\u001f\ud800-\udfff]/;

const stringText = (value: string) => (unusual.test(value) ? JSON.stringify(value) : `"${value}"`);

function canonicalArray(items: readonly unknown[]): string {
  let text = '[';
  for (let index = 0; index < items.length; index++) {
    if (index > 0) text += ',';
    text += canonicalJson(items[index]);
  }
  return `${text}]`;
}

function canonicalObject(value: object): string {
  let text = '';
  for (const { key, label } of orderOf(Object.keys(value))) {
    const member: unknown = Reflect.get(value, key);
    if (member === undefined) continue;
    text += `${text === '' ? '' : ','}${label}${canonicalJson(member)}`;
  }
  return `{${text}}`;
}

/** A key and how it is written in front of its value. */
interface LabelledKey {
  readonly key: string;
  readonly label: string;
}

/** Objects whose keys so far are those on the way here. */
interface Shape {
  readonly next: Map<string, Shape>;
  order: readonly LabelledKey[] | undefined;
}

/** Records have some tens of shapes. What a stranger makes up beyond these limits is sorted each time. */
const maxShapes = 2_000;
const maxKeys = 40;
const maxKeyLength = 40;

const noKeys: Shape = { next: new Map(), order: [] };
let shapes = 0;

/** The keys in code-unit order. Sorting takes longer than everything else here, and most objects come in a known shape. */
function orderOf(keys: readonly string[]): readonly LabelledKey[] {
  const shape = keys.length > maxKeys ? undefined : shapeOf(keys);
  if (shape === undefined) return sorted(keys);
  shape.order ??= sorted(keys);
  return shape.order;
}

function shapeOf(keys: readonly string[]): Shape | undefined {
  let shape = noKeys;
  for (const key of keys) {
    let next = shape.next.get(key);
    if (next === undefined) {
      if (shapes >= maxShapes || key.length > maxKeyLength) return undefined;
      shapes += 1;
      next = { next: new Map(), order: undefined };
      shape.next.set(key, next);
    }
    shape = next;
  }
  return shape;
}

const sorted = (keys: readonly string[]): readonly LabelledKey[] =>
  keys.toSorted().map((key) => ({ key, label: `${stringText(key)}:` }));
