import * as v from 'valibot';
import { expect, it } from 'vitest';
import { EntryIdSchema } from '#contracts/ids.ts';
import { recordSchemas } from '#contracts/records/registry.ts';
import { meddling } from './meddling-database.ts';
import { checkEverything } from './sharing-checks.ts';
import {
  countOf,
  documentAt,
  edited,
  eventsOf,
  type Facility,
  moving,
  newPatient,
  newRequest,
  type Office,
  openOffice,
  pushOk,
  referral,
  type SharingWorld,
  settle,
  threeFacilities,
} from './sharing-world.ts';
import { broughtBack, rowFor, somePerson, type TestRow } from './test-records.ts';
import { withOneOffice } from './world-of-file.ts';

// SHA-12. A patient who is at home at both ends of a move, because workstations of both brought the record back after a restore:
// whoever knew the patient at either follows the one that is left.

let world: SharingWorld;
let office: Office;

withOneOffice((began) => {
  ({ world, office } = began);
});

interface TwoHomes {
  readonly here: Facility;
  readonly there: Facility;
  /** Was sent there by `here`. */
  readonly guest: Facility;
  /** As `here` brought it back. */
  readonly patient: TestRow;
  /** As `there` brought it back. */
  readonly other: TestRow;
}

/** The record of `here` went on, and a third facility has a copy of it. */
async function knownToGuest(): Promise<Omit<TwoHomes, 'other'>> {
  const [here, there, guest] = await threeFacilities(world);
  const patient = newPatient(here);
  await pushOk(office, here, patient, newRequest(here, referral(patient.id, guest.scope)));
  await edit(here, patient.id, '+998901111111');
  await edit(here, patient.id, '+998902222222');
  await settle(world, office);
  return { here, there, guest, patient };
}

/** The former home's record went on further than the other one. */
async function twoHomes(): Promise<TwoHomes> {
  const { here, there, guest, patient } = await knownToGuest();
  const other = broughtBack(there.scope, patient);
  await pushOk(office, there, other);
  await settle(world, office);
  return { here, there, guest, patient, other };
}

async function edit(facility: Facility, id: string, phone: string): Promise<TestRow> {
  const row = await edited(world, facility, 'patients', id, (body) => ({ ...body, phone }));
  await pushOk(office, facility, row);
  return row;
}

/** As somebody asks for it who knows nothing of a former one. */
const asked = ({ here, there, patient }: TwoHomes) => newRequest(here, moving(patient.id, there.scope));

/** As the new home asks for it, which has the patient already. */
const askedThere = ({ there, patient }: TwoHomes) => newRequest(there, moving(patient.id, there.scope));

/** As a replica kept it that saw the move. */
function made(clinics: TwoHomes): TestRow {
  const { here, there } = clinics;
  const { rev: _own, ...content } = v.parse(recordSchemas.requests, asked(clinics).record);
  const id = v.parse(EntryIdSchema, crypto.randomUUID());
  const moved = {
    kind: 'moved' as const,
    id,
    from: here.scope,
    to: there.scope,
    at: Date.now(),
    by: somePerson,
  };
  return rowFor('requests', { ...content, body: { ...content.body, events: [moved] } });
}

/** One home is left, everybody has what it has, now and later, and what the former home had is in its history. */
async function expectOneHome({ here, there, guest, patient, other }: TwoHomes): Promise<void> {
  const { id } = patient;
  expect(await documentAt(world, 'patients', there.scope, id)).toMatchObject({
    home: null,
    record: { rev: other.rev },
  });
  for (const { scope } of [here, guest]) {
    expect(await documentAt(world, 'patients', scope, id)).toMatchObject({
      home: there.scope,
      record: { rev: other.rev },
    });
  }
  await checkEverything(world);
  const kept = 'select count(*) as count from doc_history where scope = $1 and id = $2';
  expect(await countOf(world, kept, [there.scope, id])).toBeGreaterThanOrEqual(3);
  for (const writer of [there, here, guest]) {
    await edit(writer, id, `+99890333333${[there, here, guest].indexOf(writer)}`);
    await settle(world, office);
    await checkEverything(world);
  }
}

it.each([
  ['asked for once more', 'here', asked],
  ['asked for by the new home', 'there', askedThere],
  ['known to have been made', 'here', made],
] as const)(
  'a move that is %s leaves one home, and nobody with an older copy',
  async (_what, asker, request) => {
    const clinics = await twoHomes();
    const row = request(clinics);
    await pushOk(office, clinics[asker], row);
    await settle(world, office);
    const { here, there } = clinics;
    expect(await eventsOf(world, clinics[asker], row.id)).toMatchObject([
      { kind: 'moved', from: here.scope, to: there.scope },
    ]);
    await expectOneHome(clinics);
  },
);

it('a patient brought back by the new home between giving and taking stays one patient', async () => {
  const { here, there, guest, patient } = await knownToGuest();
  const other = broughtBack(there.scope, patient);
  const isIt = ({ name }: { readonly name: string }) => name === 'sharing-read-history';
  const racing = meddling(world.database, { when: 'before', isIt }, () => pushOk(office, there, other));
  await office.sharing.courier.idle();
  const own = openOffice(world, racing);
  await own.ingest.push(here.device, here.scope, [newRequest(here, moving(patient.id, there.scope))]);
  await settle(world, own);
  await own.sharing.courier.close();
  await settle(world, office);
  await expectOneHome({ here, there, guest, patient, other });
});
