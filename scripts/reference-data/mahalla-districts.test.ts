import { describe, expect, it } from 'vitest';
import { inferDistricts } from './mahalla-districts.ts';

const named = (pairs: readonly (readonly [string, string])[]) =>
  pairs.map(([code, name]) => ({ code, name }));

const settlements = named([
  ['1703202', 'Oltinkoʻl tumani'],
  ['1703202552', "Bo'ston"],
  ['1703202554', 'Dalvarzin'],
  ['1703202556', 'Jalabek'],
  ['1703203552', 'Uzumzor'],
  ['1706215552', "Bo'ston"],
  ['1706215554', 'Dalvarzin'],
  ['1706215556', 'Jalabek'],
]);

describe('inferring the district of mahallas', () => {
  it('matches settlements of the same region by name, however it is spelt', () => {
    const mahallas = named([
      ['17090001', 'Boʻston MFY'],
      ['17090002', 'Dalvarzin MFY'],
      ['17090003', 'JALABEK MFY'],
      ['17090004', 'Tinchlik MFY'],
    ]);
    expect([...inferDistricts(mahallas, settlements)]).toEqual([['1709', '1703202']]);
  });

  it('leaves a group out with too few names in common, or with two districts alike', () => {
    const few = named([
      ['17090001', 'Boʻston MFY'],
      ['17090002', 'Dalvarzin MFY'],
    ]);
    expect(inferDistricts(few, settlements).size).toBe(0);
    const twins = [
      ...settlements,
      ...named([
        ['1703299552', 'Boʻston'],
        ['1703299554', 'Dalvarzin'],
        ['1703299556', 'Jalabek'],
      ]),
    ];
    const mahallas = named(
      [...few, { code: '17090003', name: 'Jalabek' }].map(({ code, name }) => [code, name]),
    );
    expect(inferDistricts(mahallas, twins).size).toBe(0);
  });
});
