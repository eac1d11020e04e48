import { expect, it } from 'vitest';
import { checkInvariants } from './invariants.ts';
import { facility, SyncWorld } from './sync-world.ts';
import { amendPatient, registerPatient } from './world-edits.ts';

it('EPO-4: the last copy of what the center lost is not overwritten by another version of the same number', async () => {
  const world = new SyncWorld(51);
  const [writer, nurse, late] = await world.start(3);
  if (writer === undefined || nurse === undefined || late === undefined) throw new Error('no workstations');
  const id = registerPatient(world, writer);
  await world.time.advance(3000);
  late.goOffline();
  const backup = world.center.backUp();
  amendPatient(world, writer, id);
  await world.time.advance(3000);
  const lost = nurse.replica.get('patients', id);
  writer.kill();
  world.workstations.splice(world.workstations.indexOf(writer), 1);
  world.center.restore(backup);
  amendPatient(world, late, id);
  late.isOnline = true;
  await world.time.advance(60_000);
  expect(await world.heal()).toBe(true);
  expect(world.center.documents(facility).get(`patients/${id}`)?.rev).not.toBe(lost?.rev);
  checkInvariants(world, 'same number', { wasMachineLost: true, mayHeal: true });
});

it('EPO-4: the last copy of what the center lost stays in history when a longer line takes its place', async () => {
  const world = new SyncWorld(53);
  const [writer, nurse, late] = await world.start(3);
  if (writer === undefined || nurse === undefined || late === undefined) throw new Error('no workstations');
  const id = registerPatient(world, writer);
  await world.time.advance(3000);
  nurse.goOffline();
  late.goOffline();
  const backup = world.center.backUp();
  nurse.isOnline = true;
  amendPatient(world, writer, id);
  await world.time.advance(60_000);
  const lost = nurse.replica.get('patients', id);
  expect(lost?.rev).toMatch(/^2-/);
  nurse.goOffline();
  writer.kill();
  world.workstations.splice(world.workstations.indexOf(writer), 1);
  world.center.restore(backup);
  for (let edit = 0; edit < 3; edit += 1) amendPatient(world, late, id);
  late.isOnline = true;
  await world.time.advance(60_000);
  nurse.isOnline = true;
  expect(await world.heal()).toBe(true);
  const kept = world.center.history(facility).map(({ record }) => JSON.stringify(record.body));
  expect(kept).toContain(JSON.stringify(lost?.body));
  checkInvariants(world, 'longer line', { wasMachineLost: true, mayHeal: true });
});

it('PUSH-16: a center whose clock runs years ahead does not make fresh rows look a week old', async () => {
  const world = new SyncWorld(54);
  const [nurse] = await world.start(1);
  if (nurse === undefined) throw new Error('no workstation');
  registerPatient(world, nurse);
  await world.time.advance(3000);
  const ahead = world.time.now() + 10 * 365 * 24 * 3_600_000;
  nurse.rewrite = (text) => (text.includes('"welcome"') ? text.replace(/"at":\d+/, `"at":${ahead}`) : text);
  nurse.cutLink();
  await world.time.advance(60_000);
  world.center.declareDurable(facility);
  await world.time.advance(3000);
  expect(nurse.client.state().clockErrorMs ?? 0).toBeLessThan(-1e9);
  expect(nurse.replica.outbox.byState('accepted', 10)).toHaveLength(1);
});

it('EPO-1, PULL-5: rows that are pending again stay in doubt although the link breaks right after the welcome', async () => {
  const world = new SyncWorld(52);
  const [nurse, doctor] = await world.start(2);
  if (nurse === undefined || doctor === undefined) throw new Error('no workstations');
  const ids = Array.from({ length: 200 }, () => registerPatient(world, nurse));
  await world.time.advance(10_000);
  nurse.goOffline();
  for (const id of ids.toReversed()) amendPatient(world, doctor, id);
  await world.time.advance(10_000);
  world.center.restore(world.center.backUp());
  let cuts = 0;
  const end = nurse.replica.onCommit(() => {
    if (nurse.disk.settings.get('sync.epoch') !== world.center.epoch) return;
    end();
    cuts += 1;
    nurse.cutLink();
  });
  nurse.link = { latencyMs: 300, bytesPerSecond: 4000 };
  nurse.isOnline = true;
  expect(await world.heal()).toBe(true);
  await world.time.advance(60 * 60_000);
  expect(cuts).toBe(1);
  checkInvariants(world, 'cut at the welcome');
});
