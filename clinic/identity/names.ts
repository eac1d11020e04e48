/** Everything people and keyboards use where Uzbek Latin has a mark: ' ` ´ ‘ ’ ʻ ʼ ʹ ′ and a few more. */
const anyApostrophe = /['`´‘’‛ʻʼʽʹʿ′＇]/g;
/** U+02BB, the mark of oʻ and gʻ. */
export const turnedComma = '\u02bb';
/** U+02BC, the mark that stands alone (tutuq belgisi). */
export const modifierApostrophe = '\u02bc';

/** Words that stay small after a patronymic: "Karim oʻgʻli". */
const smallWords = new Set([
  `o${turnedComma}g${turnedComma}li`,
  'ogli',
  'ugli',
  'qizi',
  'kizi',
  'ўғли',
  'угли',
  'оглы',
  'қизи',
  'кизи',
  'кызы',
]);

/** Gives oʻ and gʻ their U+02BB and every other apostrophe its U+02BC, whatever was typed. */
export function normalizeApostrophes(text: string): string {
  return text.replace(anyApostrophe, (_mark, at: number) =>
    /[oOgG]/.test(text.charAt(at - 1)) ? turnedComma : modifierApostrophe,
  );
}

/**
 * One part of a name as it is kept: NFC, single blanks, apostrophes as Uzbek writes them, each word capitalised. Words in
 * mixed case are left as typed but for the first letter ("McDonald"). No transliteration: the script of the document stays.
 */
export function normalizeName(text: string): string {
  const words = normalizeApostrophes(text.normalize('NFC')).trim().split(/\s+/);
  return words
    .filter((word) => word !== '')
    .map((word, index) => capitalizeWord(word, index > 0))
    .join(' ');
}

function capitalizeWord(word: string, mayBeSmall: boolean): string {
  const lower = word.toLowerCase();
  if (mayBeSmall && smallWords.has(lower)) return lower;
  return word.split('-').map(capitalizePart).join('-');
}

function capitalizePart(part: string): string {
  const isShouted = part === part.toUpperCase() && part.length > 1;
  const [first = '', ...rest] = isShouted ? part.toLowerCase() : part;
  return first.toUpperCase() + rest.join('');
}

/** The parts of a person's name, as kept. An empty patronymic is left out. */
export interface NameParts {
  readonly family: string;
  readonly given: string;
  readonly patronymic?: string | undefined;
}

/** Normalises all parts of a name. */
export function normalizeNameParts(name: NameParts): { family: string; given: string; patronymic?: string } {
  const patronymic = normalizeName(name.patronymic ?? '');
  return {
    family: normalizeName(name.family),
    given: normalizeName(name.given),
    ...(patronymic === '' ? {} : { patronymic }),
  };
}
