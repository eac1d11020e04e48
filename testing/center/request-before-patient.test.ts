import * as v from 'valibot';
import { expect, it } from 'vitest';
import { RecordIdSchema } from '#contracts/ids.ts';
import type { RequestEvent } from '#contracts/records/requests.ts';
import { heldBefore, type Moment, meddling } from './meddling-database.ts';
import { checkEverything } from './sharing-checks.ts';
import {
  documentAt,
  edited,
  eventNow,
  eventsOf,
  type Facility,
  moving,
  newPatient,
  newRequest,
  type Office,
  openOffice,
  push,
  pushOk,
  referral,
  type SharingWorld,
  settle,
  threeFacilities,
} from './sharing-world.ts';
import { broughtBack, type TestRow } from './test-records.ts';
import { withOneOffice } from './world-of-file.ts';

// SHA-13. After a restore requests come back in any order, also before the patient whom they are about: what was asked for is done
// when the patient comes.

const dayMs = 24 * 3_600_000;
let world: SharingWorld;
let office: Office;

withOneOffice((began) => {
  ({ world, office } = began);
});

interface Clinics {
  readonly here: Facility;
  readonly there: Facility;
  readonly third: Facility;
  readonly patient: TestRow;
}

async function begin(): Promise<Clinics> {
  const [here, there, third] = await threeFacilities(world);
  return { here, there, third, patient: newPatient(here) };
}

/** Sends a request, and sees it answered that there is no such patient. */
async function askInVain(asker: Facility, request: TestRow): Promise<void> {
  await pushOk(office, asker, request);
  await settle(world, office);
  expect(await kindsOf(asker, request)).toEqual(['not-found']);
}

const kindsOf = async (asker: Facility, { id }: TestRow) =>
  (await eventsOf(world, asker, id)).map(({ kind }) => kind);

const withEvent = (facility: Facility, { id }: TestRow, event: RequestEvent) =>
  edited(world, facility, 'requests', id, (body) => ({ ...body, events: [...body.events, event] }));

function someEvent() {
  const { id, at, by } = eventNow('cancelled');
  return { id, at, by };
}

const homeAt = async ({ scope }: Facility, { id }: TestRow) =>
  (await documentAt(world, 'patients', scope, id))?.home;

it('a move is made when its patient comes', async () => {
  const { here, there, patient } = await begin();
  const request = newRequest(here, moving(patient.id, there.scope));
  await askInVain(here, request);
  await pushOk(office, here, patient);
  await office.sharing.courier.idle();
  expect(await kindsOf(here, request)).toEqual(['not-found', 'moved']);
  expect(await homeAt(there, patient)).toBeNull();
  expect(await homeAt(here, patient)).toBe(there.scope);
  await settle(world, office);
  await checkEverything(world);
});

it.each([
  ['the new home', 'the former home'],
  ['the former home', 'the new home'],
])('one home is left when the request comes back first, then %s, then %s', async (...order) => {
  const { here, there, patient } = await begin();
  const request = newRequest(here, moving(patient.id, there.scope));
  await askInVain(here, request);
  for (const which of order) {
    const isNew = which === 'the new home';
    await push(office, isNew ? there : here, [isNew ? broughtBack(there.scope, patient) : patient]);
    await settle(world, office);
  }
  expect(await kindsOf(here, request)).toEqual(['not-found', 'moved']);
  expect(await homeAt(there, patient)).toBeNull();
  expect(await homeAt(here, patient)).toBe(there.scope);
  await checkEverything(world);
});

it('a move asked for by who takes the patient is made when a copy comes there', async () => {
  const { here, there, patient } = await begin();
  const request = newRequest(there, moving(patient.id, there.scope));
  await askInVain(there, request);
  await pushOk(office, here, patient, newRequest(here, referral(patient.id, there.scope)));
  await settle(world, office);
  expect(await kindsOf(there, request)).toEqual(['not-found', 'moved']);
  expect(await homeAt(there, patient)).toBeNull();
  expect(await homeAt(here, patient)).toBe(there.scope);
  await checkEverything(world);
});

it('a move onward is made when an earlier one brings the patient', async () => {
  const { here, there, third, patient } = await begin();
  const onward = newRequest(there, moving(patient.id, third.scope));
  await askInVain(there, onward);
  await pushOk(office, here, patient, newRequest(here, moving(patient.id, there.scope)));
  await settle(world, office);
  expect(await kindsOf(there, onward)).toEqual(['not-found', 'moved']);
  expect(await homeAt(third, patient)).toBeNull();
  expect(await homeAt(there, patient)).toBe(third.scope);
  expect(await homeAt(here, patient)).toBe(third.scope);
  await checkEverything(world);
});

it('a referral is granted when its patient comes', async () => {
  const { here, there, patient } = await begin();
  const request = newRequest(here, referral(patient.id, there.scope));
  await askInVain(here, request);
  await pushOk(office, here, patient);
  await settle(world, office);
  expect(await kindsOf(here, request)).toEqual(['not-found', 'granted']);
  expect(await homeAt(there, patient)).toBe(here.scope);
  await checkEverything(world);
});

it('what was refused stays refused, also when the patient comes to who had asked', async () => {
  const { here, there, third, patient } = await begin();
  await pushOk(office, here, patient, newRequest(here, referral(patient.id, there.scope)));
  await settle(world, office);
  // Neither gives nor takes.
  const refused = newRequest(there, moving(patient.id, third.scope));
  await askInVain(there, refused);
  await pushOk(office, here, newRequest(here, moving(patient.id, there.scope)));
  await settle(world, office);
  expect(await homeAt(there, patient)).toBeNull();
  // Looked at once more, whatever the reason.
  const later = await edited(world, there, 'requests', refused.id, (body) => ({
    ...body,
    urgency: 'urgent',
  }));
  await pushOk(office, there, later);
  await settle(world, office);
  expect(await kindsOf(there, refused)).toEqual(['not-found']);
  expect(await homeAt(there, patient)).toBeNull();
  expect(await homeAt(third, patient)).toBeUndefined();
  await checkEverything(world);
});

it.each([
  ['move', ({ there, patient }: Clinics) => moving(patient.id, there.scope)],
  ['referral', ({ third, patient }: Clinics) => referral(patient.id, third.scope)],
])('a %s of a patient whose copy was withdrawn is refused for good', async (_kind, matterOf) => {
  const clinics = await begin();
  const { here, there, third, patient } = clinics;
  const first = newRequest(here, referral(patient.id, there.scope));
  await pushOk(office, here, patient, first);
  await settle(world, office);
  await pushOk(office, there, await withEvent(there, first, eventNow('answered')));
  await settle(world, office);
  world.passTime(91 * dayMs);
  await settle(world, office);
  expect(await homeAt(there, patient)).toBeUndefined();
  const refused = newRequest(there, matterOf(clinics));
  await askInVain(there, refused);
  await pushOk(office, here, newRequest(here, referral(patient.id, there.scope)));
  await settle(world, office);
  expect(await kindsOf(there, refused)).toEqual(['not-found']);
  expect(await homeAt(here, patient)).toBeNull();
  expect(await homeAt(there, patient)).toBe(here.scope);
  expect(await homeAt(third, patient)).toBeUndefined();
  await checkEverything(world);
});

it.each([
  ['move', 29, moving, 'moved'],
  ['move', 31, moving, 'not-found'],
  ['referral', 29, referral, 'granted'],
  ['referral', 31, referral, 'not-found'],
])('a %s whose patient comes after %i days', async (_kind, days, asking, answer) => {
  const { here, there, patient } = await begin();
  const request = newRequest(here, asking(patient.id, there.scope));
  await askInVain(here, request);
  world.passTime(days * dayMs);
  await pushOk(office, here, patient);
  await settle(world, office);
  expect(await kindsOf(here, request)).toEqual(['not-found', answer]);
  expect((await homeAt(there, patient)) === undefined).toBe(answer === 'not-found');
  await checkEverything(world);
});

it('a referral that was granted is granted again after a restore, and ended, although nobody was found at first', async () => {
  const { here, there, patient } = await begin();
  const patientId = v.parse(RecordIdSchema, patient.id);
  // As an older center answered it before the patient came, and after.
  const request = newRequest(here, referral(patient.id, there.scope), [
    { ...someEvent(), kind: 'not-found' },
    { ...someEvent(), kind: 'granted', patientId, home: here.scope, until: null },
  ]);
  await pushOk(office, here, request, patient);
  await settle(world, office);
  expect(await homeAt(there, patient)).toBe(here.scope);
  await pushOk(office, there, await withEvent(there, request, eventNow('answered')));
  await settle(world, office);
  world.passTime(91 * dayMs);
  await settle(world, office);
  expect((await kindsOf(here, request)).at(-1)).toBe('ended');
  expect(await homeAt(there, patient)).toBeUndefined();
  await checkEverything(world);
});

it('what is noted for later is known to older couriers of the same database', async () => {
  const { here, there, patient } = await begin();
  await pushOk(office, here, newRequest(here, moving(patient.id, there.scope)));
  await office.sharing.courier.idle();
  const text = 'select distinct kind, collection from errand where scope = $1';
  const Noted = v.object({ kind: v.string(), collection: v.string() });
  const noted = await world.database.rows({ name: '', text }, Noted, [here.scope]);
  // An older one has records of a patient of this id follow, finds none, and strikes it off.
  expect(noted).toEqual([{ kind: 'patient', collection: 'requests' }]);
});

it('what was taken back before the patient came is not done', async () => {
  const { here, there, patient } = await begin();
  const request = newRequest(here, moving(patient.id, there.scope));
  await askInVain(here, request);
  const cancelled = await withEvent(here, request, eventNow('cancelled'));
  await pushOk(office, here, cancelled, patient);
  await settle(world, office);
  expect(await kindsOf(here, request)).toEqual(['not-found', 'cancelled']);
  expect(await homeAt(here, patient)).toBeNull();
  expect(await homeAt(there, patient)).toBeUndefined();
});

it('a patient who comes between the look and the answer is not overlooked', async () => {
  const { here, there, patient } = await begin();
  const request = newRequest(here, moving(patient.id, there.scope));
  let isComing = false;
  const racing = meddling(world.database, lookFor(patient), async () => {
    isComing = true;
    await pushOk(office, here, patient);
    await office.sharing.courier.idle();
  });
  await office.sharing.courier.idle();
  const own = openOffice(world, racing);
  await own.ingest.push(here.device, here.scope, [request]);
  await settle(world, own);
  await own.sharing.courier.close();
  await settle(world, office);
  expect(isComing).toBe(true);
  expect(await kindsOf(here, request)).toContain('moved');
  expect(await homeAt(there, patient)).toBeNull();
  await checkEverything(world);
});

it('a patient is not overlooked who was being written while the request came and was answered', async () => {
  const { here, there, patient } = await begin();
  const request = newRequest(here, moving(patient.id, there.scope));
  const { promise: isTime, resolve: goOn } = Promise.withResolvers<void>();
  const { database, reached } = heldBefore(world.database, 'feed-append', isTime);
  const slow = openOffice(world, database);
  await slow.sharing.courier.close();
  const coming = pushOk(slow, here, patient);
  await reached;
  await pushOk(office, here, request);
  await office.sharing.courier.idle();
  expect(await kindsOf(here, request)).toEqual(['not-found']);
  goOn();
  await coming;
  await settle(world, office);
  expect(await kindsOf(here, request)).toEqual(['not-found', 'moved']);
  expect(await homeAt(there, patient)).toBeNull();
  await checkEverything(world);
});

/** Right after somebody looked where a patient is. */
const lookFor = ({ id }: TestRow): Moment => ({
  when: 'after',
  isIt: ({ name }, values) => name === 'sharing-read-documents' && JSON.stringify(values).includes(id),
});
