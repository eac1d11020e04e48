/**
 * SQLite orders text by its UTF-8 bytes, RxDB by UTF-16 code units. They differ where a character above U+FFFF meets one
 * from U+E000 to U+FFFF. Columns hold text in this form, which SQLite orders as RxDB does (STO-9). Text without such
 * characters, that is nearly all, stays as it is; different texts stay different.
 */
export function orderedText(text: string): string {
  return hasCharactersOfNote.test(text) ? mapCharacters(text) : text;
}

const hasCharactersOfNote = /[\ud800-\uffff]/;

const moveBehindEverything = '\u{10ffff}';
const escapeMark = '\u{10fffe}';

function mapCharacters(text: string): string {
  if (!text.isWellFormed()) throw new RangeError('an indexed text holds half a character');
  let mapped = '';
  for (const character of text) mapped += mapCharacter(character);
  return mapped;
}

function mapCharacter(character: string): string {
  if (character === escapeMark) return `${escapeMark}a`;
  if (character === moveBehindEverything) return `${escapeMark}b`;
  return character >= '\ue000' && character.length === 1 ? `${moveBehindEverything}${character}` : character;
}
