import { modifierApostrophe, normalizeApostrophes, turnedComma } from './identity/names.ts';

/**
 * Between the two Uzbek scripts, by the table of the 1995 Latin alphabet; the Karakalpak letters that do not clash with
 * Uzbek ones come along. Written for names, places and short terms, not for running text with foreign words.
 */
const latinByCyrillic: Readonly<Record<string, string>> = {
  а: 'a',
  б: 'b',
  в: 'v',
  г: 'g',
  д: 'd',
  ё: 'yo',
  ж: 'j',
  з: 'z',
  и: 'i',
  й: 'y',
  к: 'k',
  л: 'l',
  м: 'm',
  н: 'n',
  о: 'o',
  п: 'p',
  р: 'r',
  с: 's',
  т: 't',
  у: 'u',
  ф: 'f',
  х: 'x',
  ч: 'ch',
  ш: 'sh',
  щ: 'sh',
  ъ: modifierApostrophe,
  ы: 'i',
  ь: '',
  э: 'e',
  ю: 'yu',
  я: 'ya',
  ў: `o${turnedComma}`,
  қ: 'q',
  ғ: `g${turnedComma}`,
  ҳ: 'h',
  ә: 'á',
  ө: 'ó',
  ү: 'ú',
  ң: 'ń',
};

const cyrillicByLatin: readonly (readonly [string, string])[] = [
  [`s${modifierApostrophe}h`, 'сҳ'],
  [`yo${turnedComma}`, 'йў'],
  [`o${turnedComma}`, 'ў'],
  [`g${turnedComma}`, 'ғ'],
  ['sh', 'ш'],
  ['ch', 'ч'],
  ['yo', 'ё'],
  ['yu', 'ю'],
  ['ya', 'я'],
  ['ye', 'е'],
  [modifierApostrophe, 'ъ'],
  ['a', 'а'],
  ['b', 'б'],
  ['c', 'к'],
  ['d', 'д'],
  ['f', 'ф'],
  ['g', 'г'],
  ['h', 'ҳ'],
  ['i', 'и'],
  ['j', 'ж'],
  ['k', 'к'],
  ['l', 'л'],
  ['m', 'м'],
  ['n', 'н'],
  ['o', 'о'],
  ['p', 'п'],
  ['q', 'қ'],
  ['r', 'р'],
  ['s', 'с'],
  ['t', 'т'],
  ['u', 'у'],
  ['v', 'в'],
  ['w', 'ў'],
  ['x', 'х'],
  ['y', 'й'],
  ['z', 'з'],
  ['á', 'ә'],
  ['ó', 'ө'],
  ['ú', 'ү'],
  ['ń', 'ң'],
  ['ǵ', 'ғ'],
  ['ı', 'ы'],
];

const cyrillicVowels = 'аеёиоуыэюяўәөү';
const latinVowels = `aeiouáóúı${turnedComma}`;

/** Uzbek Cyrillic as Uzbek Latin. Text that is Latin already stays as it is. */
export function toLatin(text: string): string {
  const composed = text.normalize('NFC');
  let result = '';
  for (let at = 0; at < composed.length; at += 1) {
    const latin = latinOf(composed, at);
    result += withCaseOf(latin, composed, at, 1);
  }
  return result;
}

function latinOf(text: string, at: number): string {
  const letter = text.charAt(at).toLowerCase();
  const before = text.charAt(at - 1).toLowerCase();
  const after = text.charAt(at + 1).toLowerCase();
  const isAfterVowel = cyrillicVowels.includes(before) && before !== '';
  if (letter === 'е') return !isLetter(before) || isAfterVowel || 'ъь'.includes(before) ? 'ye' : 'e';
  if (letter === 'ц') return isAfterVowel ? 'ts' : 's';
  // The hard sign is heard in "ye" and after oʻ already.
  if (letter === 'ъ' && (after === 'е' || before === 'ў')) return '';
  if (letter === 'с' && after === 'ҳ') return `s${modifierApostrophe}`;
  return latinByCyrillic[letter] ?? text.charAt(at);
}

/** Uzbek Latin, with any apostrophes, as Uzbek Cyrillic. Text that is Cyrillic already stays as it is. */
export function toCyrillic(text: string): string {
  const normal = normalizeApostrophes(text.normalize('NFC'));
  let result = '';
  for (let at = 0; at < normal.length; ) {
    const [length, cyrillic] = cyrillicAt(normal, at);
    result += withCaseOf(cyrillic, normal, at, length);
    at += length;
  }
  return result;
}

function cyrillicAt(text: string, at: number): readonly [number, string] {
  const rest = text.slice(at, at + 3).toLowerCase();
  if (rest.startsWith('e')) {
    const before = text.charAt(at - 1).toLowerCase();
    return [1, !isLetter(before) || latinVowels.includes(before) ? 'э' : 'е'];
  }
  const pair = cyrillicByLatin.find(([latin]) => rest.startsWith(latin));
  return pair === undefined ? [1, text.charAt(at)] : [pair[0].length, pair[1]];
}

/**
 * The usual Russian spelling of an Uzbek name in either script: қ к, ғ г, ҳ х, ў у, ж дж, йў ю, no hard sign. Families that
 * spell theirs otherwise (Гасан, Кадыров) are why the search forgives more than this.
 */
export function toRussian(text: string): string {
  const cyrillic = toCyrillic(text);
  let result = '';
  for (let at = 0; at < cyrillic.length; ) {
    const isYu = cyrillic.slice(at, at + 2).toLowerCase() === 'йў';
    const length = isYu ? 2 : 1;
    const letter = cyrillic.charAt(at).toLowerCase();
    const russian = isYu ? 'ю' : (russianByUzbek[letter] ?? cyrillic.charAt(at));
    result += withCaseOf(russian, cyrillic, at, length);
    at += length;
  }
  return result;
}

const russianByUzbek: Readonly<Record<string, string>> = {
  қ: 'к',
  ғ: 'г',
  ҳ: 'х',
  ў: 'у',
  ж: 'дж',
  ъ: '',
  ә: 'а',
  ө: 'о',
  ү: 'у',
  ң: 'н',
};

const isLetter = (character: string): boolean => /[\p{L}ʻʼ]/u.test(character);

/** `written` in the case of the `length` letters of `source` at `at`: ШО gives SHO, Шо gives Sho. */
function withCaseOf(written: string, source: string, at: number, length: number): string {
  const first = source.charAt(at);
  if (first === first.toLowerCase()) return written;
  const next = source.slice(at + 1, at + Math.max(length, 2));
  const neighbour = isLetter(next.charAt(0)) ? next.charAt(0) : source.charAt(at - 1);
  const isShouted = isLetter(neighbour) && neighbour !== neighbour.toLowerCase();
  return isShouted ? written.toUpperCase() : written.charAt(0).toUpperCase() + written.slice(1);
}
