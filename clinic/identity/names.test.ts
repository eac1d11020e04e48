import { describe, expect, it } from 'vitest';
import { normalizeName, normalizeNameParts } from './names.ts';

describe('names as kept', () => {
  it.each([
    ["jo'rayev", 'Joʻrayev'],
    ['JO`RAYEV', 'Joʻrayev'],
    ['Jo‘rayev', 'Joʻrayev'],
    ['Jo’rayev', 'Joʻrayev'],
    ['Joʼrayev', 'Joʻrayev'],
    ["G'ANIYEV", 'Gʻaniyev'],
    ["o'g'iloy", 'Oʻgʻiloy'],
    ["mas'uda", 'Masʼuda'],
    ['E’zoza', 'Eʼzoza'],
    ['  шахло   бону ', 'Шахло Бону'],
    ['ЎҒИЛОЙ', 'Ўғилой'],
    ['НУРМУХАММЕДОВА-КАРИМОВА', 'Нурмухаммедова-Каримова'],
    ['McDonald', 'McDonald'],
    ["Karim o'g'li", 'Karim oʻgʻli'],
    ['KARIM QIZI', 'Karim qizi'],
    ['КАРИМ ОГЛЫ', 'Карим оглы'],
  ])('%s becomes %s', (typed, kept) => {
    expect(normalizeName(typed)).toBe(kept);
    expect(normalizeName(kept)).toBe(kept);
  });

  it('leaves out an empty patronymic', () => {
    expect(normalizeNameParts({ family: 'a', given: 'b', patronymic: ' ' })).toEqual({
      family: 'A',
      given: 'B',
    });
  });
});
