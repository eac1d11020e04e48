import { expect, it } from 'vitest';
import { appError } from '#contracts/errors.ts';
import { describeError } from './words.ts';

const ids = (id: string) => `<${id}>`;

it('the last way in has a sentence of its own: no role would allow it', () => {
  expect(describeError(ids, appError('access.forbidden', { rule: 'last-person' }))).toBe(
    '<forbidden.last-person>',
  );
  for (const rule of ['own-keys', 'oneself']) {
    expect(describeError(ids, appError('access.forbidden', { rule }))).toBe('<error.access.forbidden>');
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
