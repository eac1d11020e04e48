import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises';
import { createRxDatabase, type RxCollection, type RxDatabase, type RxJsonSchema } from 'rxdb';
import type { Replica } from '#clinic/ports/replica.ts';
import type { RecordId } from '#contracts/ids.ts';
import { openReplica } from '#store/open-replica.ts';
import { Reader } from '#store/rx-storage/reader.ts';
import { SqlcipherStorage } from '#store/rx-storage/storage.ts';
import { Connection } from '#store/sqlcipher/connection.ts';
import { migrate } from '#store/sqlcipher/migrations.ts';
import { threadKey } from '#store/sqlcipher/thread-key.ts';
import { plainPatientIndex } from '#testing/store/replica-under-test.ts';
import { draftOf, uuid, visitRecord } from '#testing/store/sample-records.ts';
import { seededRandom } from '#testing/store/seeded-random.ts';
import { percentile, processorTime, type Stopwatch, timed, timedAsync, wallClock } from './load/stopwatch.ts';

type Report = (name: string, value: number, unit: string) => void;

/*
 * Both sides of every ratio do the same work with the same pragmas (store/sqlcipher/connection.ts) in the same run, in
 * turns of a few milliseconds, so that other load meets both alike. "Bare" is one prepared statement per step on the
 * driver, and begins and ends with JavaScript objects as RxDB does: what the application has, and what it wants.
 */
const documents = 100_000;
const documentsPerInsert = 200;
const pointReads = 10_000;
const rangeReads = 3_000;
const warmUps = 500;
const key = new Uint8Array(32).map((_, position) => position + 1);

/** Figures of the store: docs/specs/store.md says what each is and may be. */
export async function run(report: Report): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'hamshira-bench-store-'));
  try {
    await measureStorage(folder, report);
    await measureReplica(folder, report);
    await measureOpening(folder, report);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Note {
  readonly id: string;
  readonly day: string;
  readonly patient: string;
  readonly at: number;
  readonly text: string;
}

const filler = 'Shikoyati: bosh ogrigi, qon bosimi 150/95, puls 82. '.repeat(20);

/** A document of 1,024 bytes of JSON. */
function note(number: number): Note {
  const small = {
    id: uuid(number),
    day: `2026-${String((number % 12) + 1).padStart(2, '0')}-${String((number % 28) + 1).padStart(2, '0')}`,
    patient: uuid((number * 7_919) % 20_000),
    at: 1_700_000_000_000 + ((number * 104_729) % documents),
    text: '',
  };
  return { ...small, text: filler.slice(0, 1_024 - JSON.stringify(small).length) };
}

const noteSchema: RxJsonSchema<Note> = {
  version: 0,
  primaryKey: 'id',
  type: 'object',
  properties: {
    id: { type: 'string', maxLength: 36 },
    day: { type: 'string', maxLength: 10 },
    patient: { type: 'string', maxLength: 36 },
    at: { type: 'number', minimum: 0, maximum: 1e15, multipleOf: 1 },
    text: { type: 'string' },
  },
  required: ['id', 'day', 'patient', 'at', 'text'],
  indexes: ['day', 'patient', 'at'],
};

interface Sides {
  readonly collection: RxCollection<Note>;
  readonly bare: Connection;
}

async function measureStorage(folder: string, report: Report): Promise<void> {
  const file = join(folder, 'rxdb.db');
  const connection = Connection.open({ file, key });
  migrate(connection);
  const reader = new Reader(file, threadKey(key));
  const storage = new SqlcipherStorage({ connection, reader });
  const database: RxDatabase = await createRxDatabase({ name: 'bench', storage, multiInstance: false });
  const { notes } = await database.addCollections<{ notes: RxCollection<Note> }>({
    notes: { schema: noteSchema },
  });
  const bare = Connection.open({ file: join(folder, 'bare.db'), key });
  bare.execute(`
    CREATE TABLE note (id TEXT PRIMARY KEY, day TEXT, patient TEXT, at INTEGER, body TEXT);
    CREATE INDEX note_day ON note (day, id);
    CREATE INDEX note_patient ON note (patient, id);
    CREATE INDEX note_at ON note (at, id);
  `);
  const sides = { collection: notes, bare };
  report('store.insert.ratio', await measureInserts(sides), 'x');
  report('store.read.ratio', await measurePointReads(sides), 'x');
  report('store.range.ratio', await measureRangeReads(sides), 'x');
  await measureHeavyReads(sides, report);
  await database.close();
  await reader.close();
  connection.close();
  bare.close();
}

/** Milliseconds spent in each side's turns. */
class Race {
  readonly #clock: Stopwatch;
  #rxdbMs = 0;
  #bareMs = 0;
  #isBareFirst = false;

  constructor(clock: Stopwatch) {
    this.#clock = clock;
  }

  /** One turn of each side; who begins changes, so that neither always finds the caches of the other. */
  async turn(rxdb: () => Promise<unknown>, bare: () => void): Promise<void> {
    if (this.#isBareFirst) this.#bareMs += timed(bare, this.#clock);
    this.#rxdbMs += await timedAsync(rxdb, this.#clock);
    if (!this.#isBareFirst) this.#bareMs += timed(bare, this.#clock);
    this.#isBareFirst = !this.#isBareFirst;
    // RxDB tidies its caches when nothing waits for it, as between two clicks.
    await turn();
  }

  /** How fast RxDB is, where bare is 1. */
  get ratio(): number {
    return this.#bareMs / this.#rxdbMs;
  }
}

async function measureInserts({ collection, bare }: Sides): Promise<number> {
  const insert = bare.prepare('INSERT INTO note (id, day, patient, at, body) VALUES (?, ?, ?, ?, ?)');
  const race = new Race(wallClock);
  for (let start = 0; start < documents; start += documentsPerInsert) {
    const batch = Array.from({ length: documentsPerInsert }, (_, position) => note(start + position));
    await race.turn(
      async () => {
        const { error } = await collection.bulkInsert(batch);
        if (error.length > 0) throw new Error('an insert was refused');
        // What RxDB puts off until it is idle belongs to the insert.
        await turn();
      },
      () =>
        bare.transaction(() => {
          for (const one of batch) insert.run([one.id, one.day, one.patient, one.at, JSON.stringify(one)]);
        }),
    );
  }
  return race.ratio;
}

async function measurePointReads({ collection, bare }: Sides): Promise<number> {
  const select = bare.prepare('SELECT body FROM note WHERE id = ?');
  const random = seededRandom(1);
  const ids = (count: number) => Array.from({ length: count }, () => uuid(random.below(documents)));
  const readRxdb = async (some: readonly string[]) => {
    for (const id of some) if ((await collection.findOne(id).exec())?.id !== id) throw new Error('not found');
  };
  const readBare = (some: readonly string[]) => {
    for (const id of some) if (parseNote(select.value([id])).id !== id) throw new Error('not found');
  };
  await settle(
    () => readRxdb(ids(warmUps)),
    () => readBare(ids(warmUps)),
  );
  const race = new Race(processorTime);
  for (let done = 0; done < pointReads; done += 50) {
    const some = ids(50);
    await race.turn(
      () => readRxdb(some),
      () => readBare(some),
    );
  }
  return race.ratio;
}

async function measureRangeReads({ collection, bare }: Sides): Promise<number> {
  const select = bare.prepare('SELECT body FROM note WHERE at >= ? ORDER BY at, id LIMIT 20');
  const random = seededRandom(2);
  const starts = (count: number) =>
    Array.from({ length: count }, () => 1_700_000_000_000 + random.below(documents - 20));
  const readRxdb = async (some: readonly number[]) => {
    for (const at of some) {
      const query = { selector: { at: { $gte: at } }, sort: [{ at: 'asc' as const }], limit: 20 };
      if ((await collection.find(query).exec()).length !== 20) throw new Error('not 20 found');
    }
  };
  const readBare = (some: readonly number[]) => {
    for (const at of some)
      if (select.values([at]).map(parseNote).length !== 20) throw new Error('not 20 found');
  };
  await settle(
    () => readRxdb(starts(warmUps / 10)),
    () => readBare(starts(warmUps / 10)),
  );
  const race = new Race(processorTime);
  for (let done = 0; done < rangeReads; done += 10) {
    const some = starts(10);
    await race.turn(
      () => readRxdb(some),
      () => readBare(some),
    );
  }
  return race.ratio;
}

const pauseMs = 5;

/** How long the event loop stands still while a query without an index reads 100,000 documents. */
async function measureHeavyReads({ collection }: Sides, report: Report): Promise<void> {
  const begun = performance.now();
  let longestMs = 0;
  let isRunning = true;
  const watch = (async () => {
    while (isRunning) {
      const before = performance.now();
      await pause(pauseMs);
      longestMs = Math.max(longestMs, performance.now() - before - pauseMs);
    }
  })();
  const found = await collection.find({ selector: { text: { $regex: 'never in any text' } } }).exec();
  isRunning = false;
  await watch;
  if (found.length > 0) throw new Error('found what is not there');
  report('store.heavy.ms', performance.now() - begun, 'ms');
  report('store.heavy.longest_block', longestMs, 'ms');
}

async function settle(rxdb: () => Promise<unknown>, bare: () => void): Promise<void> {
  // RxDB looks after its caches when nothing else happens; that is no part of a read.
  await pause(1_000);
  await rxdb();
  bare();
}

function parseNote(body: unknown): Note {
  if (typeof body !== 'string') throw new Error('not found');
  const parsed: Note = JSON.parse(body);
  return parsed;
}

const savedActions = 400;

async function measureReplica(folder: string, report: Report): Promise<void> {
  const replica = await openReplica({
    file: join(folder, 'replica.db'),
    key,
    patientIndex: plainPatientIndex,
  });
  const bare = Connection.open({ file: join(folder, 'bare-save.db'), key });
  bare.execute('CREATE TABLE saved (id TEXT PRIMARY KEY, body TEXT)');
  await fillReplica(replica, 20_000);
  await measureLive(replica, report);
  await measureSave(replica, bare, report);
  await replica.close();
  bare.close();
}

async function fillReplica(replica: Replica, count: number): Promise<void> {
  for (let start = 0; start < count; start += 500) {
    await replica.transact((transaction) => {
      for (let number = start; number < start + 500; number += 1) {
        transaction.put('visits', visitRecord(number, { day: dayOf(number), reason: 'x'.repeat(300) }));
      }
    });
  }
}

const dayOf = (number: number) =>
  `20${String(10 + (Math.floor(number / 300) % 60)).padStart(2, '0')}-01-${String((number % 28) + 1).padStart(2, '0')}`;

/** From the call that saves a visit to the screen's query being told of it. */
async function measureLive(replica: Replica, report: Report): Promise<void> {
  const waits: number[] = [];
  let wanted = '';
  let begun = 0;
  const end = replica.live('visits', { equals: { 'body.day': '2099-01-01' } }, (records) => {
    if (wanted !== '' && records.some(({ id }) => id === wanted)) waits.push(performance.now() - begun);
  });
  for (let number = 0; number < savedActions; number += 1) {
    const record = visitRecord(200_000 + number, { day: '2099-01-01', reason: 'x'.repeat(300) });
    wanted = record.id;
    begun = performance.now();
    await replica.transact((transaction) => transaction.put('visits', record));
  }
  end();
  if (waits.length !== savedActions) throw new Error(`told ${waits.length} times`);
  report('store.live.p95', percentile(waits, 0.95), 'ms');
}

/** A visit saved with its outbox row and audit entry, against the same bytes in one bare commit. */
async function measureSave(replica: Replica, bare: Connection, report: Report): Promise<void> {
  const insert = bare.prepare('INSERT INTO saved (id, body) VALUES (?, ?)');
  const replicaMs: number[] = [];
  const bareMs: number[] = [];
  const end = replica.live('visits', { equals: { 'body.day': '2098-01-01' } }, () => undefined);
  for (let number = 0; number < savedActions; number += 1) {
    const record = visitRecord(300_000 + number, { day: '2098-01-01', reason: 'x'.repeat(300) });
    replicaMs.push(
      await timedAsync(() =>
        replica.transact((transaction) => {
          transaction.put('visits', record);
          transaction.outbox.append(draftOf(600_000 + number, record));
          transaction.audit({
            at: number,
            person: null,
            action: 'save',
            collection: 'visits',
            record: record.id,
          });
        }),
      ),
    );
    bareMs.push(
      timed(() =>
        bare.transaction(() => {
          // The document and its copy in the outbox.
          insert.run([record.id, JSON.stringify(record)]);
          insert.run([`${record.id}-outbox`, JSON.stringify(record)]);
        }),
      ),
    );
    // A nurse does not save without pause: what is put off runs now, and checkpoints of both files are spread.
    await turn();
  }
  end();
  report('store.save.p95', percentile(replicaMs, 0.95), 'ms');
  report('store.save.ratio', percentile(replicaMs, 0.95) / percentile(bareMs, 0.95), 'x');
}

const openedDocuments = 500_000;

/** From the key to the first answer, with 500,000 visits. */
async function measureOpening(folder: string, report: Report): Promise<void> {
  const options = { file: join(folder, 'opened.db'), key, patientIndex: plainPatientIndex };
  const filled = await openReplica(options);
  await fillReplica(filled, openedDocuments);
  await filled.close();
  // What 500,000 saves left to the garbage collector and to the disk is no part of the next morning.
  await pause(2_000);
  const opened: number[] = [];
  for (let time = 0; time < 9; time += 1) {
    const begun = performance.now();
    const replica = await openReplica(options);
    const told = new Promise<number>((resolve) => {
      replica.live('visits', { equals: { 'body.day': dayOf(0) } }, (records) => resolve(records.length));
    });
    if ((await told) === 0) throw new Error('nothing there');
    opened.push(performance.now() - begun);
    await replica.close();
  }
  report('store.open', percentile(opened, 0.5), 'ms');
  report('store.open.worst', Math.max(...opened), 'ms');
  const replica = await openReplica(options);
  report('store.revisions.p50', percentile(pageThroughRevisions(replica), 0.5), 'ms');
  await replica.close();
}

const revisionsPerPage = 2_000;

/** Milliseconds of each page of revisions, as the digest of a scope reads them all. */
function pageThroughRevisions(replica: Replica): readonly number[] {
  const pages: number[] = [];
  let after: RecordId | null = null;
  for (let seen = 0; seen < openedDocuments; seen += revisionsPerPage) {
    let last: RecordId | undefined;
    const from: RecordId | null = after;
    pages.push(
      timed(() => {
        last = replica.revisions('visits', from, revisionsPerPage).at(-1)?.id;
      }),
    );
    if (last === undefined) throw new Error('fewer revisions than records');
    after = last;
  }
  return pages;
}
