import * as v from 'valibot';
import { expect, it } from 'vitest';
import { EntryIdSchema } from '#contracts/ids.ts';
import { checkEverything } from './sharing-checks.ts';
import {
  countOf,
  documentAt,
  edited,
  type Facility,
  moving,
  newPatient,
  newRequest,
  type Office,
  pushOk,
  type SharingWorld,
  settle,
} from './sharing-world.ts';
import { rowFor, somePerson, type TestRow } from './test-records.ts';
import { withOneOffice } from './world-of-file.ts';

// SHA-11. A center restored to before a patient was registered and moved: what workstations of both facilities bring back comes
// in any order, the patient as each facility's own.

let world: SharingWorld;
let office: Office;

withOneOffice((began) => {
  ({ world, office } = began);
});

type Returned = 'former home' | 'new home' | 'request';
const orders: readonly (readonly Returned[])[] = [
  ['former home', 'new home', 'request'],
  ['former home', 'request', 'new home'],
  ['new home', 'former home', 'request'],
  ['new home', 'request', 'former home'],
  ['request', 'former home', 'new home'],
  ['request', 'new home', 'former home'],
];

/** What the replicas still hold of a patient who moved from `here` to `there`, `at` some moment. */
function keptByReplicas(
  here: Facility,
  there: Facility,
  at = Date.now(),
): Readonly<Record<Returned, TestRow>> {
  const atFormerHome = newPatient(here, { phone: '+998901111111' });
  const { rev: _own, ...content } = v.parse(v.looseObject({ rev: v.string() }), atFormerHome.record);
  const asked = newRequest(here, moving(atFormerHome.id, there.scope));
  const moved = { kind: 'moved', from: here.scope, to: there.scope, at, by: somePerson } as const;
  return {
    'former home': atFormerHome,
    'new home': rowFor('patients', { ...content, scope: there.scope, device: there.device } as never),
    request: withEvent(asked, { ...moved, id: v.parse(EntryIdSchema, crypto.randomUUID()) }),
  };
}

function withEvent(row: TestRow, event: unknown): TestRow {
  const { rev: _own, ...content } = v.parse(
    v.looseObject({ rev: v.string(), body: v.looseObject({}) }),
    row.record,
  );
  return rowFor('requests', { ...content, body: { ...content.body, events: [event] } } as never);
}

it.each(orders)('one home is left when they come as %s, %s, %s', async (...order) => {
  const [here, there] = [await world.facility(), await world.facility()];
  const kept = keptByReplicas(here, there);
  for (const name of order) {
    await pushOk(office, name === 'new home' ? there : here, kept[name]);
    await settle(world, office);
  }
  const { id, rev } = kept['former home'];
  const home = await documentAt(world, 'patients', there.scope, id);
  expect(home).toMatchObject({ home: null, record: { rev: kept['new home'].rev } });
  const copy = await documentAt(world, 'patients', here.scope, id);
  expect(copy).toMatchObject({ home: there.scope, record: { rev: kept['new home'].rev } });
  const inHistory = 'select count(*) as count from doc_history where scope = $1 and id = $2 and rev = $3';
  expect(await countOf(world, inHistory, [there.scope, id, rev])).toBe(1);

  const edit = await edited(world, there, 'patients', id, (body) => ({ ...body, phone: '+998902222222' }));
  await pushOk(office, there, edit);
  await settle(world, office);
  expect(await documentAt(world, 'patients', here.scope, id)).toMatchObject({ record: { rev: edit.rev } });
  await checkEverything(world);
});

it.each([
  ['former home', 'new home', 'back', 'request'],
  ['request', 'back', 'new home', 'former home'],
] as const)('a patient who had moved back stays so when they come as %s, %s, %s, %s', async (...order) => {
  const [here, there] = [await world.facility(), await world.facility()];
  const kept = keptByReplicas(here, there, Date.now() - 1_000);
  const { id } = kept['former home'];
  const moved = { kind: 'moved', from: there.scope, to: here.scope, at: Date.now(), by: somePerson } as const;
  const asked = newRequest(there, moving(id, here.scope));
  const back = withEvent(asked, { ...moved, id: v.parse(EntryIdSchema, crypto.randomUUID()) });
  for (const name of order) {
    const isFromThere = name === 'new home' || name === 'back';
    await pushOk(office, isFromThere ? there : here, name === 'back' ? back : kept[name]);
    await settle(world, office);
  }
  expect(await documentAt(world, 'patients', here.scope, id)).toMatchObject({ home: null });
  expect(await documentAt(world, 'patients', there.scope, id)).toMatchObject({ home: here.scope });
  await checkEverything(world);
});
