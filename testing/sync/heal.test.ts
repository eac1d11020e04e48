import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { type RecordId, RevisionSchema, ScopeSchema } from '#contracts/ids.ts';
import type { RecordOf } from '#contracts/records/registry.ts';
import { checkInvariants } from './invariants.ts';
import { randomRecordId } from './random-bodies.ts';
import { facility, SyncWorld, type Workstation } from './sync-world.ts';
import { amendPatient, registerPatient, startVisit } from './world-edits.ts';

const hour = 60 * 60_000;
const sixHours = 6 * hour + 60_000;

interface Scene {
  readonly world: SyncWorld;
  readonly nurse: Workstation;
  readonly doctor: Workstation;
  readonly ids: readonly RecordId[];
}

/** Two workstations and their center at rest, with some records. */
async function atRest(seed: number, records = 150): Promise<Scene> {
  const world = new SyncWorld(seed);
  const [nurse, doctor] = await world.start(2);
  if (nurse === undefined || doctor === undefined) throw new Error('no workstations');
  const ids = Array.from({ length: records }, () => registerPatient(world, nurse));
  startVisit(world, doctor);
  await world.time.advance(20_000);
  return { world, nurse, doctor, ids };
}

const first = ({ ids }: Scene): RecordId => {
  const [id] = ids;
  if (id === undefined) throw new Error('no record');
  return id;
};

function storedBy({ disk }: Workstation, id: RecordId): RecordOf<'patients'> {
  const record = disk.records.patients.get(id);
  if (record === undefined) throw new Error('no patient');
  return record;
}

const otherRev = (version: number) => v.parse(RevisionSchema, `${version}-${'d'.repeat(32)}`);
const healedAt = ({ client }: Workstation) => client.state().healed;

async function expectEqualAgain({ world }: Scene, label: string): Promise<void> {
  expect(await world.heal(hour), label).toBe(true);
  checkInvariants(world, label, { mayHeal: true });
}

describe('silent divergence (DIG-1 to DIG-6)', () => {
  it('is not found where there is none', async () => {
    const scene = await atRest(1);
    await scene.world.time.advance(2 * sixHours);
    checkInvariants(scene.world, 'no divergence');
  });

  it('heals records that are gone here', async () => {
    const scene = await atRest(2);
    const lost = scene.ids.slice(0, 60);
    for (const id of lost) scene.doctor.disk.records.patients.delete(id);
    await scene.world.time.advance(sixHours);
    expect(healedAt(scene.doctor)).toBe(60);
    expect(healedAt(scene.nurse)).toBe(0);
    await scene.world.time.advance(5000);
    expect(scene.world.center.statuses.get(scene.doctor.identity.device)?.healed).toBe(60);
    await expectEqualAgain(scene, 'gone here');
  });

  it('heals an older version here', async () => {
    const scene = await atRest(3);
    const id = first(scene);
    const before = storedBy(scene.doctor, id);
    amendPatient(scene.world, scene.nurse, id);
    await scene.world.time.advance(5000);
    scene.doctor.disk.records.patients.set(id, before);
    await scene.world.time.advance(sixHours);
    expect(storedBy(scene.doctor, id)).toEqual(storedBy(scene.nurse, id));
    expect(healedAt(scene.doctor)).toBe(1);
    await expectEqualAgain(scene, 'older here');
  });

  it('merges a version of the same age and asks about what differs, so that neither is lost', async () => {
    const scene = await atRest(4);
    const id = first(scene);
    const record = storedBy(scene.doctor, id);
    const body = { ...record.body, name: { family: 'Boshqa', given: 'x' } };
    scene.doctor.disk.records.patients.set(id, { ...record, rev: otherRev(1), body });
    await scene.world.time.advance(sixHours);
    expect(healedAt(scene.doctor)).toBeGreaterThan(0);
    expect(storedBy(scene.doctor, id).body.name).toEqual(record.body.name);
    const reviews = scene.doctor.replica.find('reviews', {});
    expect(JSON.stringify(reviews)).toContain('Boshqa');
    await expectEqualAgain(scene, 'altered here');
  });

  it('offers again what only this workstation has', async () => {
    const scene = await atRest(5);
    const id = first(scene);
    const { rev, body, author } = storedBy(scene.nurse, id);
    scene.world.center.corrupt(facility, (documents) => documents.delete(`patients/${id}`));
    await scene.world.time.advance(sixHours);
    const back = scene.world.center.documents(facility).get(`patients/${id}`);
    expect(back?.record).toMatchObject({ body, author });
    expect(back?.rev).not.toBe(rev);
    expect(healedAt(scene.nurse) + healedAt(scene.doctor)).toBeGreaterThan(0);
  });

  it('takes off what was withdrawn without its knowing', async () => {
    const scene = await atRest(6);
    const id = randomRecordId(scene.world.random);
    const scope = v.parse(ScopeSchema, 'TAS000001');
    scene.doctor.disk.records.patients.set(id, { ...storedBy(scene.doctor, first(scene)), id, scope });
    await scene.world.time.advance(sixHours);
    expect(scene.doctor.disk.records.patients.has(id)).toBe(false);
    expect(scene.world.center.documents(facility).has(`patients/${id}`)).toBe(false);
    await expectEqualAgain(scene, 'withdrawn');
  });

  it('heals what the center holds and never put into the feed', async () => {
    const scene = await atRest(7);
    const id = randomRecordId(scene.world.random);
    const record = { ...storedBy(scene.nurse, first(scene)), id, rev: otherRev(3) };
    scene.world.center.corrupt(facility, (documents) =>
      documents.set(`patients/${id}`, { rev: record.rev, record }),
    );
    await scene.world.time.advance(sixHours);
    expect(storedBy(scene.nurse, id)).toEqual(record);
    expect(storedBy(scene.doctor, id)).toEqual(record);
  });

  it('does not store a copy that was withdrawn while its answer was on the way', async () => {
    const scene = await atRest(13);
    const { world, nurse, doctor } = scene;
    doctor.kill();
    const id = randomRecordId(world.random);
    const scope = v.parse(ScopeSchema, 'TAS000001');
    const copy = { ...storedBy(nurse, first(scene)), id, scope, rev: otherRev(3) };
    world.center.corrupt(facility, (documents) =>
      documents.set(`patients/${id}`, { rev: copy.rev, record: copy }),
    );
    const isAnswer = (text: string) => text.startsWith('{"type":"fetched"') && text.includes(copy.rev);
    let answers = 0;
    nurse.rewrite = (text) => {
      if (isAnswer(text)) {
        answers += 1;
        // Its portion goes out ahead of the answer that was made before.
        world.center.withdraw(facility, 'patients', id);
      }
      return text;
    };
    nurse.faults = (_direction, text) => (isAnswer(text) ? 500 : 'deliver');
    nurse.limits = { compareAgainMs: 60_000 };
    nurse.kill();
    nurse.start();
    const seen: boolean[] = [];
    for (let step = 0; step < 100; step += 1) {
      await world.time.advance(100);
      seen.push(nurse.disk.records.patients.has(id));
    }
    expect(answers).toBe(1);
    expect(seen).not.toContain(true);
    await world.time.advance(2 * 60_000);
    expect(nurse.client.state().healed).toBe(0);
  });

  it('leaves alone what is unsent or in quarantine, and finds the rest beside it', async () => {
    const scene = await atRest(8);
    const { world, nurse, ids } = scene;
    const [edited, refused, gone] = ids;
    if (edited === undefined || refused === undefined || gone === undefined) throw new Error('no records');
    world.center.moods.isRefused = (row) => row.id === refused;
    world.center.moods.putOff = (row) => (row.id === edited ? 'before' : 'no');
    amendPatient(world, nurse, refused);
    amendPatient(world, nurse, edited);
    await world.time.advance(5000);
    const [mine, kept] = [storedBy(nurse, edited), storedBy(nurse, refused)];
    nurse.disk.records.patients.delete(gone);
    nurse.kill();
    nurse.limits = { compareEveryMs: 60_000, missingBaseMs: 60_000 };
    nurse.start();
    await world.time.advance(5 * 60_000);
    expect(healedAt(nurse)).toBe(1);
    expect(nurse.disk.records.patients.has(gone)).toBe(true);
    expect(storedBy(nurse, edited)).toEqual(mine);
    expect(storedBy(nurse, refused)).toEqual(kept);
  });

  it('does not ask for ever about documents it cannot read, until the program is another', async () => {
    const scene = await atRest(9);
    const { world, nurse } = scene;
    const id = randomRecordId(world.random);
    const unreadable = { ...storedBy(nurse, first(scene)), id, rev: otherRev(2), capturedAt: 'never' };
    world.center.plant(facility, 'patients', id, otherRev(2), unreadable);
    await world.time.advance(5000);
    let fetches = 0;
    nurse.faults = (_direction, text) => {
      fetches += text.includes('"type":"fetch"') ? 1 : 0;
      return 'deliver';
    };
    nurse.cutLink();
    await world.time.advance(4 * sixHours);
    expect({ fetches, setAside: nurse.client.state().setAside }).toEqual({ fetches: 0, setAside: 1 });
    // The center replaces it by what can be read; or a newer program reads it.
    world.center.corrupt(facility, (documents) =>
      documents.set(`patients/${id}`, {
        rev: otherRev(2),
        record: { ...unreadable, capturedAt: 1_800_000_000_000 },
      }),
    );
    nurse.kill();
    nurse.program = 'world 2';
    nurse.start();
    await world.time.advance(60_000);
    expect(nurse.disk.records.patients.has(id)).toBe(true);
  });

  it('begins again when somebody writes meanwhile, and heals in the end', async () => {
    const scene = await atRest(10, 400);
    const { world, nurse, doctor, ids } = scene;
    for (const id of ids.slice(0, 5)) doctor.disk.records.patients.delete(id);
    doctor.cutLink();
    for (let step = 0; step < 400; step += 1) {
      if (step % 4 === 0) amendPatient(world, nurse, ids[50 + (step % 100)] ?? first(scene));
      await world.time.advance(30);
    }
    expect(await world.heal(hour)).toBe(true);
    checkInvariants(world, 'busy', { mayHeal: true });
  });
});

describe('a restored center whose clients have forgotten what they sent (EPO-4)', () => {
  it('gets it back from the replicas, although the writer is gone', async () => {
    const scene = await atRest(11, 20);
    const { world, nurse, doctor } = scene;
    const backup = world.center.backUp();
    const id = first(scene);
    amendPatient(world, nurse, id);
    const added = registerPatient(world, nurse);
    await world.time.advance(5000);
    const fresh = storedBy(doctor, added);
    nurse.kill();
    world.workstations.splice(world.workstations.indexOf(nurse), 1);
    world.center.restore(backup);
    expect(await world.heal(2 * hour)).toBe(true);
    const now = (key: RecordId) => world.center.documents(facility).get(`patients/${key}`)?.record;
    expect(now(added)).toMatchObject({ body: fresh.body, author: fresh.author });
    // What was amended is in the record or in a review beside it.
    checkInvariants(world, 'forgotten', { wasMachineLost: true, mayHeal: true });
  });

  it('waits for the writers first: what they still have needs no healing', async () => {
    const scene = await atRest(12, 20);
    const { world, nurse } = scene;
    const backup = world.center.backUp();
    for (const id of scene.ids) amendPatient(world, nurse, id);
    await world.time.advance(5000);
    nurse.goOffline();
    world.center.restore(backup);
    await world.time.advance(5 * 60_000);
    nurse.isOnline = true;
    await world.time.advance(2 * hour);
    expect(await world.heal(hour)).toBe(true);
    checkInvariants(world, 'writers first');
  });
});
