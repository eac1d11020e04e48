import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Fault, failing } from './failing-database.ts';
import { checkEverything } from './sharing-checks.ts';
import {
  documentAt,
  edited,
  eventNow,
  eventsOf,
  type Facility,
  isKept,
  moving,
  newPatient,
  newRequest,
  newVisit,
  type Office,
  openOffice,
  push,
  pushOk,
  referral,
  type SharingWorld,
  settle,
  startSharingWorld,
  threeFacilities,
} from './sharing-world.ts';
import { broughtBack, type TestRow } from './test-records.ts';

const dayMs = 24 * 3_600_000;
let world: SharingWorld;
let office: Office;

beforeAll(async () => {
  world = await startSharingWorld();
});
afterAll(async () => {
  await world?.close();
});
afterEach(async () => {
  await office?.sharing.courier.close();
});

interface Clinics {
  readonly home: Facility;
  readonly other: Facility;
  readonly third: Facility;
  readonly patient: TestRow;
  readonly visit: TestRow;
}

/** A patient with a visit at home, shared with a third facility that wrote a visit too. */
async function begin(): Promise<Clinics> {
  const [home, other, third] = await threeFacilities(world);
  const patient = newPatient(home);
  const visit = newVisit(home, patient.id);
  await pushOk(office, home, patient, visit);
  await pushOk(office, home, newRequest(home, referral(patient.id, third.scope)));
  await settle(world, office);
  await pushOk(office, third, newVisit(third, patient.id, 'uchinchi'));
  await settle(world, office);
  return { home, other, third, patient, visit };
}

/** Runs a courier on a failing database until it is done or dead; returns whether the fault happened. */
async function workWith(fault: Fault): Promise<boolean> {
  const database = failing(world.database, fault);
  const { sharing } = openOffice(world, database);
  await sharing.courier.idle();
  await sharing.courier.close();
  return fault.kind === 'dead' ? database.calls >= fault.from : database.calls >= fault.call;
}

/** 1 tries every call, which takes some minutes. */
const stride = Number(process.env.HAMSHIRA_FAULT_STRIDE ?? 9);

/**
 * Repeats `story` with a fault at every call, or every ninth from a random one, until the fault comes too late. Returns
 * how many calls the work takes, about.
 */
async function atEveryCall(faultAt: (call: number) => Fault, story: (fault: Fault) => Promise<boolean>) {
  const first = 1 + Math.floor(Math.random() * stride);
  for (let call = first; call < 200; call += stride) {
    const fault = faultAt(call);
    const happened = await story(fault).catch((cause: unknown) => {
      throw new Error(`with the fault ${JSON.stringify(fault)}`, { cause });
    });
    if (!happened) return call;
  }
  throw new Error('the work never comes to its end');
}

const faults = [
  ['dies', (call: number): Fault => ({ kind: 'dead', from: call })],
  ['loses an answer', (call: number): Fault => ({ kind: 'lost-answer', call })],
] as const;

describe.each(faults)('SHA-2: a courier that %s at any moment', (_name, faultAt) => {
  it('still moves the patient once, with everything', { timeout: 240_000 }, async () => {
    office = openOffice(world);
    const calls = await atEveryCall(faultAt, async (fault) => {
      const { home, other, third, patient, visit } = await begin();
      const unsent = await edited(world, home, 'patients', patient.id, (body) => ({
        ...body,
        phone: '+998901111111',
      }));
      await office.sharing.courier.close();
      const request = newRequest(home, moving(patient.id, other.scope));
      await pushOk(office, home, request);
      const happened = await workWith(fault);
      office = openOffice(world);
      await settle(world, office);
      expect(await eventsOf(world, home, request.id)).toMatchObject([
        { kind: 'moved', from: home.scope, to: other.scope },
      ]);
      expect(await documentAt(world, 'patients', other.scope, patient.id)).toMatchObject({
        home: null,
        record: { scope: other.scope },
      });
      expect(await documentAt(world, 'patients', third.scope, patient.id)).toMatchObject({
        home: other.scope,
      });
      expect(await documentAt(world, 'visits', other.scope, visit.id)).toMatchObject({ home: home.scope });
      expect(await push(office, home, [unsent])).toMatchObject([{ verdict: 'conflict' }]);
      await checkEverything(world);
      return happened;
    });
    expect(calls).toBeGreaterThan(15);
  });

  it('SHA-12: still leaves one home of two, and no guest behind', { timeout: 240_000 }, async () => {
    office = openOffice(world);
    const calls = await atEveryCall(faultAt, async (fault) => {
      const { home, other, third, patient } = await begin();
      const change = await edited(world, home, 'patients', patient.id, (body) => ({
        ...body,
        phone: '+998901111111',
      }));
      await pushOk(office, home, change);
      const back = broughtBack(other.scope, patient);
      await pushOk(office, other, back);
      await settle(world, office);
      await office.sharing.courier.close();
      const asker = fault.kind === 'dead' ? home : other;
      await pushOk(office, asker, newRequest(asker, moving(patient.id, other.scope)));
      const happened = await workWith(fault);
      office = openOffice(world);
      await settle(world, office);
      for (const { scope } of [home, third]) {
        expect(await documentAt(world, 'patients', scope, patient.id)).toMatchObject({
          home: other.scope,
          record: { rev: back.rev },
        });
      }
      expect(await isKept(world, change)).toBe(true);
      await checkEverything(world);
      return happened;
    });
    expect(calls).toBeGreaterThan(15);
  });

  it('SHA-13: still makes a move whose patient came after the request', { timeout: 240_000 }, async () => {
    office = openOffice(world);
    const calls = await atEveryCall(faultAt, async (fault) => {
      const [home, other] = [await world.facility('1703203'), await world.facility('1735203')];
      const patient = newPatient(home);
      await office.sharing.courier.close();
      const request = newRequest(home, moving(patient.id, other.scope));
      await pushOk(office, home, request);
      const happened = await workWith(fault);
      await pushOk(office, home, patient);
      office = openOffice(world);
      await settle(world, office);
      expect(await eventsOf(world, home, request.id)).toContainEqual(
        expect.objectContaining({ kind: 'moved', from: home.scope, to: other.scope }),
      );
      expect(await documentAt(world, 'patients', other.scope, patient.id)).toMatchObject({ home: null });
      expect(await documentAt(world, 'patients', home.scope, patient.id)).toMatchObject({
        home: other.scope,
      });
      await checkEverything(world);
      return happened;
    });
    expect(calls).toBeGreaterThan(5);
  });

  it('still ends a share once, and says so once', { timeout: 240_000 }, async () => {
    office = openOffice(world);
    const calls = await atEveryCall(faultAt, async (fault) => {
      const { home, other, patient, visit } = await begin();
      const request = newRequest(home, referral(patient.id, other.scope));
      await pushOk(office, home, request);
      await settle(world, office);
      const answer = await edited(world, other, 'requests', request.id, (body) => ({
        ...body,
        events: [...body.events, eventNow('answered')],
      }));
      await pushOk(office, other, answer);
      await settle(world, office);
      await office.sharing.courier.close();
      world.passTime(91 * dayMs);
      const happened = await workWith(fault);
      office = openOffice(world);
      await settle(world, office);
      expect(await documentAt(world, 'visits', other.scope, visit.id)).toBeUndefined();
      expect((await eventsOf(world, home, request.id)).filter(({ kind }) => kind === 'ended')).toHaveLength(
        1,
      );
      await checkEverything(world);
      return happened;
    });
    expect(calls).toBeGreaterThan(5);
  });
});

describe('SHR-5: a guest’s edit', () => {
  it('is applied once, wherever the process dies between home and guest', { timeout: 120_000 }, async () => {
    office = openOffice(world);
    const calls = await atEveryCall(
      (call) => ({ kind: 'dead', from: call }),
      async (fault) => {
        const { home, third, patient } = await begin();
        const edit = await edited(world, third, 'patients', patient.id, (body) => ({
          ...body,
          phone: '+998902222222',
        }));
        const database = failing(world.database, fault);
        const dying = openOffice(world, database);
        const first = await dying.ingest.push(third.device, third.scope, [edit]).catch(() => undefined);
        await dying.sharing.courier.close();
        const isAnswered = first?.kind === 'answered' && first.verdicts[0]?.verdict === 'ok';
        await pushOk(office, third, edit);
        expect(await isKept(world, edit)).toBe(true);
        await settle(world, office);
        expect(await documentAt(world, 'patients', home.scope, patient.id)).toMatchObject({
          record: { rev: edit.rev },
        });
        await checkEverything(world);
        return !isAnswered;
      },
    );
    expect(calls).toBeGreaterThan(3);
  });
});
