import { expect, it } from 'vitest';
import { appError } from '#contracts/errors.ts';
import { describeError } from './words.ts';

const ids = (id: string) => `<${id}>`;

it.each(['last-person', 'two-people', 'oneself', 'own-keys', 'no-share', 'holder-only'])(
  'the rule %s has a sentence of its own: no role would allow it',
  (rule) => {
    expect(describeError(ids, appError('access.forbidden', { rule }))).toBe(`<forbidden.${rule}>`);
  },
);

it('other rules, and that of another error, speak of the role or the error', () => {
  for (const detail of [{}, { rule: 'other-person' }, { rule: 'toString' }]) {
    expect(describeError(ids, appError('access.forbidden', detail))).toBe('<error.access.forbidden>');
  }
  expect(describeError(ids, appError('access.unknown-person', { rule: 'last-person' }))).toBe(
    '<error.access.unknown-person>',
  );
});

it('an incident comes with the number that stands in the log', () => {
  expect(describeError(ids, appError('internal.failure', { incident: 'A7' }))).toBe(
    '<error.internal.failure> (№ A7)',
  );
});
