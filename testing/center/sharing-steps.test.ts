import * as v from 'valibot';
import { expect, it, vi } from 'vitest';
import { actOnRequest } from '#center/sharing/act-on-request.ts';
import { deliver } from '#center/sharing/deliver.ts';
import { finishErrands } from '#center/sharing/finish-errands.ts';
import type { SharingContext } from '#center/sharing/sharing-context.ts';
import * as sql from '#center/sharing/statements.ts';
import { type RecordId, RecordIdSchema } from '#contracts/ids.ts';
import { failing } from './failing-database.ts';
import { checkEverything } from './sharing-checks.ts';
import {
  access,
  centerId,
  countOf,
  documentAt,
  edited,
  eventsOf,
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
} from './sharing-world.ts';
import { rowFor } from './test-records.ts';
import { withOneOffice } from './world-of-file.ts';

let world: SharingWorld;
let office: Office;
let context: SharingContext;

withOneOffice((began) => {
  ({ world, office } = began);
  const { database, effects } = world;
  context = { database, effects, center: centerId, announce: () => undefined };
});

const idOf = (row: { readonly id: string }): RecordId => v.parse(RecordIdSchema, row.id);
async function referred() {
  const [here, there] = [await world.facility('1703203'), await world.facility('1735203')];
  const patient = newPatient(here);
  await pushOk(office, here, patient, newRequest(here, referral(patient.id, there.scope)));
  await settle(world, office);
  return { here, there, patient };
}

it('SHA-3: an older version on its way does not replace a newer one', async () => {
  const { here, there, patient } = await referred();
  const edit = await edited(world, here, 'patients', patient.id, (body) => ({
    ...body,
    phone: '+998901111111',
  }));
  await pushOk(office, here, edit);
  await settle(world, office);
  const late = { collection: 'patients', id: idOf(patient), rev: patient.rev, home: here.scope } as const;
  await deliver(context, there.scope, [
    { ...late, body: JSON.stringify(patient.record), patient: idOf(patient) },
  ]);
  expect(await documentAt(world, 'patients', there.scope, patient.id)).toMatchObject({
    record: { rev: edit.rev },
  });
  await checkEverything(world);
});

it('SHA-2: a version that came while the errand was being done is carried too', async () => {
  const { here, patient } = await referred();
  const put = () =>
    world.database.run(sql.writeErrands, [here.scope, 'follow', 0, ['patients'], [patient.id]]);
  await office.sharing.courier.close();
  await put();
  const claim = [here.scope, world.effects.clock.now(), 60_000, 50];
  const [claimed] = await world.database.rows(sql.claimErrands, sql.ErrandSchema, claim);
  if (claimed === undefined) throw new Error('nothing to do');
  await put();
  await finishErrands(world.database, here.scope, [claimed]);
  expect(await countOf(world, 'select count(*) as count from errand where scope = $1', [here.scope])).toBe(1);
  const [again] = await world.database.rows(sql.claimErrands, sql.ErrandSchema, claim);
  expect(again?.generation).toBe(claimed.generation + 1);
  office = openOffice(world);
  await settle(world, office);
});

it('SHA-2: an errand is due at once that is asked for once more by a transaction which ends while it is struck off', async () => {
  const { here, patient } = await referred();
  await office.sharing.courier.close();
  const values = [here.scope, 'follow', 0, ['patients'], [patient.id]];
  await world.database.run(sql.writeErrands, values);
  const claim = [here.scope, world.effects.clock.now(), 60_000, 50];
  const [claimed] = await world.database.rows(sql.claimErrands, sql.ErrandSchema, claim);
  if (claimed === undefined) throw new Error('nothing to do');
  let finished: Promise<void> | undefined;
  await world.database.transaction(async (session) => {
    await session.run(sql.writeErrands, values);
    finished = finishErrands(world.database, here.scope, [claimed]);
    const waiting = "select count(*) as count from pg_stat_activity where wait_event_type = 'Lock'";
    await vi.waitUntil(async () => (await countOf(world, waiting)) === 1, { timeout: 2_000, interval: 20 });
  });
  await finished;
  const [again] = await world.database.rows(sql.claimErrands, sql.ErrandSchema, claim);
  expect(again?.generation).toBe(claimed.generation + 1);
  office = openOffice(world);
  world.passTime(70_000);
  await settle(world, office);
});

it('SHA-2: an errand whose claim ran out is left to whoever claimed it since', async () => {
  const { here, patient } = await referred();
  await office.sharing.courier.close();
  await world.database.run(sql.writeErrands, [here.scope, 'follow', 0, ['patients'], [patient.id]]);
  const claimAt = (now: number) =>
    world.database.rows(sql.claimErrands, sql.ErrandSchema, [here.scope, now, 60_000, 50]);
  const now = world.effects.clock.now();
  const late = await claimAt(now);
  const [second] = await claimAt(now + 60_001);
  if (second === undefined) throw new Error('nothing to claim');
  await finishErrands(world.database, here.scope, late);
  expect(await claimAt(now + 60_002)).toEqual([]);
  expect(await countOf(world, 'select count(*) as count from errand where scope = $1', [here.scope])).toBe(1);
  await finishErrands(world.database, here.scope, [second]);
  expect(await countOf(world, 'select count(*) as count from errand where scope = $1', [here.scope])).toBe(0);
  office = openOffice(world);
});

it('SHA-5: access counts from the first time, however often it is acted upon', async () => {
  const [here, there] = [await world.facility('1703203'), await world.facility('1735203')];
  const pinfl = '41203851234568';
  const request = newRequest(there, access(pinfl, 'break-glass'));
  await pushOk(office, here, newPatient(here, { pinfl }));
  await pushOk(office, there, request);
  await settle(world, office);
  const before = await eventsOf(world, there, request.id);
  const until = 'select until as count from share where request = $1';
  const first = await countOf(world, until, [request.id]);
  world.passTime(3_600_000);
  await actOnRequest(context, there.scope, idOf(request));
  expect(await eventsOf(world, there, request.id)).toEqual(before);
  expect(await countOf(world, until, [request.id])).toBe(first);
});

it('SHR-1: a row on the newest version that names another home is kept in quarantine', async () => {
  const { here, there, patient } = await referred();
  const { rev, ...content } = patient.record;
  const stolen = rowFor('patients', { ...content, scope: there.scope }, rev);
  expect(await push(office, there, [stolen])).toMatchObject([
    { verdict: 'quarantined', paths: ['record.scope'] },
  ]);
  expect(await documentAt(world, 'patients', here.scope, patient.id)).toMatchObject({ record: { rev } });
});

it('SHA-4: behind the position of a row that is answered late, the newest version stands again', async () => {
  const { here, there, patient } = await referred();
  const edit = await edited(world, there, 'patients', patient.id, (body) => ({
    ...body,
    phone: '+998902222222',
  }));
  // Own transaction, homes, home's transaction; then the process dies before it brings anything back.
  for (let call = 1; call < 12; call += 1) {
    const dying = openOffice(world, failing(world.database, { kind: 'dead', from: call }));
    await dying.ingest.push(there.device, there.scope, [edit]).catch(() => undefined);
    await dying.sharing.courier.close();
    const atHome = await documentAt(world, 'patients', here.scope, patient.id);
    if (atHome?.record.rev === edit.rev) break;
  }
  const next = await edited(world, here, 'patients', patient.id, (body) => ({
    ...body,
    phone: '+998903333333',
  }));
  await pushOk(office, here, next);
  await settle(world, office);
  const [verdict] = await push(office, there, [edit]);
  if (verdict?.verdict !== 'ok') throw new Error(JSON.stringify(verdict));
  const behind = 'select count(*) as count from feed where scope = $1 and rev = $2 and seq > $3::bigint';
  expect(await countOf(world, behind, [there.scope, next.rev, String(verdict.seq)])).toBe(1);
  await checkEverything(world);
});

/** A patient of `here` who was given away to `there` and is not taken there yet; the courier of that move is dead. */
async function givenAway() {
  const [here, there] = [await world.facility('1703203'), await world.facility('1735203')];
  const patient = newPatient(here);
  await pushOk(office, here, patient);
  await settle(world, office);
  await office.sharing.courier.close();
  await pushOk(office, here, newRequest(here, moving(patient.id, there.scope)));
  const text =
    "select count(*) as count from doc where scope = $1 and collection = 'patients' and home is not null";
  for (let call = 1; call < 60 && (await countOf(world, text, [here.scope])) === 0; call += 1) {
    const dying = openOffice(world, failing(world.database, { kind: 'dead', from: call }));
    await dying.sharing.courier.idle();
    await dying.sharing.courier.close();
    world.passTime(70_000);
  }
  expect(await documentAt(world, 'patients', there.scope, patient.id)).toBeUndefined();
  return { here, there, patient };
}

it('SHR-5: an edit waits while its record was given away and is not taken yet, whichever home it names', async () => {
  const { here, there, patient } = await givenAway();
  const { rev, ...content } = patient.record;
  const onFormer = rowFor('patients', { ...content, body: { ...content.body, phone: '+998901111111' } }, rev);
  const onGiven = await edited(world, here, 'patients', patient.id, (body) => ({
    ...body,
    phone: '+998902222222',
  }));
  expect(onGiven.record.scope).toBe(there.scope);
  for (const row of [onFormer, onGiven]) {
    const outcome = await office.ingest.push(here.device, here.scope, [row]);
    expect(outcome).toMatchObject({ kind: 'answered', verdicts: [{ verdict: 'retry' }] });
  }
  office = openOffice(world);
  await settle(world, office);
  expect(await push(office, here, [onFormer])).toMatchObject([{ verdict: 'conflict' }]);
  await pushOk(office, here, onGiven);
  await settle(world, office);
  expect(await documentAt(world, 'patients', there.scope, patient.id)).toMatchObject({
    home: null,
    record: { rev: onGiven.rev },
  });
  await checkEverything(world);
});
