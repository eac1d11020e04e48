import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { systemEffects } from '#center/system-effects.ts';
import { type RecordId, ScopeSchema } from '#contracts/ids.ts';
import type { BodyByCollection, CollectionName } from '#contracts/records/registry.ts';
import type { RequestBody } from '#contracts/records/requests.ts';
import { canonicalJson } from '#sync/merge/canonical-json.ts';
import { uuidV7 } from '#sync/uuid-v7.ts';
import { SeededRandom } from '../doubles/seeded-random.ts';
import {
  type CenterWithDesks,
  changeAt,
  clock,
  type Desk,
  openCenterWithDesks,
  saveAt,
} from './center-with-desks.ts';
import { randomPatient, randomRecordId } from './random-bodies.ts';

const random = new SeededRandom(4242);
const [village, town] = ['SAM000123', 'SAM000456'].map((code) => v.parse(ScopeSchema, code));
if (village === undefined || town === undefined) throw new Error('no facilities');
const dayMs = 24 * 3_600_000;

describe('two facilities and the center on PostgreSQL', () => {
  let world: CenterWithDesks;
  let nurse: Desk;
  let doctor: Desk;
  let passed = 0;

  beforeAll(async () => {
    const system = systemEffects(() => undefined);
    const effects = {
      ...system,
      clock: { now: () => Date.now() + passed },
      // A minute of the courier's passes in a quarter of a second.
      timers: {
        after: (waitMs: number, run: () => void) =>
          system.timers.after(waitMs === 60_000 ? 250 : waitMs, run),
      },
    };
    world = await openCenterWithDesks({ facilities: [village, town], random, center: { effects } });
    nurse = await world.enrol(village);
    doctor = await world.enrol(town);
    for (const { client } of world.desks) client.start();
  });
  afterAll(() => world?.close());

  const visitOf = (patientId: RecordId, reason: string): BodyByCollection['visits'] => ({
    patientId,
    day: v.parse(v.pipe(v.string(), v.isoDate(), v.brand('Day')), '2026-11-20'),
    reason,
    urgency: 'routine',
    entries: [],
  });
  const ask = async (desk: Desk, matter: RequestBody['matter']) => {
    const id = randomRecordId(random);
    await saveAt(desk, 'requests', id, { matter, urgency: 'routine', events: [] });
    return id;
  };
  const until = (isReached: () => boolean) => vi.waitUntil(isReached, { timeout: 50_000, interval: 50 });
  const isAlike = (collection: CollectionName, id: RecordId) => {
    const texts = world.desks.map(({ replica }) => canonicalJson(replica.get(collection, id) ?? null));
    return world.isAllSent() && new Set(texts).size === 1;
  };
  const eventsOf = (desk: Desk, id: RecordId) =>
    desk.replica.get('requests', id)?.body.events.map(({ kind }) => kind) ?? [];

  it('SHR-8: know each other by name', async () => {
    await until(() => world.desks.every(({ replica }) => replica.count('reference', {}) === 2));
  });

  it('SHR-3 to SHR-6: refer a patient, write at both ends, merge, and part again', async () => {
    const id = randomRecordId(random);
    const visit = randomRecordId(random);
    await saveAt(nurse, 'patients', id, { ...randomPatient(random), phone: '+998900000000' });
    await saveAt(nurse, 'visits', visit, visitOf(id, 'yurak'));
    const request = await ask(nurse, { kind: 'referral', patientId: id, to: town, reason: 'kardiolog' });
    await until(
      () => doctor.replica.get('visits', visit) !== undefined && eventsOf(doctor, request).length > 0,
    );
    await until(() => isAlike('patients', id) && isAlike('requests', request));

    await world.stopAll();
    await changeAt(nurse, 'patients', id, (body) => ({ ...body, phone: '+998901111111' }));
    await changeAt(doctor, 'patients', id, (body) => ({ ...body, phone: '+998902222222' }));
    await changeAt(doctor, 'patients', id, (body) => ({ ...body, bloodGroup: 'A+' }));
    const own = randomRecordId(random);
    await saveAt(doctor, 'visits', own, visitOf(id, 'EKG'));
    for (const desk of [nurse, doctor]) {
      world.startAgain(desk);
      await until(() => desk.replica.outbox.counts().pending === 0);
    }
    await until(() => isAlike('patients', id) && isAlike('visits', own));
    expect(nurse.replica.get('patients', id)?.body).toMatchObject({
      phone: '+998901111111',
      bloodGroup: 'A+',
    });
    expect(nurse.replica.get('patients', id)?.scope).toBe(village);
    // The lost phone number is asked about at both ends.
    await until(() => world.desks.every(({ replica }) => replica.count('reviews', {}) === 1));
    // What was taken at the other facility's home is forgotten by the own watermark after the seven days of PUSH-16.
    expect(doctor.replica.outbox.byState('quarantined', 10)).toEqual([]);

    await changeAt(doctor, 'requests', request, (body) => ({
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
    await saveAt(nurse, 'patients', id, { ...randomPatient(random), allergies: [] });
    await ask(nurse, { kind: 'referral', patientId: id, to: town, reason: 'kardiolog' });
    await until(() => doctor.replica.get('patients', id) !== undefined && world.isAllSent());
    const allergy = (desk: Desk, substance: string) =>
      changeAt(desk, 'patients', id, (body) => ({
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
    await world.stopAll();
    await doctor.replica.transact((transaction) => transaction.remove(collection, kept.id));
    for (const desk of world.desks) world.startAgain(desk);
    await until(() => doctor.replica.get(collection, kept.id) !== undefined);
    await until(() => doctor.client.state().healed === 1);
    expect(nurse.client.state().healed).toBe(0);
  }, 170_000);
});
