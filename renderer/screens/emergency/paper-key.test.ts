import { expect, it } from 'vitest';
import { emptyGroups, hasOtherLetters, nextGroup, shortGroups, typeGroups } from './paper-key.ts';

it('a group is typed in any case, and nothing but letters and digits stay', () => {
  expect(typeGroups(emptyGroups, 1, 'a-b 2')).toEqual(['', 'AB2', '', '', '', '', '', '']);
});

it('letters of another keyboard layout are told, and take nothing of what was typed before', () => {
  const typed = typeGroups(emptyGroups, 0, 'AB23');
  // The first four look like Latin ones; the last is what a group that is selected becomes.
  for (const text of ['AB23\u0410', 'AB23\u0421', '\u0412\u0415', 'ab23ф', 'ʻ', 'AB23é']) {
    expect(hasOtherLetters(text), text).toBe(true);
    expect(typeGroups(typed, 0, text), text).toEqual(typed);
  }
  for (const text of ['', 'a-b 2', 'AB23_', '0O1IL', 'zZ9']) expect(hasOtherLetters(text), text).toBe(false);
});

it('a whole paper key may be pasted anywhere, and what is too much is dropped', () => {
  const whole = 'AAAAA-BBBBB-CCCCC-DDDDD-EEEEE-FFFFF-GGGGG-HHHHH';
  const groups = typeGroups(emptyGroups, 0, whole);
  expect(groups.join('-')).toBe(whole);
  expect(typeGroups(emptyGroups, 7, whole)[7]).toBe('AAAAA');
  expect(typeGroups(emptyGroups, 7, whole)).toHaveLength(8);
});

it('typing goes on in the next group that is not full, and stays where none is', () => {
  const groups = typeGroups(emptyGroups, 0, 'AAAAABBBBBC');
  expect(nextGroup(groups, 0)).toBe(2);
  const full = groups.map(() => 'AAAAA');
  expect(nextGroup(full, 7)).toBeNull();
  expect(nextGroup(full, 3)).toBeNull();
});

it('a mended group leads to the next one with a mistake, not to the last group', () => {
  const full = emptyGroups.map(() => 'AAAAA');
  expect(nextGroup(full, 2, [6])).toBe(5);
});

it('groups that are not full are told by the numbers on the paper', () => {
  expect(shortGroups(typeGroups(emptyGroups, 0, 'AAAAABBBBBC'))).toEqual([3, 4, 5, 6, 7, 8]);
  expect(shortGroups(emptyGroups.map(() => 'AAAAA'))).toEqual([]);
});
