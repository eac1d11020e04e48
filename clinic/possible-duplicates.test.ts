import { describe, expect, it } from 'vitest';
import { duplicateScore, type Identity, possibleDuplicateScore } from './possible-duplicates.ts';

const shahlo: Identity = {
  name: { family: 'Joʻrayeva', given: 'Shahlo', patronymic: 'Karimovna' },
  sex: 'female',
  birth: { date: '1985-03-12' },
  address: { mahalla: '20110002' },
};

describe('possible duplicates', () => {
  it.each<[string, Partial<Identity>]>([
    ['the same', {}],
    ['in Cyrillic', { name: { family: 'Жўраева', given: 'Шаҳло', patronymic: 'Карим қизи' } }],
    ['in Russian', { name: { family: 'Джураева', given: 'Шахла', patronymic: 'Каримовна' } }],
    ['without patronymic', { name: { family: 'Jurayeva', given: 'Shaxlo' } }],
    ['names exchanged', { name: { family: 'Shahlo', given: 'Joʻrayeva', patronymic: 'Karimovna' } }],
    ['one wrong letter', { name: { family: 'Joʻrayva', given: 'Shahlo', patronymic: 'Karimovna' } }],
    ['day and month exchanged', { birth: { date: '1985-12-03' } }],
    ['a digit wrong', { birth: { date: '1985-03-13' } }],
    ['estimated', { birth: { date: '1986', approximate: true } }],
    ['another mahalla', { address: { mahalla: '20110001' } }],
  ])('are shown: %s', (_what, change) => {
    const other = { ...shahlo, ...change };
    expect(duplicateScore(shahlo, other)).toBeGreaterThanOrEqual(possibleDuplicateScore);
    expect(duplicateScore(other, shahlo)).toBe(duplicateScore(shahlo, other));
  });

  it.each<[string, Partial<Identity>]>([
    [
      'a sister',
      {
        name: { family: 'Joʻrayeva', given: 'Nilufar', patronymic: 'Karimovna' },
        birth: { date: '1988-01-05' },
      },
    ],
    ['a twin sister', { name: { family: 'Joʻrayeva', given: 'Madina', patronymic: 'Karimovna' } }],
    ['a namesake of another age', { birth: { date: '1961-10-02' } }],
    ['the other sex', { sex: 'male' }],
    ['a stranger', { name: { family: 'Ergashev', given: 'Anvar' }, birth: { date: '1990-07-01' } }],
    ['a stranger born that day', { name: { family: 'Ergasheva', given: 'Lola', patronymic: 'Anvarovna' } }],
  ])('are not shown: %s', (_what, change) => {
    expect(duplicateScore(shahlo, { ...shahlo, ...change })).toBeLessThan(possibleDuplicateScore);
  });

  it('let the PINFL decide both ways', () => {
    const [mine, other] = ['41203851234563', '41203851234570'];
    const stranger = {
      ...shahlo,
      name: { family: 'Ergashev', given: 'Anvar' },
      birth: { date: '1990-07-01' },
    };
    expect(duplicateScore({ ...shahlo, pinfl: mine }, { ...stranger, pinfl: mine })).toBe(1);
    expect(duplicateScore({ ...shahlo, pinfl: mine }, { ...shahlo, pinfl: other })).toBeLessThanOrEqual(0.3);
    expect(duplicateScore({ ...shahlo, pinfl: mine }, shahlo)).toBeGreaterThan(0.95);
  });
});
