import * as v from 'valibot';
import { expect, it } from 'vitest';
import { HlcSchema, RecordIdSchema, RevisionSchema, ScopeSchema } from './ids.ts';
import { unitsByPlace } from './plain-pattern.ts';
import { quickCheck } from './quick-check.ts';

it.each([
  ['^[A-Z]{2}[0-9]-x$', ['ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', '0123456789', '-', 'x']],
  ['^[a-cX]b{2}$', ['Xabc', 'b', 'b']],
  ['^a{0}b$', ['b']],
])('says what %s asks of each place', (source, expected) => {
  expect(unitsByPlace(new RegExp(source))?.map(signsOf)).toEqual(expected);
});

it.each([
  '^a?$',
  '^a+$',
  '^a*$',
  '^a|b$',
  '^(a)$',
  '^a{1,2}$',
  '^a{1,}$',
  '^[^a]$',
  '^[-a]$',
  '^[a-]$',
  '^\\d$',
  '^.$',
  'a$',
  '^a',
  '^$',
  '^[]$',
])('leaves %s to the regular expression', (source) =>
  expect(unitsByPlace(new RegExp(source))).toBeUndefined(),
);

it('leaves patterns with flags to the regular expression', () => {
  expect(unitsByPlace(/^a$/i)).toBeUndefined();
  expect(unitsByPlace(/^a$/m)).toBeUndefined();
});

const signs = [
  '',
  '-',
  '/',
  '0',
  '9',
  ':',
  '@',
  'A',
  'Z',
  '[',
  '`',
  'a',
  'f',
  'g',
  'z',
  '{',
  '\n',
  '\u0130',
  '\u0161',
  '\uff10',
  '\ud800',
];

it.each([
  ['ids', RecordIdSchema, '0199b000-00af-7000-8000-9000000000f1'],
  ['facilities', ScopeSchema, 'TRA000019'],
  ['clock values', HlcSchema, '0199b0000000-000f-0000009a'],
  ['revisions', RevisionSchema, `120-${'0a'.repeat(16)}`],
])('says of %s what valibot says, with any sign at any place', (_what, schema, text) => {
  const fits = quickCheck<unknown>(schema);
  expect(fits(text)).toBe(true);
  let refused = 0;
  for (let at = 0; at <= text.length; at += 1) {
    for (const sign of signs) {
      for (const strange of [
        text.slice(0, at) + sign + text.slice(at + 1),
        text.slice(0, at) + sign + text.slice(at),
      ]) {
        expect(fits(strange)).toBe(v.is(schema, strange));
        refused += fits(strange) ? 0 : 1;
      }
    }
  }
  expect(refused).toBeGreaterThan(text.length * signs.length);
});

const signsOf = (units: Readonly<Uint8Array>): string =>
  [...units.keys()]
    .filter((unit) => units[unit] === 1)
    .map((unit) => String.fromCharCode(unit))
    .join('');
