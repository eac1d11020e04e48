import { orderOf } from './key-order.ts';

/**
 * JSON text of a plain value with object keys in code-unit order, so that equal values have equal text.
 * `undefined` members are left out, as `JSON.stringify` does. Throws on values JSON cannot hold. The same as bytes:
 * `canonical-bytes.ts`.
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
  const members: readonly unknown[] = Object.values(value);
  for (const { place, label } of orderOf(Object.keys(value))) {
    const member = members[place];
    if (member === undefined) continue;
    text += `${text === '' ? '' : ','}${label}${canonicalJson(member)}`;
  }
  return `{${text}}`;
}
