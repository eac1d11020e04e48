import { describe, expect, it } from 'vitest';
import { toCyrillic, toLatin, toRussian } from './transliteration.ts';

/** Names and words whose two spellings are fixed by the table, in both directions. */
const pairs = [
  ['Шаҳло', 'Shahlo'],
  ['Хуршид', 'Xurshid'],
  ['Ҳасан', 'Hasan'],
  ['Қодиров', 'Qodirov'],
  ['Жўраев', 'Joʻrayev'],
  ['Ғиждувон', 'Gʻijduvon'],
  ['Ўғилой', 'Oʻgʻiloy'],
  ['Йўлдошев', 'Yoʻldoshev'],
  ['Эргашев', 'Ergashev'],
  ['Ёқубов', 'Yoqubov'],
  ['Юнусова', 'Yunusova'],
  ['Яхёева', 'Yaxyoyeva'],
  ['Чори', 'Chori'],
  ['Исҳоқ', 'Isʼhoq'],
  ['Масъуда', 'Masʼuda'],
  ['Алиева', 'Aliyeva'],
  ['Аъзам', 'Aʼzam'],
  ['Зиёда', 'Ziyoda'],
  ['Муҳаббат', 'Muhabbat'],
  ['Шоҳруҳ', 'Shohruh'],
  ['қон босими', 'qon bosimi'],
  ['бош оғриғи', 'bosh ogʻrigʻi'],
  ['Тошкент', 'Toshkent'],
  ['Ургенч', 'Urgench'],
  ['Каримбой Отаев', 'Karimboy Otayev'],
  ['поэма', 'poema'],
  ['Нәзик', 'Názik'],
  ['ЖЎРАЕВ', 'JOʻRAYEV'],
  ['ШАҲЛО ОПА', 'SHAHLO OPA'],
] as const;

describe('Uzbek in two scripts', () => {
  it.each(pairs)('%s is %s', (cyrillic, latin) => {
    expect(toLatin(cyrillic)).toBe(latin);
    expect(toCyrillic(latin)).toBe(cyrillic);
  });

  it.each([
    ['цирк', 'sirk'],
    ['аптеца', 'aptetsa'],
    ['объект', 'obyekt'],
    ['альбом', 'albom'],
    ['мўъжиза', 'moʻjiza'],
    ['Елена', 'Yelena'],
    ['щётка', 'shyotka'],
  ])('%s goes to %s', (cyrillic, latin) => {
    expect(toLatin(cyrillic)).toBe(latin);
  });

  it('takes any apostrophe', () => {
    for (const mark of ["'", '`', '‘', '’', 'ʻ', 'ʼ']) {
      expect(toCyrillic(`Jo${mark}rayev`)).toBe('Жўраев');
      expect(toCyrillic(`Mas${mark}ud`)).toBe('Масъуд');
    }
  });

  it('leaves the other script, digits and signs alone', () => {
    expect(toLatin('Shahlo 12-a, «Nur»')).toBe('Shahlo 12-a, «Nur»');
    expect(toCyrillic('Шаҳло 12')).toBe('Шаҳло 12');
  });
});

describe('Russian spelling of Uzbek names', () => {
  it.each([
    ['Joʻrayev', 'Джураев'],
    ['Қодиров', 'Кодиров'],
    ['Yoʻldoshev', 'Юлдошев'],
    ['Gʻaniyev', 'Ганиев'],
    ['Hasan', 'Хасан'],
    ['Masʼuda', 'Масуда'],
    ['Эргашев', 'Эргашев'],
  ])('%s is written %s', (uzbek, russian) => {
    expect(toRussian(uzbek)).toBe(russian);
  });
});
