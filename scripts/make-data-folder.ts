// Makes the folder of an enrolled workstation, as the program beside it writes one: for `old-folders.test.ts`, kept for ever.
//   node scripts/make-data-folder.ts <folder that is not there yet>
// Run it at the version that is to be kept. Copies what counts into the folder, and writes what it holds into `holds.json`.
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { openSimulatedShelf } from '#access/simulated/simulated-shelf.ts';
import { startCenter } from '#center/start-center.ts';
import { dayAt } from '#clinic/clinic-day.ts';
import type { RequestInput, RequestName, RequestOutput } from '#contracts/bridge/requests.ts';
import type { PersonId, RecordId } from '#contracts/ids.ts';
import { generateDistrict } from '#testing/district/generate-district.ts';
import { facilityScope } from '#testing/district/places.ts';
import { openHeadlessScreen } from '#workstation/hosts/headless-screen.ts';
import { connectInMemory } from '#workstation/hosts/memory-host.ts';
import { composeWorkstation } from '#workstation/main-composition.ts';
import { systemRandom } from '#workstation/system-effects.ts';

const target = process.argv[2];
if (target === undefined) throw new Error('which folder?');
const working = await mkdtemp(join(tmpdir(), 'data-folder-'));
const center = await startCenter({ dataFolder: join(working, 'center'), port: 0, log: () => undefined });
const scope = facilityScope(0);
const today = dayAt(Date.now());
for (const { collection, record } of generateDistrict({
  seed: 1,
  patients: 0,
  facilities: 1,
  years: 1,
  today,
}))
  if (collection === 'reference') await center.createFacility(record);
const folder = join(working, 'records');
const composed = await composeWorkstation({
  folder,
  writeLog: () => undefined,
  openSimulatedShelf: (place) => openSimulatedShelf(place, systemRandom),
});
if (!composed.ok) throw new Error(composed.error.code);
const { workstation, close } = composed.value;
const screen = openHeadlessScreen(connectInMemory(workstation, { checksOutput: true }));

async function ask<Name extends RequestName>(
  name: Name,
  input: RequestInput<Name>,
): Promise<RequestOutput<Name>> {
  const answer = await screen.request(name, input);
  if (!answer.ok) throw new Error(`${name}: ${answer.error.code}`);
  return answer.value;
}

const words = {
  head: 'tog olma 7 daryo',
  nurse: 'yetti qora mushuk',
  doctor: 'oltinchi bahor kuni',
} as const;
const unlock = (person: PersonId, passphrase: string) =>
  ask('session.unlock', { method: 'passphrase', person, passphrase });
const register = (family: string, given: string) =>
  ask('patients.register', {
    name: { family, given },
    sex: 'female',
    birth: { date: '1979-03-14' },
    hasConsent: true,
    allergyStatus: 'none-known',
  });

async function visit(
  patientId: RecordId,
  complaint: string,
  state: 'in-progress' | 'finished',
): Promise<RecordId> {
  const { id } = await ask('visits.start', {
    patientId,
    reason: 'bosim',
    urgency: 'routine',
    state: 'arrived',
  });
  const vitals = { systolicMmHg: 172, diastolicMmHg: 98, pulsePerMinute: 84 };
  await ask('visits.record', {
    id,
    entries: [
      { kind: 'vitals', values: vitals },
      { kind: 'complaint', text: complaint },
      { kind: 'diagnosis', icd10: 'I10', role: 'main', certainty: 'confirmed' },
    ],
    state,
  });
  return id;
}

/** Until everything that was written is at the center. */
async function sent(): Promise<void> {
  for (let looks = 0; looks < 400; looks += 1) {
    const state = workstation.exchange()?.state();
    const pending = workstation.session()?.replica.outbox.counts().pending;
    if (state?.link === 'online' && !state.isFirstCopy && pending === 0) return;
    await wait(50);
  }
  throw new Error('not everything was sent');
}

const { code } = await center.createEnrolmentCode(scope);
const head = (
  await ask('workstation.enrol', {
    center: center.url,
    code,
    label: 'Room 1',
    administrator: { family: 'Karimova', given: 'Dilnoza' },
    passphrase: words.head,
  })
).person;
const { groups } = await ask('recovery.make-paper', {});
await ask('recovery.keep-paper', { groups: groups.map((text, at) => ({ group: at + 1, text })) });
const enrol = (family: string, role: 'nurse' | 'doctor', withSimulatedKey: boolean) =>
  ask('staff.enrol', {
    name: { family, given: 'Nargiza' },
    roles: [role],
    passphrase: words[role],
    withSimulatedKey,
  });
const nurse = (await enrol('Saidova', 'nurse', true)).person;
const doctor = (await enrol('Ergasheva', 'doctor', false)).person;
await ask('session.lock', {});

await unlock(nurse, words.nurse);
const first = (await register('Qoʻchqorboyeva', 'Oygulxon')).id;
const received = await visit(first, 'bosh ogʻrigʻi', 'finished');
await sent();
await center.close();
const pending = await visit(first, 'юрак уриши тезлашади', 'finished');
const second = (await register('Sodiqova', 'Bahora')).id;
const begun = await visit(second, 'yoʻtal', 'in-progress');
await ask('session.lock', {});
screen.close();
await close();

await cp(folder, target, {
  recursive: true,
  errorOnExist: true,
  force: false,
  filter: (path) => !/-reserve$|-lock$|lock\.sqlite/.test(path),
});
const people = { head, nurse, doctor };
const holds = {
  madeAt: Date.now(),
  paperKey: groups.join('-'),
  words,
  people,
  patients: { first, second },
  visits: { received, pending, begun },
};
await writeFile(join(target, 'holds.json'), `${JSON.stringify(holds, null, 2)}\n`);
await rm(working, { recursive: true, force: true });
process.exit(0);
