import { expect, it } from 'vitest';
import { arrayLiteral } from './database.ts';

it('writes arrays as PostgreSQL reads them', () => {
  expect(arrayLiteral([])).toBe('{}');
  expect(arrayLiteral(['a', 'b c', '', 'NULL', null, '{,}'])).toBe('{"a","b c","","NULL",NULL,"{,}"}');
  expect(arrayLiteral(['say "no"', 'back\\slash', '\\"'])).toBe('{"say \\"no\\"","back\\\\slash","\\\\\\""}');
  expect(arrayLiteral([1, -2, true, false])).toBe('{1,-2,true,false}');
});
