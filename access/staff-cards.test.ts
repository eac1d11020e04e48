import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { PersonIdSchema } from '#contracts/ids.ts';
import { openStaffCards } from './staff-cards.ts';

const first = v.parse(PersonIdSchema, '01930000-0000-7000-8000-000000000001');
const second = v.parse(PersonIdSchema, '01930000-0000-7000-8000-000000000002');
const random = { bytes: (length: number) => new Uint8Array(length).fill(7) };
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cards-'));
});
afterEach(() => rm(folder, { recursive: true }));

it('knows whose a card is, over restarts, without its number on the disk', async () => {
  const cards = await openStaffCards(folder, random);
  expect(cards.personOf('04A1B2C3')).toBeUndefined();
  expect(await cards.bind(first, '04A1B2C3')).toEqual({ ok: true, value: true });
  const again = await openStaffCards(folder, random);
  expect(again.personOf('04A1B2C3')).toBe(first);
  expect(again.hasCard(first)).toBe(true);
  expect(await readFile(join(folder, 'cards.json'), 'utf8')).not.toMatch(/04A1B2C3/i);
});

it('a card has one owner and a person one card', async () => {
  const cards = await openStaffCards(folder, random);
  await cards.bind(first, 'A');
  await cards.bind(second, 'A');
  expect([cards.personOf('A'), cards.hasCard(first)]).toEqual([second, false]);
  await cards.bind(second, 'B');
  expect([cards.personOf('A'), cards.personOf('B')]).toEqual([undefined, second]);
  await cards.bind(second, null);
  expect(cards.personOf('B')).toBeUndefined();
});

it('a damaged file counts as empty', async () => {
  await writeFile(join(folder, 'cards.json'), '{"salt": 1');
  expect((await openStaffCards(folder, random)).personOf('A')).toBeUndefined();
});
