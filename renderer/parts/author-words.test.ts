import * as v from 'valibot';
import { expect, it } from 'vitest';
import { type PersonId, PersonIdSchema } from '#contracts/ids.ts';
import { authorWords } from './author-words.ts';

const id = (end: number): PersonId => v.parse(PersonIdSchema, `01930000-0000-7000-8000-00000000000${end}`);
const people = [
  { id: id(1), name: 'Karimova', roles: [] },
  { id: id(2), name: '', roles: [], isComputer: true as const },
];
const said = (by: PersonId | undefined) => authorWords((word) => `<${word}>`, people, by);

it('names who wrote, says that the paper key was used, and never says nothing of somebody who wrote (ACC-31)', () => {
  expect(said(id(1))).toBe('Karimova');
  expect(said(id(2))).toBe('<paper-key.label>');
  expect(said(id(3))).toBe('<author.not-here>');
  expect(said(undefined)).toBeUndefined();
});
