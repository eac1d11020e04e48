import { join } from 'node:path';
import type { Database } from '@signalapp/sqlcipher';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ReplicaTransaction } from '#clinic/ports/replica.ts';
import { ReplicaFailure } from '#clinic/ports/replica-failure.ts';
import { type OpenReplica, openReplica } from '#store/open-replica.ts';
import { SeededRandom } from '../doubles/seeded-random.ts';
import { plainPatientIndex, testKey } from '../store/replica-under-test.ts';
import { draftOf, recordId, visitRecord } from '../store/sample-records.ts';
import { temporaryFolder } from '../store/temporary-replica.ts';
import { MachineMemory } from './machine-memory.ts';
import { operationsIn } from './operations-on-disk.ts';
import { isUsualRefusal } from './refusals.ts';
import { SimulatedDisk } from './simulated-disk.ts';
import { type CommitFate, SimulatedReplica } from './simulated-replica.ts';

const saved = 1;
const refused = 2;
/** More visits than the pages that are there have room for. */
const tooMany = 200;

let folder: ReturnType<typeof temporaryFolder>;
let disk: SimulatedDisk;
let memory: MachineMemory;
let opened: { readonly replica: OpenReplica; readonly database: Database }[];
let refusals: unknown[];

beforeEach(() => {
  folder = temporaryFolder();
  disk = new SimulatedDisk(join(folder.path, 'machine'));
  memory = new MachineMemory();
  opened = [];
  refusals = [];
});
afterEach(async () => {
  for (const { replica } of opened) await replica.close();
  folder.remove();
});

async function start(): Promise<{ readonly replica: OpenReplica; readonly database: Database }> {
  let database: Database | undefined;
  const patientIndex = (given: Database) => {
    database = given;
    return plainPatientIndex(given);
  };
  const replica = await openReplica({ file: disk.file, key: testKey, reserveBytes: 4096, patientIndex });
  if (database === undefined) throw new Error('the replica has no database');
  opened.push({ replica, database });
  return { replica, database };
}

/** Saves visit number {@link saved}; from then on no page can be added to the file. */
async function startAndFill(): Promise<{ readonly replica: OpenReplica; readonly database: Database }> {
  const machine = await start();
  await simulated(machine, 'commit').transact((transaction) => write(transaction, saved));
  const pages = Number(machine.database.prepare('PRAGMA page_count', { pluck: true }).get([]));
  machine.database.exec(`PRAGMA max_page_count = ${pages}`);
  return machine;
}

/** Writes so many visits, with their rows. */
function write(transaction: ReplicaTransaction, from: number, count = 1): void {
  for (let number = from; number < from + count; number += 1) {
    const visit = visitRecord(number, { reason: 'headache'.repeat(30) });
    transaction.put('visits', visit);
    transaction.outbox.append(draftOf(1000 + number, visit));
  }
}

/** Watched as the simulator's machines are; `transact` as another replica would do it. */
function simulated(
  { replica, database }: Awaited<ReturnType<typeof start>>,
  fate: CommitFate,
  transact: OpenReplica['transact'] = (work) => replica.transact(work),
): SimulatedReplica {
  const { outbox, sync, settings, auditTrail } = replica;
  const inner = {
    ...{ outbox, sync, settings, auditTrail, transact },
    get: replica.get.bind(replica),
    find: replica.find.bind(replica),
    count: replica.count.bind(replica),
    revisions: replica.revisions.bind(replica),
    live: replica.live.bind(replica),
    onCommit: replica.onCommit.bind(replica),
    searchPatients: replica.searchPatients.bind(replica),
    close: () => replica.close(),
  };
  return new SimulatedReplica(inner, {
    fate: () => fate,
    isActing: () => true,
    beforeCommit: () => disk.beforeCommit(),
    committed: (notes) => memory.committed(notes, () => operationsIn(database)),
    refused: (notes, refusal) => {
      refusals.push(refusal);
      if (!memory.diedRefused(notes)) memory.checkRefused(notes, replica, operationsIn(database));
    },
    died: (how, notes, before) => {
      if (before === undefined) disk.cut();
      else disk.cutInside(before, 'mixture', new SeededRandom(7));
      memory.died(how, notes);
    },
  });
}

/** The machine dies around this action; gives what is there after the next start. */
async function dieAround(replica: SimulatedReplica, visits: number): Promise<OpenReplica> {
  void replica.transact((transaction) => write(transaction, refused, visits));
  await new Promise((resolve) => setImmediate(resolve));
  const { replica: after, database } = await start();
  expect(memory.check(after, operationsIn(database))).toBeUndefined();
  return after;
}

describe('an action that a full disk refuses (SIM-16)', () => {
  it.each(['cut-after', 'cut-inside'] as const)(
    'is not there after %s, and nobody misses it',
    async (fate) => {
      const machine = await startAndFill();
      const before = disk.beforeCommit();
      const after = await dieAround(simulated(machine, fate), tooMany);
      expect(refusals.map((refusal) => isUsualRefusal(refusal, true))).toEqual([true]);
      expect(refusals.map((refusal) => isUsualRefusal(refusal, false))).toEqual([false]);
      expect(after.get('visits', recordId(refused))).toBeUndefined();
      expect(after.get('visits', recordId(saved))?.id).toBe(recordId(saved));
      expect(after.count('visits', {})).toBe(1);
      // It never began to be durable: not one byte came to the log or the database.
      expect(disk.beforeCommit()).toEqual(before);
    },
  );

  it('is looked for at once where the power stays', async () => {
    const machine = await startAndFill();
    const watched = simulated(machine, 'commit');
    const doing = watched.transact((transaction) => write(transaction, refused, tooMany));
    await expect(doing).rejects.toThrow('store.disk-full');
    expect(refusals).toHaveLength(1);
    expect(machine.replica.get('visits', recordId(refused))).toBeUndefined();
  });
});

describe('a replica that does not keep its word', () => {
  it('is found out when it says "saved" of what it rolled back', async () => {
    const machine = await startAndFill();
    const boasting: OpenReplica['transact'] = async (work) => {
      let value: { readonly of: ReturnType<typeof work> } | undefined;
      const trying = machine.replica.transact((transaction) => {
        value = { of: work(transaction) };
        throw new Error('rolled back');
      });
      await trying.catch(() => undefined);
      if (value === undefined) throw new Error('nothing was tried');
      return value.of;
    };
    const dying = dieAround(simulated(machine, 'cut-after', boasting), 1);
    await expect(dying).rejects.toThrow('a durable action is gone');
    expect(refusals).toEqual([]);
  });

  it('is found out when it keeps what it refused', async () => {
    const machine = await start();
    const keeping: OpenReplica['transact'] = async (work) => {
      await machine.replica.transact(work);
      throw new ReplicaFailure('store.disk-full');
    };
    const dying = dieAround(simulated(machine, 'cut-after', keeping), 1);
    await expect(dying).rejects.toThrow('a refused action is on the disk');
  });

  it('is found out when half of what it refused stays', async () => {
    const machine = await start();
    const keeping: OpenReplica['transact'] = async (work) => {
      const trying = machine.replica.transact((transaction) => {
        work(transaction);
        throw new ReplicaFailure('store.disk-full');
      });
      // The record, and not its row.
      const record = visitRecord(refused, { reason: 'headache'.repeat(30) });
      void machine.replica.transact((transaction) => transaction.put('visits', record));
      return await trying;
    };
    const dying = dieAround(simulated(machine, 'cut-after', keeping), 1);
    await expect(dying).rejects.toThrow('a refused action is on the disk');
  });
});

it('takes no other reason for usual', () => {
  expect(isUsualRefusal(new ReplicaFailure('store.damaged'), true)).toBe(false);
  expect(isUsualRefusal(new TypeError('not a record of visits'), true)).toBe(false);
});
