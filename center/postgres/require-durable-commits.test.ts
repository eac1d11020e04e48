import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import type { Session } from './database.ts';
import { requireDurableCommits } from './require-durable-commits.ts';

/** A session that answers every question with the one row. */
const answering = (row: object): Session => ({
  rows: async (_statement, schema) => [v.parse(schema, row)],
  run: async () => 0,
});

describe('POS-1: a PostgreSQL whose commits a power cut takes back', () => {
  it.each([
    { fsync: 'off', commits: 'on' },
    { fsync: 'on', commits: 'off' },
  ])('is refused: %j', async (settings) => {
    await expect(requireDurableCommits(answering(settings))).rejects.toThrow('does not trust it');
  });

  it.each(['on', 'remote_apply', 'local'])('is taken if it waits for its disk (%s)', async (commits) => {
    await expect(requireDurableCommits(answering({ fsync: 'on', commits }))).resolves.toBeUndefined();
  });
});
