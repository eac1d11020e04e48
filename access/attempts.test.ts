import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { PersonIdSchema } from '#contracts/ids.ts';
import { longestWaitMs, openAttemptLog, waitAfter } from './attempts.ts';

const dilnoza = v.parse(PersonIdSchema, '01930000-0000-7000-8000-000000000001');
const aziz = v.parse(PersonIdSchema, '01930000-0000-7000-8000-000000000002');

let folder: string;
let now = 1_700_000_000_000;
const clock = { now: () => now };
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'attempts-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));
const reopen = () => openAttemptLog(join(folder, 'attempts.json'), clock);

test('the wait doubles and is capped at five minutes', () => {
  expect([1, 2, 3, 4, 5, 9, 10, 11, 5000].map(waitAfter)).toEqual([
    0,
    0,
    2000,
    4000,
    8000,
    128_000,
    256_000,
    longestWaitMs,
    longestWaitMs,
  ]);
});

test('failures are counted over restarts, per person, and a success ends the count', async () => {
  for (let failures = 0; failures < 3; failures += 1)
    expect((await (await reopen()).begin(dilnoza)).ok).toBe(true);
  expect(await (await reopen()).begin(dilnoza)).toEqual({
    ok: false,
    error: { code: 'access.too-many-attempts', detail: { seconds: 2 } },
  });
  expect((await (await reopen()).begin(aziz)).ok).toBe(true);
  now += 2000;
  const log = await reopen();
  expect((await log.begin(dilnoza)).ok).toBe(true);
  await log.succeed(dilnoza);
  expect((await (await reopen()).begin(dilnoza)).ok).toBe(true);
});

test('a refused attempt does not lengthen the wait', async () => {
  const log = await reopen();
  for (let failures = 0; failures < 3; failures += 1) await log.begin(dilnoza);
  for (let asked = 0; asked < 20; asked += 1) await log.begin(dilnoza);
  now += 2000;
  expect((await log.begin(dilnoza)).ok).toBe(true);
});

test('a clock that went back years keeps nobody out for longer than the wait', async () => {
  const log = await reopen();
  for (let failures = 0; failures < 5; failures += 1) {
    await log.begin(dilnoza);
    now += waitAfter(failures + 1);
  }
  now -= 5 * 365 * 86_400_000;
  expect((await log.begin(dilnoza)).ok).toBe(false);
  now += waitAfter(5);
  expect((await log.begin(dilnoza)).ok).toBe(true);
});

test('a damaged file and a disk that takes no write keep nobody out', async () => {
  await writeFile(join(folder, 'attempts.json'), '{"failures":[{"person":');
  expect((await (await reopen()).begin(dilnoza)).ok).toBe(true);
  const nowhere = await openAttemptLog(join(folder, 'missing', 'attempts.json'), clock);
  for (let failures = 0; failures < 3; failures += 1) expect((await nowhere.begin(dilnoza)).ok).toBe(true);
  expect((await nowhere.begin(dilnoza)).ok).toBe(false);
});
