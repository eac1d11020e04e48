import { afterAll, beforeAll, expect, it } from 'vitest';
import { assembleCenter, type CenterCore } from '#center/center-core.ts';
import { createLocalNews } from '#center/feed/local-news.ts';
import type { Line } from '#center/gateway/line.ts';
import { noHooks } from '#center/ingest/hooks.ts';
import { createIngest } from '#center/ingest/push-batch.ts';
import { type Database, openDatabase } from '#center/postgres/database.ts';
import { systemEffects } from '#center/system-effects.ts';
import { type CenterWorld, startWorld } from './center-world.ts';
import { slowLine } from './slow-line.ts';
import { facilityA, facilityB, offered, patient, rowFor } from './test-records.ts';
import { type Identity, proofFor } from './wire-client.ts';

// docs/specs/center.md GAT-5: what was committed is told, whatever becomes of the workstation that sent it.

let world: CenterWorld;
let database: Database;
let core: CenterCore;
const effects = systemEffects(() => undefined);

beforeAll(async () => {
  world = await startWorld();
  database = openDatabase(world.center.postgresUrl, () => undefined, 4);
  core = await assembleCenter({ database, bus: createLocalNews(), effects, backup: 'commit' });
});
afterAll(async () => {
  await core?.close();
  await database?.close();
  await world?.close();
});

/** A workstation of facility A on a line in memory, which it may stop reading. */
async function workstation() {
  const slow = slowLine(1_000_000);
  const state = { isRead: true };
  const line: Line = {
    ...slow.line,
    get isOpen() {
      return slow.line.isOpen;
    },
    get unsentBytes() {
      return state.isRead ? slow.line.unsentBytes : Number.MAX_SAFE_INTEGER;
    },
  };
  core.gateway.accept(line);
  const identity: Identity = await world.enrol();
  slow.send({ type: 'hello', protocol: 2, program: 'slow', packings: ['none'], dictionaries: [] });
  await slow.until(({ type }) => type === 'challenge');
  const challenge = slow.arrived.map(({ message }) => message).find(({ type }) => type === 'challenge');
  if (challenge?.type !== 'challenge') throw new Error('no challenge');
  slow.send(proofFor(identity, challenge));
  await slow.until(({ type }) => type === 'welcome');
  return { slow, state, identity };
}

it('others hear at once of what a workstation wrote that does not read its answer', async () => {
  const [writer, reader] = [await workstation(), await workstation()];
  for (const lane of [0, 1, 2, 3]) {
    reader.slow.send({
      type: 'follow',
      flow: lane + 1,
      scope: facilityA,
      lane,
      since: 0,
      credit: 64,
      portionBytes: 100_000,
    });
  }
  const row = rowFor('patients', patient(facilityA));
  writer.state.isRead = false;
  const begun = performance.now();
  writer.slow.send({ type: 'offer', batch: 1, rows: [offered(row)] });
  const at = await reader.slow.until(
    (message) => message.type === 'portion' && JSON.stringify(message).includes(row.record.id),
  );
  expect(at - begun).toBeLessThan(5_000);
  expect(writer.slow.arrived.some(({ message }) => message.type === 'outcomes')).toBe(false);
  writer.slow.close();
  reader.slow.close();
}, 20_000);

it('a batch that is refused in its second home tells what it wrote in the first', async () => {
  const { device } = await world.enrol();
  const revokedAfterTheFirst: Database = {
    rows: (statement, schema, values) => database.rows(statement, schema, values),
    run: (statement, values) => database.run(statement, values),
    waiting: () => database.waiting(),
    close: () => Promise.resolve(),
    transaction: async (work) => {
      const value = await database.transaction(work);
      await world.sql.query('update device set revoked_at = 1 where id = $1', [device]);
      return value;
    },
  };
  let hurried = 0;
  const ingest = createIngest(revokedAfterTheFirst, effects, {
    ...noHooks,
    homesOf: async (_device, rows) => new Map(rows.map(({ index }) => [index, facilityB])),
    onApplied: async () => true,
    committed: () => {
      hurried += 1;
    },
  });
  const rows = [rowFor('patients', patient(facilityA)), rowFor('patients', patient(facilityB))];
  const outcome = await ingest.offer(device, facilityA, rows.map(offered));
  expect(outcome).toMatchObject({
    kind: 'refused',
    code: 'sync.device-revoked',
    applied: [{ scope: facilityA }],
  });
  expect(hurried).toBe(1);
  const { rows: kept } = await world.sql.query('select 1 from doc where id = $1', [rows[0]?.record.id]);
  expect(kept).toHaveLength(1);
});
