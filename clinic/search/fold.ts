import { modifierApostrophe, normalizeApostrophes, turnedComma } from '../identity/names.ts';

/**
 * Sounds of the letters that ASCII lacks, in one rough alphabet for Uzbek, Russian and English spelling. The hard and
 * soft signs are not heard.
 */
const soundByLetter: Readonly<Record<string, string>> = {
  а: 'a',
  б: 'b',
  в: 'v',
  г: 'g',
  д: 'd',
  е: 'e',
  ё: 'io',
  ж: 'j',
  з: 'z',
  и: 'i',
  й: 'i',
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
  х: 'h',
  ц: 'ts',
  ч: 'ch',
  ш: 'sh',
  щ: 'sh',
  ъ: '',
  ы: 'i',
  ь: '',
  э: 'e',
  ю: 'iu',
  я: 'ia',
  ў: 'u',
  қ: 'k',
  ғ: 'g',
  ҳ: 'h',
  ә: 'a',
  ө: 'o',
  ү: 'u',
  ң: 'n',
  ҷ: 'j',
  ӣ: 'i',
  ӯ: 'u',
  і: 'i',
  ş: 'sh',
  ç: 'ch',
  ğ: 'g',
  ı: 'i',
  ə: 'a',
  [turnedComma]: '',
  [modifierApostrophe]: '',
};

/** Words of a text in lower case, with one kind of apostrophe; signs and digits part them. */
export function splitWords(text: string): readonly string[] {
  const normal = normalizeApostrophes(text.normalize('NFC')).toLowerCase();
  return normal.match(/[\p{L}\p{M}]+/gu) ?? [];
}

/**
 * Tier 1 (SEA-2): one script; q and k, x and h, u, oʻ and o, j, zh and dj are one; doubled letters are single. ASCII
 * letters only; other scripts fold to nothing.
 */
export function foldStrict(word: string): string {
  const sounds = [...normalizeApostrophes(word.normalize('NFC')).toLowerCase()]
    .map((letter) => soundByLetter[letter] ?? letter)
    .join('')
    .normalize('NFD')
    .replace(/[^a-z]/g, '');
  return single(
    sounds
      .replace(/dzh|dj|zh/g, 'j')
      .replace(/kh|x/g, 'h')
      .replace(/gh/g, 'g')
      .replace(/ph/g, 'f')
      .replace(/ts/g, 's')
      .replace(/c(?!h)|q/g, 'k')
      .replace(/w/g, 'v')
      .replace(/ye/g, 'e')
      .replace(/y/g, 'i')
      .replace(/u/g, 'o'),
  );
}

/**
 * Tier 2 (SEA-3) of a strict key: a, o, u and ya are one; what Russian spelling does to Uzbek names, g for h and i for e at
 * the beginning, and -tdin for -ddin. The first letter of Yaqub stays, so that it is found while it is being typed.
 */
export function foldLoose(strict: string): string {
  return single(
    strict
      .replace(/^e/, 'i')
      .replace(/o/g, 'a')
      .replace(/(?!^)ia/g, 'a')
      .replace(/g/g, 'h')
      .replace(/td/g, 'd'),
  );
}

const single = (letters: string): string => letters.replace(/(.)\1+/g, '$1');

/** The small words of patronymics say nothing of who somebody is. */
const patronymicWords = new Set(['ogli', 'kizi']);
export const isPatronymicWord = (strict: string): boolean => patronymicWords.has(strict);
