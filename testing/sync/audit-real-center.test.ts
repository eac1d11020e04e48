import { generateKeyPairSync } from 'node:crypto';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Database, openDatabase } from '#center/postgres/database.ts';
import { systemEffects } from '#center/system-effects.ts';
import { readOverview } from '#center/web/overview.ts';
import { staffKey } from '#clinic/signatures/staff-key.ts';
import { PersonIdSchema, RecordIdSchema } from '#contracts/ids.ts';
import { readKeptHead, readRollback } from '#sync/kept-head.ts';
import { noteStaffKey, staffKeysToTell } from '#sync/staff-keys.ts';
import { uuidV7 } from '#sync/uuid-v7.ts';
import { SeededRandom } from '../doubles/seeded-random.ts';
import { type CenterWithDesks, clock, type Desk, openCenterWithDesks, saveAt } from './center-with-desks.ts';
import { facility } from './sync-world.ts';

const random = new SeededRandom(78);

describe('the audit trail and the center on PostgreSQL', () => {
  let world: CenterWithDesks;
  let database: Database;
  const effects = systemEffects(() => undefined);

  beforeAll(async () => {
    const limits = { statusEveryMs: 20, lookEveryMs: 100 };
    world = await openCenterWithDesks({ facilities: [facility], random, client: { limits } });
    database = openDatabase(world.center.postgresUrl, () => undefined, 2);
  });
  afterAll(async () => {
    await database?.close();
    await world?.close();
  });

  async function enrol(): Promise<Desk> {
    const desk = await world.enrol(facility);
    await desk.replica.transact((transaction) => transaction.beginTrail(desk.identity.device, 1));
    return desk;
  }

  const look = ({ replica }: Desk, times: number) =>
    replica.transact((transaction) => {
      for (let count = 0; count < times; count += 1) {
        transaction.audit({ at: clock.now(), person: null, action: 'view', collection: null, record: null });
      }
    });

  const rolledBackAt = async ({ identity }: Desk) => {
    const { facilities } = await readOverview(database, effects);
    return facilities.flatMap(({ devices }) => devices).find(({ id }) => id === identity.device)
      ?.rolledBackAt;
  };
  const heads = async ({ identity }: Desk) =>
    await database.rows(
      { name: '', text: 'select seq::int as seq, finding from audit_head where device = $1 order by nr' },
      v.object({ seq: v.number(), finding: v.nullable(v.string()) }),
      [identity.device],
    );

  it('AUD-6, AUD-7: honest work is never a rollback; a trail put back is, at both ends', async () => {
    const desk = await enrol();
    await look(desk, 5);
    desk.client.start();
    await vi.waitFor(async () => expect(await heads(desk)).toEqual([{ seq: 5, finding: null }]));
    await look(desk, 3);
    await vi.waitFor(async () => expect((await heads(desk)).at(-1)).toEqual({ seq: 8, finding: null }));
    await desk.client.stop();
    world.startAgain(desk);
    await vi.waitFor(() => expect(readKeptHead(desk.replica.settings)?.seq).toBe(8));
    expect(readRollback(desk.replica.settings)).toBeNull();
    expect(await rolledBackAt(desk)).toBeNull();

    // Three entries go, and others come in their place: more than before, so that the number alone says nothing.
    await desk.client.stop();
    desk.replica.disk.audit.length = 5;
    desk.replica.disk.auditHashes.length = 5;
    await look(desk, 20);
    world.startAgain(desk);
    await vi.waitFor(() => expect(readRollback(desk.replica.settings)?.kept.seq).toBe(8));
    await vi.waitFor(async () => expect(await rolledBackAt(desk)).toBeGreaterThan(0));
    expect(desk.replica.auditTrail.recent({ before: null, limit: 50 }).map(({ action }) => action)).toContain(
      'trail.rolled-back',
    );
    await desk.client.stop();
  });

  it('AUD-7: a trail that only lost its end is found by its number', async () => {
    const desk = await enrol();
    await look(desk, 9);
    desk.client.start();
    await vi.waitFor(async () => expect(await heads(desk)).toEqual([{ seq: 9, finding: null }]));
    await desk.client.stop();
    desk.replica.disk.audit.length = 4;
    desk.replica.disk.auditHashes.length = 4;
    world.startAgain(desk);
    await vi.waitFor(async () => expect(await rolledBackAt(desk)).toBeGreaterThan(0));
    await desk.client.stop();
  });

  it('SIG-5: a new signing key reaches the staff record and the other workstations', async () => {
    const [desk, other] = [await enrol(), await enrol()];
    desk.client.start();
    other.client.start();
    const id = v.parse(RecordIdSchema, uuidV7(clock.now(), random));
    const person = v.parse(PersonIdSchema, id);
    const nodira = { name: { family: 'Karimova', given: 'Nodira' } };
    await saveAt(desk, 'staff', id, { ...nodira, roles: ['nurse'], active: true });
    await vi.waitFor(() => expect(other.replica.get('staff', id)).toBeDefined());
    const { publicKey } = generateKeyPairSync('ed25519');
    const raw = Uint8Array.from(publicKey.export({ format: 'der', type: 'spki' }).subarray(-32));
    const key = staffKey(raw, 7);
    await desk.replica.transact(({ settings }) => noteStaffKey(settings, { person, ...key }));
    expect(staffKeysToTell(desk.replica)).toEqual([{ person, ...key }]);
    await vi.waitFor(() => expect(other.replica.get('staff', id)?.body.keys).toEqual([key]), 5_000);
    await vi.waitFor(() => expect(desk.replica.get('staff', id)?.body.keys).toEqual([key]), 5_000);
    expect(staffKeysToTell(desk.replica)).toEqual([]);
    expect(desk.replica.outbox.counts()).toMatchObject({ pending: 0, quarantined: 0 });
    await desk.client.stop();
    await other.client.stop();
  });
});
