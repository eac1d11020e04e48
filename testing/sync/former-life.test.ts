import { expect, it } from 'vitest';
import { SyncWorld, type Workstation } from './sync-world.ts';
import { registerPatient, writeAlert, writeBody } from './world-edits.ts';

const phones = { before: '+998900000001', nurse: '+998900000002' } as const;

it('does not apply again what was sent right before a power cut and taken back since (PULL-5)', async () => {
  const world = new SyncWorld(31);
  const [nurse, doctor] = await world.start(2);
  if (nurse === undefined || doctor === undefined) throw new Error('no workstations');
  const patient = registerPatient(world, nurse);
  const setPhone = (workstation: Workstation, phone: string) => {
    const stored = workstation.replica.get('patients', patient);
    if (stored === undefined) throw new Error('no patient');
    writeBody(world, workstation, 'patients', patient, { ...stored.body, phone }, []);
  };
  setPhone(nurse, phones.before);
  await world.time.advance(5000);

  // The center applies it, and the nurse's machine dies before it hears so.
  nurse.faults = (direction) => (direction === 'to-client' ? 'drop' : 'deliver');
  setPhone(nurse, phones.nurse);
  await world.time.advance(5000);
  nurse.goOffline();
  // More than goes out at once, and more urgent: after the restart the patient's row is not among the first.
  for (let count = 0; count < 600; count += 1) writeAlert(world, nurse);
  nurse.kill();
  expect(doctor.replica.get('patients', patient)?.body.phone).toBe(phones.nurse);
  setPhone(doctor, phones.before);
  await world.time.advance(5000);

  nurse.faults = () => 'deliver';
  nurse.isOnline = true;
  nurse.start();
  expect(await world.heal()).toBe(true);
  expect(nurse.replica.get('patients', patient)?.body.phone).toBe(phones.before);
  expect(doctor.replica.get('patients', patient)?.body.phone).toBe(phones.before);
});
