import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '#center/postgres/database.ts';
import { checkSignatures } from '#center/staff/check-signatures.ts';
import { createStaffDesk } from '#center/staff/staff-keys.ts';
import { systemEffects } from '#center/system-effects.ts';
import { readOverview } from '#center/web/overview.ts';
import type { Signer } from '#clinic/ports/signer.ts';
import { signVisit } from '#clinic/signatures/sign.ts';
import { staffKey } from '#clinic/signatures/staff-key.ts';
import { EntryIdSchema, PersonIdSchema, RecordIdSchema } from '#contracts/ids.ts';
import type { RecordOf } from '#contracts/records/registry.ts';
import { recordSchemas } from '#contracts/records/registry.ts';
import { maxStaffKeys } from '#contracts/records/signature.ts';
import type { VisitBody } from '#contracts/records/visits.ts';
import { type CenterWorld, startWorld } from './center-world.ts';
import {
  facilityA,
  facilityB,
  newRecordId,
  offered,
  rowFor,
  staffMember,
  type Unrevised,
} from './test-records.ts';
import type { Identity } from './wire-client.ts';
import { connectTwo, type WelcomedTwo } from './wire-client-two.ts';

let world: CenterWorld;
let database: Database;
const effects = systemEffects(() => undefined);
beforeAll(async () => {
  world = await startWorld();
  database = openDatabase(world.center.postgresUrl, () => undefined, 2);
});
afterAll(async () => {
  await database?.close();
  await world?.close();
});

const hash = (text: string) => createHash('sha256').update(text).digest('hex');
const head = (seq: number, trail = '') => ({ seq, hash: hash(`${trail}${seq}`) });
const numbers = { backlog: 0, oldestPendingAt: null, quarantined: 0, openReviews: 0, healed: 0, clock: 1 };

async function connectThree(identity: Identity): Promise<WelcomedTwo> {
  return await connectTwo(world.center.url, identity, { protocol: 3 });
}

/** Tells a status and waits until the center dealt with it: a digest is answered after it. */
async function tell(client: WelcomedTwo, news: object): Promise<void> {
  client.send({ type: 'status', ...numbers, ...news });
  await client.offer([offered(rowFor('staff', staffMember(facilityA)))]);
}

async function rolledBackAt(device: string): Promise<number | null | undefined> {
  const { facilities } = await readOverview(database, effects);
  return facilities.flatMap(({ devices }) => devices).find(({ id }) => id === device)?.rolledBackAt;
}

const rowsOf = async (device: string) => {
  const { rows } = await world.sql.query(
    'select nr::int, seq::int, hash, finding from audit_head where device = $1 order by nr',
    [device],
  );
  return rows;
};

describe('AUD-6: heads of audit trails', () => {
  it('are kept as they are told, each once, and the newest is named in the next welcome', async () => {
    const identity = await world.enrol();
    const client = await connectThree(identity);
    expect(client.welcome.audit).toBeUndefined();
    await tell(client, { audit: head(3) });
    await tell(client, { audit: head(3) });
    await tell(client, { audit: head(7) });
    await client.close();
    expect(await rowsOf(identity.device)).toEqual([
      { nr: 1, ...head(3), finding: null },
      { nr: 2, ...head(7), finding: null },
    ]);
    const again = await connectThree(identity);
    expect(again.welcome.audit).toEqual(head(7));
    await tell(again, { audit: { ...head(9), atKept: head(7) } });
    await again.close();
    expect(await rolledBackAt(identity.device)).toBeNull();
    const old = await connectTwo(world.center.url, identity);
    expect(old.welcome.audit).toBeUndefined();
    await old.close();
  });

  it.each([
    ['fewer entries', head(6)],
    ['as many entries, but others', head(7, 'other')],
    ['more entries, but others where the center knows one', { ...head(9), atKept: head(7, 'other') }],
    ['more entries, and none where the center knows one', { ...head(9), atKept: { seq: 7, hash: null } }],
  ])('AUD-7: %s mean a rollback, which stays known', async (_what, audit) => {
    const identity = await world.enrol();
    const client = await connectThree(identity);
    await tell(client, { audit: head(3) });
    await tell(client, { audit: head(7) });
    expect(await rolledBackAt(identity.device)).toBeNull();
    await tell(client, { audit });
    expect(await rolledBackAt(identity.device)).toBeGreaterThan(0);
    await tell(client, { audit: head(20) });
    expect(await rolledBackAt(identity.device)).toBeGreaterThan(0);
    expect(await rowsOf(identity.device)).toMatchObject([
      { ...head(3), finding: null },
      { ...head(7), finding: null },
      { seq: audit.seq, hash: audit.hash, finding: 'rolled-back' },
      { ...head(20), finding: null },
    ]);
    await client.close();
  });

  it('AUD-7: a trail that is back where it was told before is a rollback too', async () => {
    const identity = await world.enrol();
    const client = await connectThree(identity);
    for (const seq of [3, 7, 3, 3]) await tell(client, { audit: head(seq) });
    expect((await rowsOf(identity.device)).map(({ finding }) => finding)).toEqual([
      null,
      null,
      'rolled-back',
    ]);
    await client.close();
  });

  it('of another device do not matter', async () => {
    const one = await world.enrol();
    const other = await world.enrol();
    const first = await connectThree(one);
    await tell(first, { audit: head(50) });
    const second = await connectThree(other);
    expect(second.welcome.audit).toBeUndefined();
    await tell(second, { audit: head(1, 'second') });
    expect(await rolledBackAt(other.device)).toBeNull();
    await first.close();
    await second.close();
  });
});

interface Key {
  readonly signer: Signer;
  readonly privateKey: KeyObject;
}

function newSigner(): Key {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = Uint8Array.from(publicKey.export({ format: 'der', type: 'spki' }).subarray(-32));
  return { privateKey, signer: { publicKey: raw, sign: (bytes) => sign(null, bytes, privateKey) } };
}

async function staffRecord(id: string): Promise<RecordOf<'staff'>> {
  const { rows } = await world.sql.query(`select body from doc where collection = 'staff' and id = $1`, [id]);
  return v.parse(recordSchemas.staff, JSON.parse(rows[0].body));
}

describe('SIG-5: signing keys of staff', () => {
  const desk = () => createStaffDesk({ database, effects, center: newRecordId(), announce: () => undefined });

  it('come into the staff record as a workstation tells them, once, and go to the other workstations', async () => {
    const client = await connectThree(await world.enrol());
    const other = await connectThree(await world.enrol());
    const nurse = staffMember(facilityA);
    await client.offer([offered(rowFor('staff', nurse))]);
    const key = staffKey(newSigner().signer.publicKey, 5);
    const told = { staffKeys: [{ person: nurse.id, ...key }] };
    await tell(client, told);
    await tell(client, told);
    expect((await staffRecord(nurse.id)).body).toEqual({ ...nurse.body, keys: [key] });
    const flow = other.follow(1, 0);
    const portions = await other.readThrough(flow, client.welcome.scopes[0]?.head ?? 0);
    const seen = portions.flatMap(({ documents }) => documents).map((document) => JSON.stringify(document));
    expect(seen.some((text) => text.includes(key.id))).toBe(true);
    await client.close();
    await other.close();
  });

  it('are not taken for people of another facility, nor beyond what a record holds', async () => {
    const guest = staffMember(facilityB);
    const there = await connectThree(await world.enrol(facilityB));
    await there.offer([offered(rowFor('staff', guest))]);
    const key = () => staffKey(newSigner().signer.publicKey, 5);
    await desk().addKey(facilityA, { person: v.parse(PersonIdSchema, guest.id), ...key() });
    expect((await staffRecord(guest.id)).body).toEqual(guest.body);
    for (let count = 0; count < maxStaffKeys + 2; count += 1) {
      await desk().addKey(facilityB, { person: v.parse(PersonIdSchema, guest.id), ...key() });
    }
    expect((await staffRecord(guest.id)).body.keys).toHaveLength(maxStaffKeys);
    await there.close();
  });

  it('SIG-6: end with their person, and no key comes after', async () => {
    const client = await connectThree(await world.enrol());
    const nurse = staffMember(facilityA);
    await client.offer([offered(rowFor('staff', nurse))]);
    const person = v.parse(PersonIdSchema, nurse.id);
    const key = staffKey(newSigner().signer.publicKey, 5);
    await desk().addKey(facilityA, { person, ...key });
    const before = Date.now();
    expect(await desk().revoke(facilityB, person)).toBe(false);
    expect(await desk().revoke(facilityA, person)).toBe(true);
    expect(await desk().revoke(facilityA, person)).toBe(false);
    const { body } = await staffRecord(nurse.id);
    expect(body).toMatchObject({ active: false, keys: [{ id: key.id }] });
    expect(body.keys?.[0]?.revokedAt).toBeGreaterThanOrEqual(before);
    await desk().addKey(facilityA, { person, ...staffKey(newSigner().signer.publicKey, 6) });
    expect((await staffRecord(nurse.id)).body).toEqual(body);
    await client.close();
  });
});

it('SIG-4: the center verifies signed visits of every facility', async () => {
  const client = await connectThree(await world.enrol());
  const { signer } = newSigner();
  const stranger = newSigner();
  const nurse = staffMember(facilityA);
  const keyed = { ...nurse, body: { ...nurse.body, keys: [staffKey(signer.publicKey, 1)] } };
  await client.offer([offered(rowFor('staff', keyed))]);
  const by = v.parse(PersonIdSchema, nurse.id);
  const id = () => v.parse(EntryIdSchema, newRecordId());
  const visit = (note: string): VisitBody => ({
    patientId: v.parse(RecordIdSchema, newRecordId()),
    day: '2026-03-01' as VisitBody['day'],
    reason: 'yoʻtal',
    urgency: 'routine',
    entries: [{ kind: 'note', id: id(), at: 4, by, text: note }],
  });
  const put = async (make: (record: Unrevised['id']) => VisitBody) => {
    const record = newRecordId();
    const outcome = await client.offer([
      offered(rowFor('visits', { ...keyed, id: record, body: make(record) })),
    ]);
    expect(outcome).toEqual([expect.any(Number)]);
    return record;
  };
  const signing = { by, at: 5, id: id() };
  await put((record) => signVisit(record, visit('a'), { ...signing, signer }));
  expect(await checkSignatures(database)).toEqual({ signed: 1, bad: [] });
  const altered = await put((record) => {
    const signed = signVisit(record, visit('b'), { ...signing, signer });
    return { ...signed, reason: 'isitma' };
  });
  const unknown = await put((record) =>
    signVisit(record, visit('c'), { ...signing, signer: stranger.signer }),
  );
  const report = await checkSignatures(database, facilityA);
  expect(report.signed).toBe(3);
  expect(report.bad.map((bad) => [bad.visit, bad.verdict]).sort()).toEqual(
    [
      [altered, 'altered'],
      [unknown, 'unknown-key'],
    ].sort(),
  );
  await client.close();
});
