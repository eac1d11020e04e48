import { expect, it } from 'vitest';
import { checkEverything } from './sharing-checks.ts';
import {
  access,
  documentAt,
  edited,
  moving,
  newPatient,
  newRequest,
  type Office,
  push,
  pushOk,
  type SharingWorld,
  settle,
} from './sharing-world.ts';
import { rowFor } from './test-records.ts';
import { withOneOffice } from './world-of-file.ts';

let world: SharingWorld;
let office: Office;

withOneOffice((began) => {
  ({ world, office } = began);
});

it('SHR-6, SHR-7: takes a guest’s late edit although the patient moved after the share ended', async () => {
  const [here, there, guest] = [await world.facility(), await world.facility(), await world.facility()];
  const pinfl = '41203851234588';
  const patient = newPatient(here, { pinfl });
  await pushOk(office, here, patient);
  await pushOk(office, guest, newRequest(guest, access(pinfl, 'break-glass')));
  await settle(world, office);
  const late = await edited(world, guest, 'patients', patient.id, (body) => ({
    ...body,
    phone: '+998901234567',
  }));
  world.passTime(4 * 24 * 3_600_000);
  await settle(world, office);
  expect(await documentAt(world, 'patients', guest.scope, patient.id)).toBeUndefined();
  await pushOk(office, here, newRequest(here, moving(patient.id, there.scope)));
  await settle(world, office);
  const moved = await documentAt(world, 'patients', there.scope, patient.id);
  expect(moved).toMatchObject({ home: null });
  expect(await push(office, guest, [late])).toMatchObject([{ verdict: 'conflict' }]);
  if (moved === undefined) throw new Error('not moved');
  const { rev, ...content } = moved.record;
  const body = { ...content.body, phone: '+998901234567' };
  await pushOk(office, guest, rowFor('patients', { ...content, device: guest.device, body }, rev));
  await settle(world, office);
  const home = await documentAt(world, 'patients', there.scope, patient.id);
  expect(home?.record.body.phone).toBe('+998901234567');
  await checkEverything(world);
});
