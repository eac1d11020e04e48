import { describe, expect, it } from 'vitest';
import type { PatientBody } from '#contracts/records/patients.ts';
import { testContext } from '../actions/memory-reader.ts';
import type { QueryWord } from '../ports/search-rules.ts';
import { toCyrillic, toLatin } from '../transliteration.ts';
import { editDistance, prefixDistance } from './edit-distance.ts';
import { foldLoose, foldStrict, splitWords } from './fold.ts';
import { goldenSpellings } from './golden-spellings.ts';
import { patientSearchRules } from './patient-search-rules.ts';

const patient = (family: string, given: string, more: Partial<PatientBody> = {}): PatientBody => ({
  name: { family, given },
  sex: 'female',
  birth: { date: '1985-03-12' },
  allergyStatus: 'not-recorded',
  allergies: [],
  problems: [],
  ...more,
});

function goldenPairs(): readonly (readonly [string, string])[] {
  return goldenSpellings.flatMap((line) => {
    const spellings = [...new Set(line.split(' '))];
    return spellings.flatMap((left) =>
      spellings.filter((right) => right !== left).map((right) => [left, right] as const),
    );
  });
}

const wordOf = (text: string): QueryWord => {
  const strict = foldStrict(text);
  return { plain: text.toLowerCase(), strict, loose: foldLoose(strict) };
};
const isFound = (typed: string, known: string): boolean => {
  const [left, right] = [wordOf(typed).loose, wordOf(known).loose];
  return right.startsWith(left) || patientSearchRules.mayMean(left, right);
};

describe('spellings of one name', () => {
  const pairs = goldenPairs();

  it('meet by the rules, all of them (SEA-2, SEA-3, SEA-5)', () => {
    expect(goldenSpellings.length).toBeGreaterThanOrEqual(60);
    expect(pairs.length).toBeGreaterThan(400);
    expect(pairs.filter(([typed, known]) => !isFound(typed, known))).toEqual([]);
  });

  it('meet by tier 1 in part, by tier 2 nearly always', () => {
    const strict = pairs.filter(([left, right]) => wordOf(left).strict === wordOf(right).strict).length;
    const loose = pairs.filter(([left, right]) => wordOf(left).loose === wordOf(right).loose).length;
    expect(strict / pairs.length).toBeGreaterThan(0.5);
    expect(strict / pairs.length).toBeLessThan(0.9);
    expect(loose / pairs.length).toBeGreaterThan(0.93);
  });

  it('are apart for different names', () => {
    const heads = goldenSpellings.map((line) => line.split(' ')[0] ?? '');
    const clashes = heads.flatMap((left, index) =>
      heads.slice(index + 1).filter((right) => right !== left && wordOf(left).loose === wordOf(right).loose),
    );
    expect(clashes).toEqual([]);
  });
});

describe('folding', () => {
  it('gives one key for one word in either Uzbek script', () => {
    for (const line of goldenSpellings) {
      const head = line.split(' ')[0] ?? '';
      expect(foldStrict(toLatin(head))).toBe(foldStrict(head));
      expect(foldStrict(toCyrillic(toLatin(head)))).toBe(foldStrict(head));
    }
  });

  it('does not care which apostrophe was typed, nor about case', () => {
    for (const mark of ["'", '`', '‘', '’', 'ʻ', 'ʼ']) {
      expect(foldStrict(`JO${mark}RAYEV`)).toBe('joraev');
      expect(splitWords(`Jo${mark}rayev`)).toEqual(['joʻrayev']);
    }
  });

  it('folds again to itself, and to ASCII only', () => {
    for (const spelling of goldenSpellings.join(' ').split(' ')) {
      const strict = foldStrict(spelling);
      expect(strict).toMatch(/^[a-z]+$/);
      expect(foldStrict(strict)).toBe(strict);
      const loose = foldLoose(strict);
      expect(foldLoose(loose)).toBe(loose);
    }
  });

  it('keeps the beginning of a word while it is being typed', () => {
    for (const word of ['Yuldashev', 'Юлдашев', 'Ergashev', 'Shahlo', "O'g'iloy", 'Ёқубов']) {
      for (let length = 1; length <= word.length; length += 1) {
        const typed = foldLoose(foldStrict(word.slice(0, length)));
        expect(foldLoose(foldStrict(word)).startsWith(typed)).toBe(true);
      }
    }
  });

  it('gives nothing for other scripts and signs', () => {
    expect(foldStrict('王')).toBe('');
    expect(splitWords('a-b, c. 12')).toEqual(['a', 'b', 'c']);
  });
});

describe('edit distance', () => {
  it.each([
    ['karimov', 'karimov', 0],
    ['karimov', 'karmov', 1],
    ['karimov', 'karimovv', 1],
    ['karimov', 'kairmov', 1],
    ['karimov', 'karimav', 1],
    ['karimov', 'kraimva', 3],
    ['', 'ab', 2],
  ])('%s %s', (left, right, distance) => {
    expect(editDistance(left, right, 5)).toBe(distance);
    expect(editDistance(right, left, 5)).toBe(distance);
    expect(editDistance(left, right, distance)).toBe(distance);
    if (distance > 0) expect(editDistance(left, right, distance - 1)).toBe(distance);
  });

  it('of a beginning', () => {
    expect(prefixDistance('kar', 'karimov', 2)).toBe(0);
    expect(prefixDistance('krim', 'karimov', 2)).toBe(1);
    expect(prefixDistance('xyz', 'karimov', 2)).toBe(3);
    expect(prefixDistance('karimovaxyz', 'karimov', 2)).toBe(3);
  });
});

describe('what a typed text means', () => {
  const fieldsOf = (text: string) =>
    patientSearchRules
      .understand(text)
      .numbers.map((number) => number.meanings.map((fit) => `${fit.field} ${fit.beginning}`));

  it('parts words from numbers', () => {
    const query = patientSearchRules.understand('  Karimova SHAHLO  1985 ');
    expect(query.words.map((word) => word.plain)).toEqual(['karimova', 'shahlo']);
    expect(fieldsOf('Karimova 1985')[0]).toContain('birth 1985');
  });

  it('reads dates, PINFLs and telephone numbers', () => {
    expect(fieldsOf('12.03.1985')[0]).toContain('birth 1985-03-12');
    expect(fieldsOf('12.3.85')[0]).toEqual(expect.arrayContaining(['birth 1985-03-12', 'birth 2085-03-12']));
    expect(fieldsOf('31203851234563')[0]).toContain('pinfl 31203851234563');
    expect(fieldsOf('4563')[0]).toEqual(expect.arrayContaining(['pinflReversed 3654', 'phoneReversed 3654']));
    expect(fieldsOf('+998 90 123-45-67')).toHaveLength(1);
    expect(fieldsOf('+998 90 123-45-67')[0]).toContain('phone 901234567');
    expect(fieldsOf('12')).toEqual([]);
  });

  it('asks for nothing where nothing was said', () => {
    expect(patientSearchRules.understand(' ., ')).toEqual({ words: [], numbers: [], hasLeftOut: false });
  });

  it('leaves the small words of patronymics out, unless they are all', () => {
    expect(patientSearchRules.understand("Karim o'g'li").words.map((word) => word.plain)).toEqual(['karim']);
    expect(patientSearchRules.understand('qizi').words).toHaveLength(1);
  });

  it('has a limit', () => {
    expect(patientSearchRules.understand('a b c d e f g h i j').words).toHaveLength(6);
    expect(
      patientSearchRules.understand('1985 a 1986 b 1987 c 1988 d 1989 e 1990 f 1991 g 1992').numbers,
    ).toHaveLength(6);
  });
});

describe('whether all of it fits (SEA-10)', () => {
  const meets = (text: string, body: PatientBody) =>
    patientSearchRules.fit(patientSearchRules.understand(text), patientSearchRules.describe(body)).meetsAll;
  const mardonova = patient('Мардонова', 'Гулчехра', { phone: '+998901234567' });

  it.each([
    ['Mardonova', true],
    ['gulch mard', true],
    ['mardanova gulchehra', true],
    ['gulch 1985', true],
    ['gulch 12.03.1985 901234567', true],
    ["o'rinboyeva gulch", false],
    ["gulch o'rinboyeva", false],
    ['gulch 1986', false],
    ['mardonova gulch karim', false],
    ['', false],
  ])('%s of Mardonova Gulchehra: %s', (text, isMet) => {
    expect(meets(text, mardonova)).toBe(isMet);
  });

  it('asks for a name of its own for every word', () => {
    expect(meets('Karimova Karima', patient('Karimova', 'Nodira'))).toBe(false);
    expect(meets('Karimova Karima', patient('Karimova', 'Karima'))).toBe(true);
    expect(meets('Karim Karim', patient('Karim', 'Anvar'))).toBe(false);
  });

  it('lets a word give way to one that fits nothing else', () => {
    const twice = patient('Karimov', 'Karimjon');
    for (const text of ['karim karimov', 'karimov karim', 'kar karimj', 'karimj kar'])
      expect([text, meets(text, twice)]).toEqual([text, true]);
    expect(meets('karim karimov kar', twice)).toBe(false);
    const chain = patient('Alimov', 'Ali', {
      name: { family: 'Alimov', given: 'Ali', patronymic: 'Alijonovich' },
    });
    expect(meets('al ali alim', chain)).toBe(true);
    expect(meets('al ali alim alij', chain)).toBe(false);
  });

  it('tells when something typed is not looked for at all', () => {
    const hasLeftOut = (text: string) => patientSearchRules.understand(text).hasLeftOut;
    for (const text of ["karimova qizi o'g'li", 'karimova 1985', 'a b c d e f', 'karimova, -', "karimova '"])
      expect([text, hasLeftOut(text)]).toEqual([text, false]);
    for (const text of ['karimova 12', 'karimova 王', 'a b c d e f g', '123456789012345 karimova'])
      expect([text, hasLeftOut(text)]).toEqual([text, true]);
  });
});

describe('ranking', () => {
  const score = (text: string, body: PatientBody) =>
    patientSearchRules.fit(patientSearchRules.understand(text), patientSearchRules.describe(body)).score;

  it('puts the nearest spelling first (SEA-6)', () => {
    const names = ['Hasanov', 'Xasanov', 'Hasanova', 'Гасанов', 'Hosonov', 'Ergashev'];
    const scores = names.map((family) => score('Hasanov', patient(family, 'Anvar')));
    expect([...scores].sort((left, right) => right - left)).toEqual(scores);
    expect(scores.at(-1)).toBe(0);
  });

  it('does not count one name twice', () => {
    expect(score('Karim Karim', patient('Karim', 'Anvar'))).toBeLessThan(
      score('Karim Anvar', patient('Karim', 'Anvar')),
    );
  });

  it('takes words in any order, and both words written as one', () => {
    expect(score('Anvar Karimov', patient('Karimov', 'Anvar'))).toBe(
      score('Karimov Anvar', patient('Karimov', 'Anvar')),
    );
    expect(score('Abdurahmon', patient('Karimov', 'Abdu Rahmon'))).toBe(100);
  });

  it('puts void records below sound ones', () => {
    const voided = { voided: { reason: 'twice', at: 1, by: testContext.person } };
    expect(score('Karimov', patient('Karimov', 'A', voided))).toBeLessThan(
      score('Karimov', patient('Karimov', 'A')),
    );
  });

  it('prefers a birth year to digits that happen to end a number', () => {
    const born = patient('Karimov', 'A', { birth: { date: '1985-01-01' } });
    const called = patient('Karimov', 'A', { birth: { date: '1960-01-01' }, phone: '+998901231985' });
    expect(score('Karimov 1985', born)).toBeGreaterThan(score('Karimov 1985', called));
  });
});
