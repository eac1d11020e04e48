/**
 * The one text of a JSON value that is signed: keys in code-unit order, `undefined` members left out, every character beyond
 * ASCII written as `\uXXXX`, so that the text is its own bytes. Apart from these escapes it is the canonical JSON of
 * sync/merge, which a test sees to. Throws on what JSON cannot hold.
 */
export function canonicalText(value: unknown): string {
  if (typeof value === 'string') return textOfString(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError('JSON holds no NaN or infinity');
    return String(value);
  }
  if (value === null || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return `[${value.map(canonicalText).join()}]`;
  if (typeof value === 'object') return `{${membersOf(value).join()}}`;
  throw new TypeError(`JSON holds no ${typeof value}`);
}

/** The bytes of a text that holds ASCII alone. */
export const asciiBytes = (text: string): Uint8Array =>
  Uint8Array.from(text, (character) => character.charCodeAt(0));

const membersOf = (value: object): readonly string[] =>
  Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, member]) => `${textOfString(name)}:${canonicalText(member)}`);

const textOfString = (value: string): string =>
  JSON.stringify(value).replace(
    /[^\u0020-\u007e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
