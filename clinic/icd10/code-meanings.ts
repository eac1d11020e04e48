/**
 * Latin letters that a Cyrillic one may stand for at the beginning of a code: the one it looks like, the one it sounds
 * like, and the one on its key, since nurses switch the keyboard for three characters only when they must.
 */
const latinByCyrillic: Readonly<Record<string, string>> = {
  А: 'AF',
  Б: 'B',
  В: 'BVD',
  Г: 'GU',
  Д: 'DL',
  Е: 'ET',
  З: 'ZP',
  И: 'IB',
  Й: 'JQ',
  К: 'KR',
  Л: 'LK',
  М: 'MV',
  Н: 'HNY',
  О: 'OJ',
  П: 'PG',
  Р: 'PRH',
  С: 'CS',
  Т: 'TN',
  У: 'YUE',
  Ф: 'FA',
  Х: 'XH',
  Ц: 'CW',
  Ч: 'X',
  Ш: 'I',
  Щ: 'O',
  Ы: 'S',
  Ь: 'M',
  Э: 'E',
  Я: 'Z',
  Ў: 'W',
  Қ: 'Q',
  Ҳ: 'H',
};

/**
 * Beginnings of codes that a text may mean, likeliest first: `а10` A10 and F10, `E119` and `e11,9` E11.9. Empty if the text
 * is no code: one letter and at least one digit.
 */
export function codeMeanings(text: string): readonly string[] {
  const typed = text.toUpperCase().replace(/\s/g, '').replace(',', '.');
  const match = /^(\p{L})(\d{1,2})(?:\.?(\d{0,2}))?$/u.exec(typed);
  if (match === null) return [];
  const [, letter = '', category = '', subdivision = ''] = match;
  const digits = subdivision === '' ? category : `${category}.${subdivision}`;
  const letters = /[A-Z]/.test(letter) ? letter : (latinByCyrillic[letter] ?? '');
  return [...letters].map((latin) => latin + digits);
}
