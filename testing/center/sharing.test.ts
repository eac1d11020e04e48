import { describe, expect, it } from 'vitest';
import { checkEverything } from './sharing-checks.ts';
import {
  access,
  countOf,
  documentAt,
  edited,
  eventNow,
  eventsOf,
  type Facility,
  isCenters,
  moving,
  newPatient,
  newRequest,
  newReview,
  newVisit,
  type Office,
  push,
  pushOk,
  referral,
  type SharingWorld,
  settle,
} from './sharing-world.ts';
import type { TestRow } from './test-records.ts';
import { withOneOffice } from './world-of-file.ts';

const dayMs = 24 * 3_600_000;
let world: SharingWorld;
let office: Office;
/** Copies that a former home keeps as they were. */
const frozen: string[] = [];

withOneOffice((began) => {
  ({ world, office } = began);
});

const at = (facility: Facility, row: TestRow) => documentAt(world, row.collection, facility.scope, row.id);

async function referred() {
  const [here, there] = [await world.facility(), await world.facility()];
  const patient = newPatient(here);
  const visit = newVisit(here, patient.id);
  await pushOk(office, here, patient, visit);
  const request = newRequest(here, referral(patient.id, there.scope));
  await pushOk(office, here, request);
  await settle(world, office);
  return { here, there, patient, visit, request };
}

describe('SHR-3: a referral', () => {
  it('brings the patient’s records and the request to the other facility, and says so', async () => {
    const { here, there, patient, visit, request } = await referred();
    expect(await at(there, patient)).toMatchObject({ home: here.scope, record: { rev: patient.rev } });
    expect(await at(there, visit)).toMatchObject({ home: here.scope, record: { rev: visit.rev } });
    const events = await eventsOf(world, here, request.id);
    expect(events).toMatchObject([{ kind: 'granted', patientId: patient.id, home: here.scope, until: null }]);
    expect(events.every(isCenters)).toBe(true);
    expect((await at(there, request))?.record.body).toMatchObject({ events });
    await checkEverything(world, frozen);
  });

  it('lets the other facility answer, and ends 90 days after it did', async () => {
    const { here, there, patient, visit, request } = await referred();
    const answer = await edited(world, there, 'requests', request.id, (body) => ({
      ...body,
      events: [...body.events, eventNow('answered')],
    }));
    await pushOk(office, there, answer);
    await settle(world, office);
    const kinds = (await eventsOf(world, here, request.id)).map(({ kind }) => kind);
    expect(kinds).toEqual(['granted', 'answered', 'granted']);
    world.passTime(89 * dayMs);
    await settle(world, office);
    expect(await at(there, visit)).toBeDefined();
    world.passTime(2 * dayMs);
    await settle(world, office);
    expect(await at(there, patient)).toBeUndefined();
    expect(await at(there, visit)).toBeUndefined();
    expect((await eventsOf(world, here, request.id)).at(-1)?.kind).toBe('ended');
    const withdrawn = 'select count(*) as count from feed where scope = $1 and withdrawn';
    expect(await countOf(world, withdrawn, [there.scope])).toBe(2);
    await checkEverything(world, frozen);
  });

  it('does nothing for a facility that does not exist', async () => {
    const here = await world.facility();
    const patient = newPatient(here);
    const request = newRequest(here, referral(patient.id, (await world.facility()).scope));
    const nowhere = newRequest(here, { ...referral(patient.id, here.scope) });
    await pushOk(office, here, patient, request, nowhere);
    await settle(world, office);
    expect(await eventsOf(world, here, nowhere.id)).toMatchObject([{ kind: 'not-found' }]);
  });
});

describe('SHR-4 and SHR-5: while a patient is shared', () => {
  it('takes the guest’s edit at home, answers with a position of the guest’s feed, and brings it to both', async () => {
    const { here, there, patient } = await referred();
    const edit = await edited(world, there, 'patients', patient.id, (body) => ({
      ...body,
      phone: '+998901234567',
    }));
    const [verdict] = await push(office, there, [edit]);
    const head = await countOf(world, 'select head as count from scope_head where scope = $1', [there.scope]);
    expect(verdict).toMatchObject({ verdict: 'ok', rev: edit.rev, seq: head });
    expect(await at(there, patient)).toMatchObject({ record: { rev: edit.rev } });
    expect(await at(here, patient)).toMatchObject({ home: null, record: { rev: edit.rev } });
    expect(await push(office, there, [edit])).toEqual([verdict]);
    await settle(world, office);
    await checkEverything(world, frozen);
  });

  it('answers edits at both ends with one ok and one conflict', async () => {
    const { here, there, patient } = await referred();
    const mine = await edited(world, here, 'patients', patient.id, (body) => ({
      ...body,
      phone: '+998901111111',
    }));
    const theirs = await edited(world, there, 'patients', patient.id, (body) => ({
      ...body,
      phone: '+998902222222',
    }));
    await pushOk(office, here, mine);
    expect(await push(office, there, [theirs])).toMatchObject([
      { verdict: 'conflict', record: { rev: mine.rev } },
    ]);
    await settle(world, office);
    await checkEverything(world, frozen);
  });

  it('brings the guest’s own visits home, and from there to every other guest', async () => {
    const { here, there, patient } = await referred();
    const third = await world.facility();
    await pushOk(office, here, newRequest(here, referral(patient.id, third.scope)));
    const visit = newVisit(there, patient.id, 'kardiolog');
    await pushOk(office, there, visit);
    await settle(world, office);
    expect(await at(here, visit)).toMatchObject({ home: there.scope });
    expect(await at(third, visit)).toMatchObject({ home: there.scope });
    const amended = await edited(world, third, 'visits', visit.id, (body) => ({ ...body, reason: 'EKG' }));
    await pushOk(office, third, amended);
    await settle(world, office);
    expect(await at(there, visit)).toMatchObject({ home: null, record: { rev: amended.rev } });
    await checkEverything(world, frozen);
  });

  it('takes a review that names the patient’s home as its own, as older programs write them, and answers it alike', async () => {
    const { here, there, patient } = await referred();
    const review = newReview(there, patient.id, here.scope);
    const first = await push(office, there, [review]);
    expect(first).toMatchObject([{ verdict: 'ok' }]);
    expect(await push(office, there, [review])).toEqual(first);
    await settle(world, office);
    expect(await at(here, review)).toMatchObject({ home: null });
    expect(await at(there, review)).toMatchObject({ home: here.scope });
    const strange = newReview(there, newPatient(here).id, here.scope);
    expect(await push(office, there, [strange])).toMatchObject([{ verdict: 'quarantined' }]);
    await checkEverything(world, frozen);
  });

  it('does not let a facility write what was never shared with it', async () => {
    const [here, stranger] = [await world.facility(), await world.facility()];
    const patient = newPatient(here);
    await pushOk(office, here, patient);
    const edit = await edited(world, here, 'patients', patient.id, (body) => ({ ...body, sex: 'male' }));
    expect(await push(office, stranger, [edit])).toMatchObject([
      { verdict: 'quarantined', paths: ['record.scope'] },
    ]);
    expect(await at(here, patient)).toMatchObject({ record: { rev: patient.rev } });
  });
});

describe('SHR-6: when a share ends', () => {
  it('still takes edits that were written before, at the home', async () => {
    const { here, there, patient, request } = await referred();
    const late = await edited(world, there, 'patients', patient.id, (body) => ({
      ...body,
      phone: '+998903333333',
    }));
    const cancel = await edited(world, here, 'requests', request.id, (body) => ({
      ...body,
      events: [...body.events, eventNow('cancelled')],
    }));
    await pushOk(office, here, cancel);
    await settle(world, office);
    world.passTime(91 * dayMs);
    await settle(world, office);
    expect(await at(there, patient)).toBeUndefined();
    await pushOk(office, there, late);
    await settle(world, office);
    expect(await at(here, patient)).toMatchObject({ record: { rev: late.rev } });
    expect(await at(there, patient)).toBeUndefined();
    await checkEverything(world, frozen);
  });

  it('leaves the patient’s own record where visits were written, kept up to date', async () => {
    const { here, there, patient, visit, request } = await referred();
    const own = newVisit(there, patient.id);
    await pushOk(office, there, own);
    const cancel = await edited(world, here, 'requests', request.id, (body) => ({
      ...body,
      events: [...body.events, eventNow('cancelled')],
    }));
    await pushOk(office, here, cancel);
    await settle(world, office);
    world.passTime(91 * dayMs);
    await settle(world, office);
    expect(await at(there, visit)).toBeUndefined();
    const change = await edited(world, here, 'patients', patient.id, (body) => ({
      ...body,
      phone: '+998905555555',
    }));
    const secret = newVisit(here, patient.id, 'boshqa');
    await pushOk(office, here, change, secret);
    await settle(world, office);
    expect(await at(there, patient)).toMatchObject({ record: { rev: change.rev } });
    expect(await at(there, secret)).toBeUndefined();
    await checkEverything(world, frozen);
  });

  it('goes on while another share of the patient lasts', async () => {
    const { here, there, patient, visit } = await referred();
    const pinfl = '31203851234567';
    const numbered = await edited(world, here, 'patients', patient.id, (body) => ({ ...body, pinfl }));
    await pushOk(office, here, numbered);
    const request = newRequest(there, access(pinfl, 'break-glass'));
    await pushOk(office, there, request);
    await settle(world, office);
    world.passTime(4 * dayMs);
    await settle(world, office);
    expect((await eventsOf(world, there, request.id)).map(({ kind }) => kind)).toEqual(['granted', 'ended']);
    expect(await at(there, visit)).toBeDefined();
    await checkEverything(world, frozen);
  });
});

describe('SHR-3: access by PINFL', () => {
  it('brings the records for 30 days by consent and shows the request to the home', async () => {
    const [here, there] = [await world.facility(), await world.facility()];
    const patient = newPatient(here, { pinfl: '41203851234561' });
    const request = newRequest(there, access('41203851234561', 'consent'));
    await pushOk(office, here, patient);
    const before = world.effects.clock.now();
    await pushOk(office, there, request);
    await settle(world, office);
    const [event] = await eventsOf(world, there, request.id);
    if (event?.kind !== 'granted' || event.until === null) throw new Error('not granted');
    expect(event.until - before).toBeGreaterThanOrEqual(30 * dayMs);
    expect(event.until - before).toBeLessThan(31 * dayMs);
    expect(await at(there, patient)).toMatchObject({ home: here.scope });
    expect(await at(here, request)).toMatchObject({ home: there.scope });
    await checkEverything(world, frozen);
  });

  it('says that nobody bears the number, and that one’s own patient is here', async () => {
    const here = await world.facility();
    const patient = newPatient(here, { pinfl: '41203851234562' });
    const unknown = newRequest(here, access('41203859999999', 'break-glass'));
    const own = newRequest(here, access('41203851234562', 'break-glass'));
    await pushOk(office, here, patient, unknown, own);
    await settle(world, office);
    expect(await eventsOf(world, here, unknown.id)).toMatchObject([{ kind: 'not-found' }]);
    expect(await eventsOf(world, here, own.id)).toMatchObject([
      { kind: 'granted', patientId: patient.id, home: here.scope, until: null },
    ]);
  });

  it('brings both records if two patients bear one number', async () => {
    const [one, two, there] = [await world.facility(), await world.facility(), await world.facility()];
    const pinfl = '41203851234563';
    const [first, second] = [newPatient(one, { pinfl }), newPatient(two, { pinfl })];
    await pushOk(office, one, first);
    await pushOk(office, two, second);
    const request = newRequest(there, access(pinfl, 'break-glass'));
    await pushOk(office, there, request);
    await settle(world, office);
    expect(await eventsOf(world, there, request.id)).toMatchObject([
      { kind: 'granted' },
      { kind: 'granted' },
    ]);
    expect(await at(there, first)).toBeDefined();
    expect(await at(there, second)).toBeDefined();
    await checkEverything(world, frozen);
  });

  it('does not find a number that was corrected since', async () => {
    const here = await world.facility();
    const patient = newPatient(here, { pinfl: '41203851234564' });
    await pushOk(office, here, patient);
    const corrected = await edited(world, here, 'patients', patient.id, (body) => ({
      ...body,
      pinfl: '41203851234565',
    }));
    const request = newRequest(here, access('41203851234564', 'consent'));
    await pushOk(office, here, corrected, request);
    await settle(world, office);
    expect(await eventsOf(world, here, request.id)).toMatchObject([{ kind: 'not-found' }]);
  });
});

describe('SHR-7: a move', () => {
  it('changes the home, keeps all history, and meets edits on the old home as conflicts', async () => {
    const { here, there, patient, visit } = await referred();
    const unsent = await edited(world, here, 'patients', patient.id, (body) => ({
      ...body,
      phone: '+998904444444',
    }));
    const request = newRequest(here, moving(patient.id, there.scope));
    await pushOk(office, here, request);
    await settle(world, office);
    expect(await eventsOf(world, here, request.id)).toMatchObject([
      { kind: 'moved', from: here.scope, to: there.scope },
    ]);
    const moved = await at(there, patient);
    expect(moved).toMatchObject({ home: null, record: { scope: there.scope } });
    expect(await at(here, patient)).toMatchObject({ home: there.scope, record: { rev: moved?.record.rev } });
    const answer = await push(office, here, [unsent]);
    expect(answer).toMatchObject([
      { verdict: 'conflict', record: { rev: moved?.record.rev, scope: there.scope } },
    ]);
    const merged = await edited(world, here, 'patients', patient.id, (body) => ({
      ...body,
      phone: '+998904444444',
    }));
    await pushOk(office, here, merged);
    const amended = await edited(world, here, 'visits', visit.id, (body) => ({
      ...body,
      reason: 'aniqlandi',
    }));
    await pushOk(office, here, amended);
    await settle(world, office);
    expect(await at(there, patient)).toMatchObject({ home: null, record: { rev: merged.rev } });
    expect(await at(there, visit)).toMatchObject({ home: here.scope, record: { rev: amended.rev } });
    await checkEverything(world, frozen);
  });

  it('goes there and back, with a third facility following', async () => {
    const { here, there, patient } = await referred();
    const third = await world.facility();
    await pushOk(office, here, newRequest(here, referral(patient.id, third.scope)));
    await settle(world, office);
    await pushOk(office, here, newRequest(here, moving(patient.id, there.scope)));
    await settle(world, office);
    const fromThird = newVisit(third, patient.id, 'uchinchi');
    await pushOk(office, third, fromThird);
    await settle(world, office);
    expect(await at(there, fromThird)).toBeDefined();
    expect(await at(third, patient)).toMatchObject({ home: there.scope });
    await pushOk(office, there, newRequest(there, moving(patient.id, here.scope)));
    await settle(world, office);
    expect(await at(here, patient)).toMatchObject({ home: null });
    expect(await at(there, patient)).toMatchObject({ home: here.scope });
    const again = await edited(world, third, 'visits', fromThird.id, (body) => ({ ...body, reason: 'yana' }));
    await pushOk(office, third, again);
    await settle(world, office);
    expect(await at(here, fromThird)).toMatchObject({ record: { rev: again.rev } });
    // The former facility keeps the visit as it was.
    frozen.push(`${there.scope}/visits/${fromThird.id}`);
    await checkEverything(world, frozen);
  });

  it('is done for the facility that takes, and not for one that has nothing to do with it', async () => {
    const { here, there, patient } = await referred();
    const third = await world.facility();
    const strange = newRequest(there, moving(patient.id, third.scope));
    await pushOk(office, there, strange);
    await settle(world, office);
    expect(await eventsOf(world, there, strange.id)).toMatchObject([{ kind: 'not-found' }]);
    expect(await at(here, patient)).toMatchObject({ home: null });
    await pushOk(office, there, newRequest(there, moving(patient.id, there.scope)));
    await settle(world, office);
    expect(await at(there, patient)).toMatchObject({ home: null });
    await checkEverything(world, frozen);
  });
});

describe('SHA-8: facilities of one region', () => {
  it('know each other', async () => {
    const [one, two, far] = [
      await world.facility('1703203'),
      await world.facility('1703210'),
      await world.facility('1735401'),
    ];
    await settle(world, office);
    const known = 'select count(*) as count from doc where scope = $1 and home = $2';
    expect(await countOf(world, known, [one.scope, two.scope])).toBe(1);
    expect(await countOf(world, known, [two.scope, one.scope])).toBe(1);
    expect(await countOf(world, known, [one.scope, far.scope])).toBe(0);
  });
});
