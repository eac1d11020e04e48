import { expect, test } from 'vitest';
import { mayBeSameBirth } from './possible-duplicates.ts';

test.each([
  ['1985-03-12', '1985-03-12', true],
  ['1985-03-12', '1985-12-03', true],
  ['1985-03-12', '1985-03-21', true],
  ['1985-03-12', '1958-03-12', true],
  ['1985-03-12', '1986-04-12', false],
  ['1985-03-12', '1985', true],
  ['1985-03', '1985-03-12', true],
  ['1985-03', '1985-04-12', false],
  ['1985', '1986', false],
])('%s and %s may be one birth: %s', (left, right, expected) => {
  expect(mayBeSameBirth({ date: left }, { date: right })).toBe(expected);
  expect(mayBeSameBirth({ date: right }, { date: left })).toBe(expected);
});

test('an approximate date may be two years off, not three', () => {
  expect(mayBeSameBirth({ date: '1985', approximate: true }, { date: '1987-05-01' })).toBe(true);
  expect(mayBeSameBirth({ date: '1985', approximate: true }, { date: '1988-05-01' })).toBe(false);
});
