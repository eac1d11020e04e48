import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import type { OutboxRow } from '#clinic/ports/replica.ts';
import { DeviceIdSchema } from '#contracts/ids.ts';
import { MissingBases } from '#sync/client/missing-bases.ts';
import { recordLocalWrite } from '#sync/local-write.ts';
import { uuidV7 } from '#sync/uuid-v7.ts';
import { MemoryReplica } from '../doubles/memory-replica.ts';
import { SeededRandom } from '../doubles/seeded-random.ts';
import { randomPatient, randomPerson, randomRecordId } from './random-bodies.ts';
import { facility, SyncWorld } from './sync-world.ts';
import { loseBase } from './world-edits.ts';

const minuteMs = 60_000;

// PUSH-6: the center was restored to before a record was made, and the workstation that made it is gone.

it('offers a row on no base after the usual patience, however often the workstation is switched off', async () => {
  const world = new SyncWorld(11);
  const { nurse, id } = await loseBase(world);
  let minutes = 0;
  while (!world.center.documents(facility).has(`patients/${id}`) && minutes < 120) {
    nurse.kill();
    nurse.start();
    await world.time.advance(minuteMs);
    minutes += 1;
  }
  expect(minutes).toBeGreaterThan(15);
  expect(minutes).toBeLessThan(35);
  expect(await world.heal()).toBe(true);
  expect(world.center.documents(facility).get(`patients/${id}`)?.record).toEqual(
    nurse.replica.get('patients', id),
  );
});

describe('the patience of a row', () => {
  const limits = { missingBaseTries: 3, missingBaseMs: 1000, longestRetryMs: 3000 };
  const replica = new MemoryReplica();
  const random = new SeededRandom(5);

  async function written(): Promise<OutboxRow> {
    const id = randomRecordId(random);
    await replica.transact((transaction) =>
      recordLocalWrite(transaction, {
        scope: facility,
        author: randomPerson(random),
        device: v.parse(DeviceIdSchema, uuidV7(1, random)),
        at: 1,
        random,
        collection: 'patients',
        id,
        body: randomPatient(random),
      }),
    );
    const [row] = replica.outbox.pendingOf('patients', id);
    if (row === undefined) throw new Error('no row');
    return row;
  }

  /** A process of its own hears that the base is missing. */
  async function refusedAfterStart(row: OutboxRow, now: number): Promise<number | null> {
    const bases = new MissingBases();
    const waitMs = bases.refused(replica, row, now, limits);
    await replica.transact((transaction) => bases.keep(transaction));
    return waitMs;
  }

  it('doubles while the process lasts, up to the longest wait, and ends', async () => {
    const row = await written();
    const bases = new MissingBases();
    for (const expected of [1000, 2000, 3000, null]) {
      expect(bases.refused(replica, row, 5, limits)).toBe(expected);
      bases.waited(row.op);
    }
  });

  it('goes on after a restart where it was, by the time that passed', async () => {
    const row = await written();
    expect(await refusedAfterStart(row, 10_000)).toBe(1000);
    expect(await refusedAfterStart(row, 10_400)).toBe(600);
    expect(await refusedAfterStart(row, 10_900)).toBe(100);
    expect(await refusedAfterStart(row, 11_000)).toBe(2000);
  });

  it('counts a night for one wait', async () => {
    const row = await written();
    const nightMs = 12 * 3_600_000;
    const waits: (number | null)[] = [];
    for (let night = 0; night < 4; night += 1) waits.push(await refusedAfterStart(row, night * nightMs));
    expect(waits).toEqual([1000, 2000, 3000, null]);
  });

  it('begins the last wait anew when the clock was set back, and no more than that', async () => {
    const row = await written();
    expect(await refusedAfterStart(row, 1_000_000)).toBe(1000);
    expect(await refusedAfterStart(row, 2_000_000)).toBe(2000);
    expect(await refusedAfterStart(row, 500)).toBe(2000);
    expect(await refusedAfterStart(row, 1500)).toBe(1000);
    expect(await refusedAfterStart(row, 2500)).toBe(3000);
  });

  it('is forgotten with the row, and kept for a thousand rows at most', async () => {
    const gone = await written();
    await refusedAfterStart(gone, 0);
    await replica.transact((transaction) => transaction.outbox.accept(gone.op, 1, 1));
    const bases = new MissingBases();
    const rows: OutboxRow[] = [];
    for (let count = 0; count < 1005; count += 1) rows.push(await written());
    for (const row of rows) bases.refused(replica, row, 0, limits);
    await replica.transact((transaction) => bases.keep(transaction));
    const kept = replica.settings.get('sync.missing-bases') ?? '';
    expect(kept.match(/"op"/g)).toHaveLength(1000);
    expect(kept).not.toContain(gone.op);
    // Beyond that in memory, as long as the process lasts.
    const last = rows.at(-1);
    if (last === undefined) throw new Error('no row');
    bases.waited(last.op);
    expect(bases.refused(replica, last, 0, limits)).toBe(2000);
  });
});
