import { randomUUID } from 'node:crypto';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { type RecordId, RevisionSchema } from '#contracts/ids.ts';
import { type PatientBody, PatientBodySchema } from '#contracts/records/patients.ts';
import { RequestBodySchema } from '#contracts/records/requests.ts';
import { ReviewBodySchema } from '#contracts/records/reviews.ts';
import { StaffBodySchema } from '#contracts/records/staff.ts';
import { VisitBodySchema } from '#contracts/records/visits.ts';
import { checkInvariants } from './invariants.ts';
import { randomRecordId } from './random-bodies.ts';
import { facility, SyncWorld, type Workstation } from './sync-world.ts';
import { registerPatient, writeBody } from './world-edits.ts';

interface Scene {
  readonly world: SyncWorld;
  readonly nurse: Workstation;
  readonly doctor: Workstation;
  readonly patient: RecordId;
}

/** A patient both have, and no link. */
async function apart(seed: number): Promise<Scene> {
  const world = new SyncWorld(seed);
  const [nurse, doctor] = await world.start(2);
  if (nurse === undefined || doctor === undefined) throw new Error('no workstations');
  const patient = registerPatient(world, nurse);
  await world.time.advance(2000);
  nurse.goOffline();
  doctor.goOffline();
  return { world, nurse, doctor, patient };
}

/** A text that occurs in the value, without the quotes that JSON inside JSON would escape. */
const textIn = (value: unknown): string =>
  String(typeof value === 'object' && value !== null ? Object.values(value)[0] : value);

function amend({ world, patient }: Scene, at: Workstation, changes: Partial<PatientBody>): void {
  const stored = at.replica.get('patients', patient);
  if (stored === undefined) throw new Error('no patient');
  const written = Object.entries(changes).map(([field, value]) => ({ field, token: textIn(value) }));
  const body = v.parse(PatientBodySchema, { ...stored.body, ...changes });
  writeBody(world, at, 'patients', patient, body, written);
}

async function meet({ world }: Scene, first: Workstation): Promise<void> {
  first.isOnline = true;
  first.client.syncNow();
  await world.time.advance(3000);
  expect(await world.heal()).toBe(true);
  checkInvariants(world, 'met');
}

const reviewsAt = ({ replica }: Workstation) => replica.find('reviews', {});

describe('two edits of one record', () => {
  it('meet without a question when they touched different fields', async () => {
    const scene = await apart(1);
    const { world, nurse, doctor, patient } = scene;
    amend(scene, nurse, { phone: '+998900000000', address: { line: 'Navoiy 0' }, bloodGroup: '0-' });
    nurse.isOnline = true;
    doctor.isOnline = true;
    expect(await world.heal()).toBe(true);
    nurse.goOffline();
    doctor.goOffline();
    amend(scene, nurse, { phone: '+998901111111' });
    amend(scene, nurse, { bloodGroup: 'A+' });
    amend(scene, doctor, { address: { line: 'Navoiy 1' } });
    await meet(scene, doctor);
    for (const { replica } of [nurse, doctor]) {
      expect(replica.get('patients', patient)?.body).toMatchObject({
        phone: '+998901111111',
        bloodGroup: 'A+',
        address: { line: 'Navoiy 1' },
      });
    }
    expect(reviewsAt(nurse)).toEqual([]);
  });

  it('keep the value of whoever came first and ask at both ends about the other', async () => {
    const scene = await apart(2);
    const { world, nurse, doctor, patient } = scene;
    amend(scene, nurse, { phone: '+998901111111' });
    amend(scene, doctor, { phone: '+998902222222' });
    const [mine, theirs] = [nurse, doctor].map(({ replica }) => replica.get('patients', patient));
    await meet(scene, doctor);
    expect(nurse.replica.get('patients', patient)?.body.phone).toBe('+998902222222');
    expect(reviewsAt(nurse)).toEqual(reviewsAt(doctor));
    expect(reviewsAt(doctor).map(({ body, author }) => ({ ...body, author }))).toMatchObject([
      {
        subject: { collection: 'patients', id: patient },
        question: {
          kind: 'conflict',
          fields: [{ field: 'phone', mine: '"+998901111111"', theirs: '"+998902222222"' }],
          mineRev: mine?.rev,
          theirsRev: theirs?.rev,
          mineAuthor: nurse.person,
          theirsAuthor: doctor.person,
        },
        author: nurse.person,
      },
    ]);
    await world.time.advance(1000);
    expect(doctor.client.state().openReviews).toBe(1);
    const merged = world.center.history(facility).find((entry) => entry.supersedes.length > 0);
    expect(merged?.record.rev).toBe(nurse.replica.get('patients', patient)?.rev);
  });

  it('of one person and another are told apart by who was there when', async () => {
    const scene = await apart(3);
    const { nurse, doctor, patient } = scene;
    amend(scene, nurse, { phone: '+998901111111' });
    const before = nurse.replica.get('patients', patient);
    amend(scene, doctor, { bloodGroup: '0-' });
    await meet(scene, doctor);
    const merged = doctor.replica.get('patients', patient);
    expect(merged).toMatchObject({
      author: nurse.person,
      capturedAt: before?.capturedAt,
      device: nurse.identity.device,
    });
    expect(merged !== undefined && before !== undefined && merged.hlc > before.hlc).toBe(true);
  });

  it('go to a person when one side voided the record (MRG-5)', async () => {
    const scene = await apart(4);
    const { nurse, doctor, patient } = scene;
    amend(scene, nurse, { voided: { reason: 'twice', at: 1, by: nurse.person } });
    amend(scene, doctor, { phone: '+998902222222' });
    await meet(scene, doctor);
    const body = nurse.replica.get('patients', patient)?.body;
    expect(body?.voided).toBeUndefined();
    expect(body?.phone).toBe('+998902222222');
    expect(reviewsAt(doctor)[0]?.body.question).toMatchObject({ fields: [{ field: 'voided' }] });
  });
});

describe('what the center decides (MRG-4)', () => {
  it('stays as the center has it; the edit of this clinic goes to review', async () => {
    const world = new SyncWorld(5);
    const [nurse] = await world.start(1);
    if (nurse === undefined) throw new Error('no workstation');
    const id = randomRecordId(world.random);
    const staff = v.parse(StaffBodySchema, {
      name: { family: 'A', given: 'B' },
      roles: ['nurse'],
      active: true,
    });
    writeBody(world, nurse, 'staff', id, staff, []);
    await world.time.advance(2000);
    writeBody(world, nurse, 'staff', id, { ...staff, roles: ['doctor'] }, []);
    expect(await world.heal()).toBe(true);
    checkInvariants(world, 'staff');
    expect(nurse.replica.get('staff', id)?.body.roles).toEqual(['nurse']);
    expect(reviewsAt(nurse)[0]?.body.question).toMatchObject({
      fields: [{ field: 'roles', mine: '["doctor"]' }],
    });
  });
});

describe('what the center cannot use (PUSH-7, PUSH-8)', () => {
  it('is kept and shown at both ends, and holds nothing up', async () => {
    const scene = await apart(6);
    const { world, nurse, doctor, patient } = scene;
    world.center.moods.isRefused = (row) => JSON.stringify(row.record).includes('"0-"');
    amend(scene, nurse, { bloodGroup: '0-' });
    amend(scene, nurse, { bloodGroup: 'A+' });
    const other = registerPatient(world, nurse);
    nurse.isOnline = true;
    nurse.client.syncNow();
    await world.time.advance(5000);
    expect(nurse.client.state()).toMatchObject({ unsent: 0, quarantined: 1, link: 'online' });
    expect(world.center.quarantine()).toHaveLength(1);
    doctor.isOnline = true;
    doctor.client.syncNow();
    await world.time.advance(5000);
    expect(doctor.replica.get('patients', other)).toBeDefined();
    expect(doctor.replica.get('patients', patient)?.body.bloodGroup).toBe('A+');
    expect(world.center.statuses.get(nurse.identity.device)).toMatchObject({ backlog: 0, quarantined: 1 });
  });

  it('is no base: what is written on it later is offered on the last version the center has', async () => {
    const scene = await apart(7);
    const { world, nurse, patient } = scene;
    world.center.moods.isRefused = (row) => JSON.stringify(row.record).includes('"0-"');
    nurse.isOnline = true;
    nurse.client.syncNow();
    amend(scene, nurse, { bloodGroup: '0-' });
    await world.time.advance(5000);
    expect(nurse.client.state().quarantined).toBe(1);
    amend(scene, nurse, { bloodGroup: 'A+', phone: '+998901111111' });
    await world.time.advance(5000);
    expect(nurse.client.state()).toMatchObject({ unsent: 0, quarantined: 1 });
    const history = world.center.history(facility);
    expect(history.at(-1)).toMatchObject({ baseRev: history.at(-2)?.record.rev, record: { id: patient } });
    expect(reviewsAt(nurse)).toEqual([]);
  });
});

it('the center is told of open questions, also of those whose decision was taken back', async () => {
  const scene = await apart(13);
  const { world, nurse, patient } = scene;
  nurse.isOnline = true;
  const id = randomRecordId(world.random);
  const decided = { id: randomUUID(), at: 1, by: nurse.person, choice: 'different' as const };
  const back = { ...decided, id: randomUUID(), choice: 'taken-back' as const, changes: decided.id };
  const told: unknown[] = [];
  for (const decisions of [[], [decided], [decided, back]]) {
    const question = { kind: 'possible-duplicate', other: patient, score: 1 };
    const body = { subject: { collection: 'patients', id: patient }, question, decisions };
    writeBody(world, nurse, 'reviews', id, v.parse(ReviewBodySchema, body), []);
    await world.time.advance(10_000);
    told.push(world.center.statuses.get(nurse.identity.device)?.openReviews);
  }
  expect(told).toEqual([1, 0, 1]);
});

describe('what no review can hold (MRG-7)', () => {
  it('is kept in quarantine here, and each of its versions in the history at the center', async () => {
    const scene = await apart(12);
    const { world, nurse, doctor, patient } = scene;
    nurse.isOnline = true;
    const id = randomRecordId(world.random);
    const asking = (score: number) =>
      v.parse(ReviewBodySchema, {
        subject: { collection: 'patients', id: patient },
        question: { kind: 'possible-duplicate', other: patient, score },
        decisions: [],
      });
    writeBody(world, nurse, 'reviews', id, asking(1), []);
    doctor.isOnline = true;
    expect(await world.heal()).toBe(true);
    nurse.goOffline();
    doctor.goOffline();
    // A review about a review.
    writeBody(world, doctor, 'reviews', id, asking(2), []);
    writeBody(world, nurse, 'reviews', id, asking(3), []);
    writeBody(world, nurse, 'reviews', id, asking(4), []);
    await meet(scene, doctor);
    expect(nurse.client.state()).toMatchObject({ unsent: 0, quarantined: 2 });
    const history = world.center.history(facility);
    const asides = history.filter(({ isAside }) => isAside);
    const [first, second] = nurse.replica.outbox.byState('quarantined', 10);
    expect(asides.map(({ record, supersedes }) => [record.body, supersedes])).toEqual([
      [asking(3), [first?.op]],
      [asking(4), [second?.op]],
    ]);
    expect(asides.every(({ record }) => record.author === nurse.person)).toBe(true);
    expect(doctor.replica.get('reviews', id)?.body).toEqual(asking(2));
    expect(nurse.replica.get('reviews', id)?.body).toEqual(asking(2));
  });
});

it('MRG-7: edits of one request on two sides end no connection, although no review is about requests', async () => {
  const scene = await apart(13);
  const { world, nurse, doctor, patient } = scene;
  nurse.isOnline = true;
  const id = randomRecordId(world.random);
  const event = randomRecordId(world.random);
  const asking = (urgency: string) =>
    v.parse(RequestBodySchema, {
      matter: { kind: 'referral', patientId: patient, to: 'AND000009', reason: 'Fever' },
      urgency,
      events: [{ id: event, at: 1, by: nurse.person, kind: 'sent' }],
    });
  writeBody(world, nurse, 'requests', id, asking('routine'), []);
  doctor.isOnline = true;
  expect(await world.heal()).toBe(true);
  nurse.goOffline();
  doctor.goOffline();
  writeBody(world, doctor, 'requests', id, asking('urgent'), []);
  writeBody(world, nurse, 'requests', id, asking('emergency'), []);
  await meet(scene, doctor);
  expect(nurse.client.state()).toMatchObject({ link: 'online', unsent: 0, quarantined: 1 });
  expect(nurse.replica.get('requests', id)?.body.urgency).toBe('urgent');
  const asides = world.center.history(facility).filter(({ isAside }) => isAside);
  expect(asides.map(({ record }) => record.body)).toEqual([asking('emergency')]);
});

describe('a record longer than a message (PUSH-10)', () => {
  it('is quarantined here and holds nothing up', async () => {
    const world = new SyncWorld(11);
    const [nurse] = await world.start(1);
    if (nurse === undefined) throw new Error('no workstation');
    const note = { kind: 'note', at: 1, by: nurse.person, text: 'ў'.repeat(8000) };
    const entries = Array.from({ length: 300 }, () => ({ ...note, id: randomRecordId(world.random) }));
    const visit = {
      patientId: randomRecordId(world.random),
      day: '2026-03-01',
      reason: '',
      urgency: 'routine',
      entries,
    };
    writeBody(world, nurse, 'visits', randomRecordId(world.random), v.parse(VisitBodySchema, visit), []);
    const other = registerPatient(world, nurse);
    await world.time.advance(5000);
    expect(nurse.client.state()).toMatchObject({ link: 'online', unsent: 0, quarantined: 1 });
    expect(world.center.documents(facility).has(`patients/${other}`)).toBe(true);
  });
});

describe('documents this program cannot read (PULL-4)', () => {
  it('are set aside and counted, and the rest goes on', async () => {
    const scene = await apart(8);
    const { world, nurse, doctor } = scene;
    const id = randomRecordId(world.random);
    const rev = v.parse(RevisionSchema, `1-${'a'.repeat(32)}`);
    world.center.plant(facility, 'patients', id, rev, { id, from: 'a newer program' });
    const endless = { ...doctor.replica.get('patients', scene.patient), capturedAt: 'never' };
    world.center.plant(facility, 'patients', randomRecordId(world.random), rev, endless);
    amend(scene, doctor, { bloodGroup: 'A+' });
    doctor.isOnline = true;
    doctor.client.syncNow();
    await world.time.advance(2000);
    nurse.isOnline = true;
    nurse.client.syncNow();
    await world.time.advance(2000);
    expect(nurse.client.state()).toMatchObject({ setAside: 2, link: 'online' });
    expect(nurse.replica.get('patients', scene.patient)?.body.bloodGroup).toBe('A+');
    expect(nurse.replica.get('patients', id)).toBeUndefined();
    expect(nurse.disk.settings.get('sync.set-aside')).toContain('a newer program');
  });
});

describe('a full disk (PUSH-12)', () => {
  it('still lets records leave, and loses nothing', async () => {
    const scene = await apart(9);
    const { world, nurse, doctor } = scene;
    amend(scene, doctor, { phone: '+998902222222' });
    doctor.isOnline = true;
    doctor.client.syncNow();
    await world.time.advance(2000);
    amend(scene, nurse, { phone: '+998901111111' });
    registerPatient(world, nurse);
    nurse.disk.isFull = true;
    nurse.isOnline = true;
    nurse.client.syncNow();
    await world.time.advance(30_000);
    expect(nurse.client.state()).toMatchObject({ unsent: 1 });
    expect(nurse.trouble.length).toBeGreaterThan(0);
    nurse.disk.isFull = false;
    expect(await world.heal()).toBe(true);
    expect(reviewsAt(doctor)).toHaveLength(1);
    expect(nurse.client.state().unsent).toBe(0);
  });
});
