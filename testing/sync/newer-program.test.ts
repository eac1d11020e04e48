import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { type RecordId, RevisionSchema } from '#contracts/ids.ts';
import { PatientBodySchema } from '#contracts/records/patients.ts';
import { recordLocalWrite } from '#sync/local-write.ts';
import { mergeRecord } from '#sync/merge/merge-record.ts';
import { randomPatient, randomRecordId } from './random-bodies.ts';
import { facility, SyncWorld, type Workstation } from './sync-world.ts';
import { registerPatient } from './world-edits.ts';

const newerRev = v.parse(RevisionSchema, `1-${'e'.repeat(32)}`);

/** A patient as a program two versions ahead writes it: fields of its own at every depth. */
function newerPatient(at: Workstation, id: RecordId) {
  const [known] = at.replica.find('patients', { limit: 1 });
  if (known === undefined) throw new Error('no patient to copy');
  const allergy = { id, substance: 'asal', at: 1, by: known.author, verifiedBy: 'a test' };
  const body = {
    ...known.body,
    name: { ...known.body.name, title: 'Dr' },
    allergyStatus: 'known',
    allergies: [allergy],
    insurance: { number: '77', scheme: ['a', 'b'] },
  };
  return { ...known, id, rev: newerRev, body, consentForm: 'v3' };
}

async function scene(seed: number) {
  const world = new SyncWorld(seed);
  const [nurse, doctor] = await world.start(2);
  if (nurse === undefined || doctor === undefined) throw new Error('no workstations');
  registerPatient(world, nurse);
  await world.time.advance(3000);
  const id = randomRecordId(world.random);
  const record = newerPatient(nurse, id);
  world.center.plant(facility, 'patients', id, record.rev, record);
  await world.time.advance(3000);
  return { world, nurse, doctor, id, record };
}

const amend = (world: SyncWorld, at: Workstation, id: RecordId, changes: object) =>
  at.write((transaction) => {
    const stored = transaction.get('patients', id);
    if (stored === undefined) throw new Error('no patient');
    const { person, identity, random } = at;
    const body = { ...stored.body, ...changes };
    const common = { scope: facility, author: person, device: identity.device, at: world.time.now(), random };
    recordLocalWrite(transaction, { ...common, collection: 'patients', id, body });
  });

const newFields = {
  consentForm: 'v3',
  body: {
    insurance: { number: '77', scheme: ['a', 'b'] },
    allergies: [{ verifiedBy: 'a test' }],
  },
};

describe('a record of a newer program (VER-5)', () => {
  it('is stored as it came, edited without loss, and arrives elsewhere with everything', async () => {
    const { world, nurse, doctor, id, record } = await scene(1);
    expect(nurse.replica.get('patients', id)).toEqual(record);
    amend(world, nurse, id, { phone: '+998901112233' });
    expect(nurse.replica.get('patients', id)).toMatchObject(newFields);
    await world.time.advance(3000);
    expect(world.center.documents(facility).get(`patients/${id}`)?.record).toMatchObject({
      ...newFields,
      body: { ...newFields.body, phone: '+998901112233', name: { title: 'Dr' } },
    });
    expect(doctor.replica.get('patients', id)).toEqual(nurse.replica.get('patients', id));
  });

  it('keeps its fields through a conflict', async () => {
    const { world, nurse, doctor, id } = await scene(2);
    nurse.goOffline();
    doctor.goOffline();
    amend(world, nurse, id, { phone: '+998901112233' });
    amend(world, doctor, id, { bloodGroup: 'A+' });
    expect(await world.heal()).toBe(true);
    for (const { replica } of [nurse, doctor]) {
      expect(replica.get('patients', id)).toMatchObject({
        ...newFields,
        body: { ...newFields.body, phone: '+998901112233', bloodGroup: 'A+' },
      });
    }
  });

  it('merges unknown fields as atoms: changed on one side it is taken, on both the other one is asked about', () => {
    const world = new SyncWorld(3);
    const body = randomPatient(world.random);
    const withField = (value: unknown) => ({ ...body, insurance: value });
    const merged = (mine: unknown, theirs: unknown) =>
      mergeRecord('patients', { base: withField('a'), mine: withField(mine), theirs: withField(theirs) });
    expect(merged('b', 'a').body).toMatchObject({ insurance: 'b' });
    expect(merged('a', 'b').body).toMatchObject({ insurance: 'b' });
    const both = merged('b', 'c');
    expect(both.body).toMatchObject({ insurance: 'c' });
    expect(both.conflicts).toMatchObject([{ field: 'insurance', mine: '"b"', theirs: '"c"' }]);
    expect(v.is(PatientBodySchema, both.body)).toBe(true);
  });

  it('takes a field away when one side did, and nothing of a hostile name', () => {
    const world = new SyncWorld(4);
    const body = randomPatient(world.random);
    const extended = { ...body, insurance: 'a' };
    expect(mergeRecord('patients', { base: extended, mine: body, theirs: extended }).body).not.toHaveProperty(
      'insurance',
    );
    const hostile = { ...body, ...v.parse(v.record(v.string(), v.unknown()), JSON.parse('{"x":1}')) };
    Object.defineProperty(hostile, '__proto__', { value: { polluted: 1 }, enumerable: true });
    const merged = mergeRecord('patients', { base: body, mine: body, theirs: hostile });
    expect(Reflect.get(merged.body, 'polluted')).toBeUndefined();
  });
});
