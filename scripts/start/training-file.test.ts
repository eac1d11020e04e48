import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readTrainingFile, type TrainingFile, writeTrainingFile } from './training-file.ts';
import { planPeople } from './training-people.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hamshira-training-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const random = { bytes: (length: number) => new Uint8Array(length) };
const content: TrainingFile = {
  centerPort: 4001,
  workstationPort: 4002,
  people: planPeople(random, 'first'),
  isEnrolled: false,
  neighbour: { port: 4003, people: planPeople(random, 'neighbour'), isEnrolled: true },
};

test('the next start reads what this one wrote, and nobody else does', async () => {
  expect(await readTrainingFile(folder)).toBeUndefined();
  await writeTrainingFile(folder, content);
  expect(await readTrainingFile(folder)).toMatchObject(content);
  if (process.platform !== 'win32') {
    expect((await stat(join(folder, 'training.json'))).mode & 0o777).toBe(0o600);
  }
});

test.each(['', '{}', '{"purpose":"other"}'])('a file with %j is not taken', async (text) => {
  await writeFile(join(folder, 'training.json'), text);
  await expect(readTrainingFile(folder)).rejects.toThrow();
});
