import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCenter } from '#center/start-center.ts';
import { facilityA, facilityRecord, patient, patientRow, rowFor } from '../center/test-records.ts';
import { connect, enrol, type WelcomedClient } from '../center/wire-client.ts';
import { measureManyWorkstations } from './load/many-workstations.ts';

const writers = 4;
const batchesPerWriter = 25;
const rowsPerBatch = 200;
const singlePushes = 300;
const seededRecords = 20_000;

/**
 * The center on its embedded PostgreSQL with fsync, over its real wire: `center.ingest.per_second` with four workstations of
 * one facility that push batches of 200 new patients, `center.push.p95` for one record from sending to verdict,
 * `center.pull.per_second` for reading the feed, `center.seed.per_second` for bulk loading. Then {@link measureManyWorkstations}.
 */
export async function run(report: (name: string, value: number, unit: string) => void): Promise<void> {
  const dataFolder = await mkdtemp(join(tmpdir(), 'hamshira-center-bench-'));
  await chmod(dataFolder, 0o755);
  const center = await startCenter({ dataFolder, log: () => undefined });
  try {
    await center.createFacility(facilityRecord(facilityA));
    const clients: WelcomedClient[] = [];
    for (let number = 0; number < writers; number += 1) {
      const { code } = await center.createEnrolmentCode(facilityA);
      clients.push(await connect(center.url, await enrol(center.url, code)));
    }
    report('center.ingest.per_second', await measureIngest(clients), 'rows/s');
    const [client] = clients;
    if (client === undefined) throw new Error('no client');
    report('center.push.p95', await measurePush(client), 'ms');
    report('center.pull.per_second', await measurePull(client), 'documents/s');
    report('center.seed.per_second', await measureSeed(center), 'rows/s');
    for (const each of clients) await each.close();
  } finally {
    await center.close();
    await rm(dataFolder, { recursive: true, force: true });
  }
  await measureManyWorkstations(report);
}

async function measureIngest(clients: readonly WelcomedClient[]): Promise<number> {
  const batches = clients.map(() =>
    Array.from({ length: batchesPerWriter }, () =>
      Array.from({ length: rowsPerBatch }, () => patientRow(facilityA)),
    ),
  );
  const begun = performance.now();
  await Promise.all(
    clients.map(async (client, number) => {
      for (const batch of batches[number] ?? []) {
        const verdicts = await client.push(batch, 60_000);
        if (verdicts.some(({ verdict }) => verdict !== 'ok')) throw new Error('a row was not accepted');
      }
    }),
  );
  return (writers * batchesPerWriter * rowsPerBatch) / ((performance.now() - begun) / 1_000);
}

async function measurePush(client: WelcomedClient): Promise<number> {
  const times: number[] = [];
  for (let count = 0; count < singlePushes; count += 1) {
    const row = patientRow(facilityA);
    const begun = performance.now();
    await client.push([row]);
    times.push(performance.now() - begun);
  }
  times.sort((left, right) => left - right);
  return times[Math.floor(times.length * 0.95)] ?? Number.NaN;
}

async function measurePull(client: WelcomedClient): Promise<number> {
  const total = writers * batchesPerWriter * rowsPerBatch;
  let count = 0;
  const begun = performance.now();
  for (let since = 0; count < total; ) {
    const frame = await client.pull(1, since);
    count += frame.documents.length;
    since = frame.through;
  }
  return count / ((performance.now() - begun) / 1_000);
}

async function measureSeed(center: Awaited<ReturnType<typeof startCenter>>): Promise<number> {
  const records = Array.from({ length: seededRecords }, () => ({
    collection: 'patients' as const,
    record: rowFor('patients', patient(facilityA)).record,
  }));
  const begun = performance.now();
  await center.seed(records);
  return seededRecords / ((performance.now() - begun) / 1_000);
}
