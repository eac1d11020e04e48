import { expect, it } from 'vitest';
import { emptyGroups, nextGroup, typeGroups } from './paper-key.ts';

it('a group is typed in any case, and nothing but letters and digits stay', () => {
  expect(typeGroups(emptyGroups, 1, 'a-b 2')).toEqual(['', 'AB2', '', '', '', '', '', '']);
});

it('a whole paper key may be pasted anywhere, and what is too much is dropped', () => {
  const whole = 'AAAAA-BBBBB-CCCCC-DDDDD-EEEEE-FFFFF-GGGGG-HHHHH';
  const groups = typeGroups(emptyGroups, 0, whole);
  expect(groups.join('-')).toBe(whole);
  expect(typeGroups(emptyGroups, 7, whole)[7]).toBe('AAAAA');
  expect(typeGroups(emptyGroups, 7, whole)).toHaveLength(8);
});

it('typing goes on in the first group that is not full', () => {
  const groups = typeGroups(emptyGroups, 0, 'AAAAABBBBBC');
  expect(nextGroup(groups, 0)).toBe(2);
  expect(
    nextGroup(
      groups.map(() => 'AAAAA'),
      3,
    ),
  ).toBe(7);
});
