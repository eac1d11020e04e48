import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSeededRandom } from '#testing/district/seeded-random.ts';
import { mutate } from '#testing/sync/wire-mutations.ts';
import { type CenterWorld, startWorld } from './center-world.ts';
import { facilityA, patientRow, renamed } from './test-records.ts';
import { connect, enrol, greet, newKey, openWire, proofFor } from './wire-client.ts';

let world: CenterWorld;
const complaints: string[] = [];

beforeAll(async () => {
  world = await startWorld({
    log: (line) => complaints.push(line),
    limits: { failedEnrolmentsPerMinute: 1_000_000 },
  });
});
afterAll(async () => {
  await world?.close();
});

const uuid = '0199b000-0000-7000-8000-000000000001';
const samples = (): readonly unknown[] => [
  { type: 'hello', protocol: 1, program: 'x' },
  { type: 'enrol', code: 'AAAAA-AAAAA', publicKey: newKey().publicKey, label: 'x' },
  { type: 'prove', device: uuid, ticket: '0'.repeat(64), signature: 'A'.repeat(86) },
  { type: 'confirm-ticket', ticket: '0'.repeat(64) },
  { type: 'push', batch: 1, rows: [patientRow(facilityA)] },
  { type: 'pull', scope: facilityA, lane: 1, since: 0, limit: 10 },
  { type: 'status', backlog: 0, oldestPendingAt: null, quarantined: 0, openReviews: 0, clock: 1 },
];

describe('GAT-4: whatever comes over a real socket, the center stands', () => {
  it.each([1, 2, 3])(
    'strangers send two thousand broken messages (seed %i)',
    { timeout: 90_000 },
    async (seed) => {
      const dice = createSeededRandom(seed);
      for (let round = 0; round < 250; round += 1) {
        const client = await openWire(world.center.url);
        if (dice.chance(1 / 2)) await greet(client);
        const all = samples();
        for (let count = 0; count < 8; count += 1) {
          const message = JSON.stringify(mutate(dice.pick(all), dice)) ?? '';
          client.sendRaw(dice.chance(1 / 10) ? message.slice(0, dice.integer(0, message.length)) : message);
        }
        await client.next('refused', 150).catch(() => undefined);
        await client.close();
      }
      await expectSound();
    },
  );

  it.each([4, 5])(
    'a workstation sends broken messages after its welcome (seed %i)',
    { timeout: 90_000 },
    async (seed) => {
      const dice = createSeededRandom(seed);
      const { code } = await world.center.createEnrolmentCode(facilityA);
      const identity = await enrol(world.center.url, code);
      for (let round = 0; round < 100; round += 1) {
        const client = await openWire(world.center.url);
        client.send(proofFor(identity, await greet(client)));
        identity.ticket = (await client.next('welcome')).ticket;
        const all = samples();
        const offered = { type: 'confirm-ticket', ticket: identity.ticket };
        const message = dice.chance(1 / 10) ? offered : dice.pick(all.slice(3));
        for (let count = 0; count < 6; count += 1) client.send(mutate(message, dice) ?? null);
        await client.next('refused', 150).catch(() => undefined);
        await client.close();
      }
      await expectSound();
    },
  );

  it.each([6, 7, 8])(
    'broken rows get one verdict each, in order (seed %i)',
    { timeout: 90_000 },
    async (seed) => {
      const dice = createSeededRandom(seed);
      const client = await connect(world.center.url, await world.enrol());
      for (let round = 0; round < 10; round += 1) {
        const base = patientRow(facilityA);
        const rows = Array.from({ length: 200 }, (_unused, index) => {
          const row = index % 3 === 0 ? renamed(base, `N${index}`) : patientRow(facilityA);
          return dice.chance(1 / 4) ? row : (mutate(row, dice) ?? null);
        });
        const verdicts = await client.push(rows, 30_000);
        expect(verdicts).toHaveLength(rows.length);
        for (const [index, verdict] of verdicts.entries()) {
          if (verdict.verdict === 'quarantined') expect(verdict.index).toBe(index);
          else expect(rows[index]).toMatchObject({ op: verdict.op });
        }
      }
      await client.close();
      await expectSound();
    },
  );
});

/** An honest workstation is served as ever, and nothing in the center met a defect. */
async function expectSound(): Promise<void> {
  const client = await connect(world.center.url, await world.enrol());
  expect(await client.push([patientRow(facilityA)])).toMatchObject([{ verdict: 'ok' }]);
  await client.close();
  expect(complaints).toEqual([]);
}
