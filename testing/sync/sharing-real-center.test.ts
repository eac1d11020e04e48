import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type RunningCenter, startCenter } from '#center/start-center.ts';
import { systemEffects } from '#center/system-effects.ts';
import { type PersonId, PersonIdSchema, type RecordId, type Scope, ScopeSchema } from '#contracts/ids.ts';
import type { BodyByCollection, CollectionName } from '#contracts/records/registry.ts';
import type { RequestBody } from '#contracts/records/requests.ts';
import { SyncClient } from '#sync/client/sync-client.ts';
import { type DeviceIdentity, saveDeviceIdentity } from '#sync/device-identity.ts';
import { enrolDevice } from '#sync/enrol-device.ts';
import { recordLocalWrite } from '#sync/local-write.ts';
import { canonicalJson } from '#sync/merge/canonical-json.ts';
import { webSocketConnect } from '#sync/transports/websocket-transport.ts';
import { uuidV7 } from '#sync/uuid-v7.ts';
import { facilityRecord } from '../center/test-records.ts';
import { MemoryReplica } from '../doubles/memory-replica.ts';
import { SeededRandom } from '../doubles/seeded-random.ts';
import { randomPatient, randomRecordId } from './random-bodies.ts';

const clock = { now: () => Date.now() };
const timers = systemEffects(() => undefined).timers;
const random = new SeededRandom(4242);
const [village, town] = ['SAM000123', 'SAM000456'].map((code) => v.parse(ScopeSchema, code));
if (village === undefined || town === undefined) throw new Error('no facilities');
const dayMs = 24 * 3_600_000;

interface Desk {
  readonly scope: Scope;
  readonly replica: MemoryReplica;
  readonly identity: DeviceIdentity;
  readonly person: PersonId;
  client: SyncClient;
}

describe('two facilities and the center on PostgreSQL', () => {
  let center: RunningCenter;
  let folder: string;
  let nurse: Desk;
  let doctor: Desk;
  let passed = 0;
  const desks: Desk[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hamshira-sharing-'));
    // PostgreSQL runs under an account of its own.
    await chmod(folder, 0o755);
    const effects = systemEffects(() => undefined);
    center = await startCenter({
      dataFolder: folder,
      log: () => undefined,
      effects: {
        ...effects,
        clock: { now: () => Date.now() + passed },
        // A minute of the courier's passes in a quarter of a second.
        timers: { after: (waitMs, run) => effects.timers.after(waitMs === 60_000 ? 250 : waitMs, run) },
      },
    });
    await center.createFacility(facilityRecord(village));
    await center.createFacility(facilityRecord(town));
    nurse = await enrol(village);
    doctor = await enrol(town);
  });
  afterAll(async () => {
    await Promise.all(desks.map(({ client }) => client.stop()));
    await center?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const clientOf = (replica: MemoryReplica, identity: DeviceIdentity) =>
    new SyncClient({
      replica,
      identity,
      connect: webSocketConnect(identity.centerUrl, timers),
      clock,
      timers,
      random,
      program: 'test',
      limits: { backOffFromMs: 50, backOffToMs: 200 },
    });

  async function enrol(scope: Scope): Promise<Desk> {
    const { code } = await center.createEnrolmentCode(scope);
    const connect = webSocketConnect(center.url, timers);
    const order = { connect, centerUrl: center.url, code, label: 'desk', program: 'test', random, timers };
    const enrolled = await enrolDevice(order);
    if (!enrolled.ok) throw new Error(enrolled.error.code);
    const { identity, ticket } = enrolled.value;
    const replica = new MemoryReplica();
    await replica.transact(({ settings }) => saveDeviceIdentity(settings, identity, ticket));
    const person = v.parse(PersonIdSchema, uuidV7(clock.now(), random));
    const desk = { scope, replica, identity, person, client: clientOf(replica, identity) };
    desk.client.start();
    desks.push(desk);
    return desk;
  }

  const write = <C extends CollectionName>(
    { replica, identity, person, scope }: Desk,
    collection: C,
    id: RecordId,
    body: BodyByCollection[C],
  ) =>
    replica.transact((transaction) =>
      recordLocalWrite(transaction, {
        collection,
        id,
        body,
        scope,
        author: person,
        device: identity.device,
        at: clock.now(),
        random,
      }),
    );
  const change = <C extends CollectionName>(
    desk: Desk,
    collection: C,
    id: RecordId,
    edit: (body: BodyByCollection[C]) => BodyByCollection[C],
  ) => {
    const stored = desk.replica.get(collection, id);
    if (stored === undefined) throw new Error(`no ${collection}`);
    return write(desk, collection, id, edit(stored.body));
  };
  const visitOf = (patientId: RecordId, reason: string): BodyByCollection['visits'] => ({
    patientId,
    day: v.parse(v.pipe(v.string(), v.isoDate(), v.brand('Day')), '2026-11-20'),
    reason,
    urgency: 'routine',
    entries: [],
  });
  const ask = async (desk: Desk, matter: RequestBody['matter']) => {
    const id = randomRecordId(random);
    await write(desk, 'requests', id, { matter, urgency: 'routine', events: [] });
    return id;
  };
  const until = (isReached: () => boolean) => vi.waitUntil(isReached, { timeout: 50_000, interval: 50 });
  const isSent = () => desks.every(({ replica }) => replica.outbox.counts().pending === 0);
  const isAlike = (collection: CollectionName, id: RecordId) => {
    const texts = desks.map(({ replica }) => canonicalJson(replica.get(collection, id) ?? null));
    return isSent() && new Set(texts).size === 1;
  };
  const eventsOf = (desk: Desk, id: RecordId) =>
    desk.replica.get('requests', id)?.body.events.map(({ kind }) => kind) ?? [];

  it('SHR-8: know each other by name', async () => {
    await until(() => desks.every(({ replica }) => replica.count('reference', {}) === 2));
  });

  it('SHR-3 to SHR-6: refer a patient, write at both ends, merge, and part again', async () => {
    const id = randomRecordId(random);
    const visit = randomRecordId(random);
    await write(nurse, 'patients', id, { ...randomPatient(random), phone: '+998900000000' });
    await write(nurse, 'visits', visit, visitOf(id, 'yurak'));
    const request = await ask(nurse, { kind: 'referral', patientId: id, to: town, reason: 'kardiolog' });
    await until(
      () => doctor.replica.get('visits', visit) !== undefined && eventsOf(doctor, request).length > 0,
    );
    await until(() => isAlike('patients', id) && isAlike('requests', request));

    await Promise.all(desks.map(({ client }) => client.stop()));
    await change(nurse, 'patients', id, (body) => ({ ...body, phone: '+998901111111' }));
    await change(doctor, 'patients', id, (body) => ({ ...body, phone: '+998902222222' }));
    await change(doctor, 'patients', id, (body) => ({ ...body, bloodGroup: 'A+' }));
    const own = randomRecordId(random);
    await write(doctor, 'visits', own, visitOf(id, 'EKG'));
    for (const desk of [nurse, doctor]) {
      desk.client = clientOf(desk.replica, desk.identity);
      desk.client.start();
      await until(() => desk.replica.outbox.counts().pending === 0);
    }
    await until(() => isAlike('patients', id) && isAlike('visits', own));
    expect(nurse.replica.get('patients', id)?.body).toMatchObject({
      phone: '+998901111111',
      bloodGroup: 'A+',
    });
    expect(nurse.replica.get('patients', id)?.scope).toBe(village);
    // The lost phone number is asked about at both ends.
    await until(() => desks.every(({ replica }) => replica.count('reviews', {}) === 1));
    // What was taken at the other facility's home is forgotten by the own watermark after the seven days of PUSH-16.
    expect(doctor.replica.outbox.byState('quarantined', 10)).toEqual([]);

    await change(doctor, 'requests', request, (body) => ({
      ...body,
      events: [
        ...body.events,
        {
          id: v.parse(v.pipe(v.string(), v.brand('EntryId')), uuidV7(clock.now(), random)),
          at: clock.now(),
          by: doctor.person,
          kind: 'answered',
          text: 'EKG me’yorda',
        },
      ],
    }));
    await until(() => isAlike('requests', request) && eventsOf(nurse, request).at(-1) === 'granted');
    passed += 91 * dayMs;
    await until(() => eventsOf(nurse, request).at(-1) === 'ended');
    await until(() => doctor.replica.get('visits', visit) === undefined);
    // The doctor wrote a visit: the patient's own record stays with it.
    expect(doctor.replica.get('patients', id)).toBeDefined();
    expect(nurse.replica.get('visits', own)).toBeDefined();
  }, 170_000);

  it('SHR-7: move a patient while both sides have unsent edits', async () => {
    const id = randomRecordId(random);
    await write(nurse, 'patients', id, { ...randomPatient(random), allergies: [] });
    await ask(nurse, { kind: 'referral', patientId: id, to: town, reason: 'kardiolog' });
    await until(() => doctor.replica.get('patients', id) !== undefined && isSent());
    const allergy = (desk: Desk, substance: string) =>
      change(desk, 'patients', id, (body) => ({
        ...body,
        allergyStatus: 'known',
        allergies: [
          ...body.allergies,
          {
            id: v.parse(v.pipe(v.string(), v.brand('EntryId')), uuidV7(clock.now(), random)),
            substance,
            at: clock.now(),
            by: desk.person,
          },
        ],
      }));
    const request = await ask(nurse, { kind: 'move', patientId: id, to: town, reason: 'ko‘chdi' });
    for (let round = 0; round < 6; round += 1) {
      await allergy(nurse, `qishloq ${round}`);
      await allergy(doctor, `shahar ${round}`);
      await new Promise((resolve) => setTimeout(resolve, 40));
    }
    await until(() => eventsOf(nurse, request).includes('moved'));
    await until(() => isAlike('patients', id) && nurse.replica.get('patients', id)?.scope === town);
    const substances = nurse.replica.get('patients', id)?.body.allergies.map(({ substance }) => substance);
    expect(substances?.sort()).toEqual(
      ['qishloq', 'shahar'].flatMap((side) => [0, 1, 2, 3, 4, 5].map((round) => `${side} ${round}`)),
    );
  }, 170_000);

  it('DIG-1: have nothing to heal afterwards but the copy that was lost here', async () => {
    const [copy] = doctor.replica.find('visits', {}).filter(({ scope }) => scope === village);
    const kept = copy ?? doctor.replica.find('patients', {})[0];
    const collection = copy === undefined ? 'patients' : 'visits';
    if (kept === undefined) throw new Error('no copy');
    for (const desk of desks) await desk.client.stop();
    await doctor.replica.transact((transaction) => transaction.remove(collection, kept.id));
    for (const desk of desks) {
      desk.client = clientOf(desk.replica, desk.identity);
      desk.client.start();
    }
    await until(() => doctor.replica.get(collection, kept.id) !== undefined);
    await until(() => doctor.client.state().healed === 1);
    expect(nurse.client.state().healed).toBe(0);
  }, 170_000);
});
