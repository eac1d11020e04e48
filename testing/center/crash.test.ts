import { readFileSync } from 'node:fs';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startCenter } from '#center/start-center.ts';
import { type CenterProcess, postmasterOf, runCenter, serveCenter } from './center-process.ts';
import { newDataFolder } from './center-world.ts';
import {
  facilityA,
  facilityRecord,
  offered,
  parsePatient,
  patientRow,
  type TestRow,
} from './test-records.ts';
import { connect, enrol, type Identity, openWire, proofFor, refusalOf } from './wire-client.ts';
import { connectTwo, greetTwo } from './wire-client-two.ts';

let dataFolder: string;
let code: string;
let running: CenterProcess | undefined;
const quiet = () => undefined;

beforeEach(async () => {
  dataFolder = await newDataFolder();
  const center = await startCenter({ dataFolder, log: quiet });
  await center.createFacility(facilityRecord(facilityA));
  code = (await center.createEnrolmentCode(facilityA)).code;
  await center.close();
});
afterEach(async () => {
  await running?.killEverything().catch(quiet);
  running = undefined;
  await rm(dataFolder, { recursive: true, force: true });
});

async function serve(): Promise<CenterProcess> {
  running = await serveCenter(dataFolder);
  return running;
}

/** Everything of lane 1 in the feed, by revision. */
async function pullAll(url: string, identity: Identity): Promise<ReadonlySet<string>> {
  const client = await connect(url, identity);
  const head = client.welcome.scopes[0]?.head ?? 0;
  const revs = new Set<string>();
  for (let since = 0; since < head; ) {
    const frame = await client.pull(1, since);
    for (const { record } of frame.documents) revs.add(parsePatient(record).rev);
    since = frame.through;
  }
  await client.close();
  return revs;
}

/** Pushes until the connection breaks; the rows whose verdict arrived, and the last batch that got none. */
async function pushUntilKilled(url: string, identity: Identity) {
  const client = await connect(url, identity);
  const acknowledged: TestRow[] = [];
  for (;;) {
    const rows = Array.from({ length: 5 }, () => patientRow(facilityA));
    try {
      for (const verdict of await client.push(rows, 3_000)) expect(verdict.verdict).toBe('ok');
    } catch {
      return { acknowledged, unanswered: rows };
    }
    acknowledged.push(...rows);
  }
}

describe('CRA: kill -9', () => {
  it('of the center after its commit, before the verdict was read: the replay gets the verdict, once', async () => {
    const first = await serve();
    const identity = await enrol(first.url, code);
    const client = await connect(first.url, identity);
    const row = patientRow(facilityA);
    client.pause();
    client.send({ type: 'push', batch: 1, rows: [row] });
    const other = await startCenterBeside();
    await other.waitForOperation(row.op);
    await first.kill();
    await other.close();
    const second = await serve();
    const again = await connect(second.url, identity);
    const head = again.welcome.scopes[0]?.head;
    expect(await again.push([row])).toMatchObject([{ verdict: 'ok', op: row.op, rev: row.rev, seq: head }]);
    expect(
      (await again.pull(1, 0)).documents.filter(({ record }) => parsePatient(record).id === row.id),
    ).toHaveLength(1);
    await again.close();
  });

  it('of the center and its whole PostgreSQL, under load: what was acknowledged is there', async () => {
    let center = await serve();
    const identity = await enrol(center.url, code);
    const acknowledged = new Set<string>();
    for (let round = 0; round < 3; round += 1) {
      const { url } = center;
      const pushing = pushUntilKilled(url, identity);
      await new Promise((resolve) => setTimeout(resolve, 400 + 150 * round));
      await center.killEverything();
      const outcome = await pushing;
      for (const row of outcome.acknowledged) acknowledged.add(row.rev);
      expect(outcome.acknowledged.length).toBeGreaterThan(0);
      center = await serve();
      const client = await connect(center.url, identity);
      for (const verdict of await client.push(outcome.unanswered)) expect(verdict.verdict).toBe('ok');
      for (const row of outcome.unanswered) acknowledged.add(row.rev);
      await client.close();
    }
    const kept = await pullAll(center.url, identity);
    expect([...acknowledged].filter((rev) => !kept.has(rev))).toEqual([]);
    expect(kept.size).toBe(acknowledged.size);
  });

  it('of the center alone: the PostgreSQL left behind is stopped by the next start', async () => {
    const first = await serve();
    const orphan = postmasterOf(dataFolder);
    await first.kill();
    expect(isWorking(orphan)).toBe(true);
    await serve();
    expect(isWorking(orphan)).toBe(false);
  });

  it('a stale pid file that names a living stranger does not hinder the start', async () => {
    const first = await serve();
    await first.killEverything();
    const path = join(dataFolder, 'postgres', 'cluster', 'postmaster.pid');
    const lines = (await readFile(path, 'utf8')).split('\n');
    await writeFile(path, [String(process.pid), ...lines.slice(1)].join('\n'));
    const second = await serve();
    expect(await second.stop()).toBe(0);
  });

  it('a second center on the same folder is refused, and the first lives on', async () => {
    const first = await serve();
    await expect(startCenter({ dataFolder, log: quiet })).rejects.toThrow('Another center is running');
    await (await connect(first.url, await enrol(first.url, code))).close();
  });
});

describe('OPE: what an operator does from the command line, while the center runs', () => {
  const run = (...args: string[]) => runCenter([...args, '--data-folder', dataFolder]);

  it('enrols, revokes, declares a backup, begins an epoch', async () => {
    running = await serveCenter(dataFolder, ['--backup', 'operator']);
    const { url } = running;
    const enrolled = await run('enrol', '--facility', facilityA);
    const newCode = /[0-9A-Z]{5}-[0-9A-Z]{5}/.exec(enrolled.output)?.[0] ?? '';
    const identity = await enrol(url, newCode);
    const client = await connect(url, identity);
    expect(await client.next('durable')).toMatchObject({ seq: 0 });
    await client.push([patientRow(facilityA)]);
    expect((await run('durable', 'mark')).code).toBe(0);
    const [later] = await client.push([patientRow(facilityA)]);
    if (later?.verdict !== 'ok') throw new Error('not ok');
    expect((await run('durable', 'confirm')).code).toBe(0);
    for (;;) if ((await client.next('durable')).seq === later.seq - 1) break;
    const { epoch } = client.welcome;
    const stolen = { ...identity };
    expect((await run('new-epoch')).code).toBe(0);
    expect(await client.next('refused')).toMatchObject({ retry: true });
    const again = await connect(url, identity);
    expect(again.welcome.epoch).not.toBe(epoch);
    await again.close();
    await (await connect(url, identity)).close();
    expect((await run('revoke', '--device', identity.device)).code).toBe(0);
    expect(await refusalOf(url, identity)).toBe('sync.device-revoked');
    expect(await refusalOf(url, stolen)).toBe('sync.device-revoked');
  });

  it('orders an erasure, verifies the digests, and tells of healed records (DIG-6)', async () => {
    running = await serveCenter(dataFolder, ['--offline-limit-days', '7']);
    const { url } = running;
    const identity = await enrol(url, code);
    const client = await connectTwo(url, identity);
    expect(client.welcome.offlineLimitMs).toBe(7 * 24 * 3_600_000);
    expect((await run('status')).output).not.toContain('healed');
    const numbers = { backlog: 4, oldestPendingAt: null, quarantined: 0, openReviews: 0, clock: 1 };
    client.send({ type: 'status', ...numbers, healed: 3 });
    // What comes after it is answered after it was dealt with.
    const row = patientRow(facilityA);
    await client.offer([offered(row)]);
    const status = await run('status');
    expect(status.code).toBe(0);
    expect(status.output).toContain('unsent 4; healed 3\n');
    expect(await run('verify-digests')).toMatchObject({ code: 0 });
    expect((await run('wipe', '--device', identity.device)).code).toBe(0);
    expect((await run('wipe', '--device', identity.device)).code).toBe(1);
    await client.closed;
    const wire = await openWire(url);
    wire.send(proofFor(identity, await greetTwo(wire)));
    await wire.next('wipe');
    wire.send({ type: 'wiped', device: identity.device });
    expect(await wire.closed).toBe(1000);
    const tables = await startCenterBeside();
    await tables.spoil(row.id);
    await tables.close();
    const verified = await run('verify-digests');
    expect(verified.code).toBe(1);
    expect(verified.output).toContain(facilityA);
  });

  it('says what is wrong with what was typed', async () => {
    for (const args of [
      [],
      ['dance'],
      ['enrol', '--facility', 'x'],
      ['revoke'],
      ['durable'],
      ['serve', '--port', 'x'],
      ['serve', '--offline-limit-days', '0'],
      ['wipe'],
    ]) {
      const { code: exit, output } = await run(...args);
      expect(exit).toBe(1);
      expect(output).toContain('usage: npm run center');
    }
  });

  it('keeps the password of the database to itself', async () => {
    const { mode } = await stat(join(dataFolder, 'postgres', 'postgres-password'));
    expect(mode & 0o777).toBe(0o600);
  });
});

/** Whether a process lives; one that ended and was not waited for does not. */
function isWorking(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/** Looks into the tables of the running center. */
async function startCenterBeside() {
  const { findRunningPostgres } = await import('#center/postgres/embedded.ts');
  const { systemEffects } = await import('#center/system-effects.ts');
  const { default: pg } = await import('pg');
  const connectionString = await findRunningPostgres(join(dataFolder, 'postgres'), systemEffects(quiet));
  if (connectionString === undefined) throw new Error('no PostgreSQL is running');
  const client = new pg.Client({ connectionString });
  client.on('error', quiet);
  await client.connect();
  return {
    waitForOperation: async (op: string) => {
      for (let attempt = 0; attempt < 1_000; attempt += 1) {
        const { rowCount } = await client.query('select 1 from feed where op = $1', [op]);
        if (rowCount === 1) return;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      throw new Error('the operation was never committed');
    },
    spoil: async (id: string) => {
      await client.query('update doc set rev = $2 where id = $1', [id, `9-${'a'.repeat(32)}`]);
    },
    close: () => client.end(),
  };
}
