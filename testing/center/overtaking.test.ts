import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assembleCenter, type CenterCore } from '#center/center-core.ts';
import { createLocalNews } from '#center/feed/local-news.ts';
import { type Database, openDatabase } from '#center/postgres/database.ts';
import { systemEffects } from '#center/system-effects.ts';
import { type CenterWorld, startWorld } from './center-world.ts';
import { type SlowLine, slowLine } from './slow-line.ts';
import { facilityA, offered, patient, patientRow, rowFor } from './test-records.ts';
import { enrol, type Identity, proofFor } from './wire-client.ts';
import { connectTwo } from './wire-client-two.ts';

/** 64 kbit/s. */
const bytesPerSecond = 8_000;
const historyDocuments = 600;
const dayMs = 24 * 3_600_000;

let world: CenterWorld;
let database: Database;
let core: CenterCore;

beforeAll(async () => {
  world = await startWorld();
  database = openDatabase(world.center.postgresUrl, () => undefined, 4);
  core = await assembleCenter({
    database,
    bus: createLocalNews(),
    effects: systemEffects(() => undefined),
    backup: 'commit',
  });
  await core.seed(
    Array.from({ length: historyDocuments }, () => {
      const old = { ...patient(facilityA), capturedAt: Date.now() - 30 * dayMs };
      return { collection: 'patients' as const, record: rowFor('patients', old).record };
    }),
  );
});
afterAll(async () => {
  await core?.close();
  await database?.close();
  await world?.close();
});

const newIdentity = async () =>
  await enrol(world.center.url, (await world.center.createEnrolmentCode(facilityA)).code);

/** Goes through the handshake on a line in memory. */
async function join(slow: SlowLine, identity: Identity): Promise<void> {
  core.gateway.accept(slow.line);
  slow.send({ type: 'hello', protocol: 2, program: 'slow', packings: ['none'], dictionaries: [] });
  await slow.until(({ type }) => type === 'challenge');
  const challenge = slow.arrived
    .map(({ message }) => message)
    .find((message) => message.type === 'challenge');
  if (challenge?.type !== 'challenge') throw new Error('no challenge');
  slow.send(proofFor(identity, challenge));
  await slow.until(({ type }) => type === 'welcome');
}

const follow = (slow: SlowLine, flow: number, lane: number, portionBytes: number) =>
  slow.send({ type: 'follow', flow, scope: facilityA, lane, since: 0, credit: 64, portionBytes });

/** The lane-0 part: staff and patients are lane 1, so a request is what overtakes them all. */
const urgent = () =>
  rowFor('requests', {
    ...patient(facilityA),
    body: {
      matter: { kind: 'access', pinfl: '41203850420018', ground: 'consent', reason: 'tez yordam' },
      urgency: 'emergency',
      events: [],
    },
  });

describe('FLOW-2: lanes on a slow line', () => {
  it('what is urgent overtakes a long history, and little waits on the line', {
    timeout: 60_000,
  }, async () => {
    const slow = slowLine(bytesPerSecond);
    await join(slow, await newIdentity());
    for (const lane of [0, 1, 2, 3]) follow(slow, lane + 1, lane, 4_000);
    await slow.until((message) => message.type === 'portion' && message.flow === 3);
    const writer = await newIdentity();
    const other = slowLine(1_000_000);
    await join(other, writer);
    const begun = performance.now();
    const row = urgent();
    other.send({ type: 'offer', batch: 1, rows: [offered(row)] });
    const at = await slow.until(
      (message) => message.type === 'portion' && message.flow === 1 && message.documents.length > 0,
    );
    expect(at - begun).toBeLessThan(5_000);
    const history = slow.arrived.filter(({ message }) => message.type === 'portion' && message.flow === 3);
    const sent = history.flatMap(({ message }) => (message.type === 'portion' ? message.documents : []));
    expect(sent.length).toBeLessThan(historyDocuments);
    expect(slow.mostUnsent).toBeLessThan(12_000);
    for (const each of [slow, other]) each.close();
  });

  it('offers are answered although portions wait for the line, and the other way round', async () => {
    const slow = slowLine(bytesPerSecond);
    await join(slow, await newIdentity());
    follow(slow, 1, 2, 4_000);
    await slow.until(({ type }) => type === 'portion');
    const row = patientRow(facilityA);
    slow.send({ type: 'offer', batch: 5, rows: [offered(row)] });
    const begun = performance.now();
    expect((await slow.until(({ type }) => type === 'outcomes')) - begun).toBeLessThan(4_000);
    slow.close();

    const locked = patientRow(facilityA);
    const fast = await connectTwo(world.center.url, await newIdentity());
    await fast.offer([offered(locked)]);
    await world.sql.query('begin');
    await world.sql.query('select 1 from doc where id = $1 for update', [locked.id]);
    const edit = rowFor('patients', patient(facilityA, 'Boshqa', locked.id), locked.rev);
    fast.send({ type: 'offer', batch: 99, rows: [offered(edit)] });
    const flow = fast.follow(2, 0, 8, 20_000);
    expect(await fast.next('portion', 2_000)).toMatchObject({ flow });
    fast.send({ type: 'digest', request: 1, scope: facilityA });
    expect(await fast.next('digests', 2_500)).toMatchObject({ request: 1 });
    expect(fast.waiting.filter(({ type }) => type === 'outcomes')).toEqual([]);
    await world.sql.query('rollback');
    expect(await fast.next('outcomes')).toMatchObject({ batch: 99 });
    await fast.close();
  });
});
