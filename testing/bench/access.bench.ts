import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { usualArgon2Cost } from '#access/argon2.ts';
import { deriveInThread } from '#access/argon2-thread.ts';
import { emptyShelf } from '#access/ports.ts';
import { patientSearchRules } from '#clinic/search/patient-search-rules.ts';
import { DaySchema, DeviceIdSchema, ScopeSchema } from '#contracts/ids.ts';
import { ok } from '#contracts/result.ts';
import { openReplica } from '#store/open-replica.ts';
import { createPatientIndex } from '#store/search/patient-index.ts';
import { connectInMemory } from '#workstation/hosts/memory-host.ts';
import { createLog } from '#workstation/log.ts';
import { usualIdleLockMs, type WorkstationParts } from '#workstation/parts.ts';
import { loadReferenceData } from '#workstation/reference-files.ts';
import { systemClock, systemRandom, systemTimers } from '#workstation/system-effects.ts';
import { Workstation } from '#workstation/workstation.ts';
import { generateDistrict } from '../district/generate-district.ts';
import { openTestScreen, type TestScreen } from '../workstation/test-screen.ts';
import { framesPerSecond } from './key-frames.ts';

type Report = (name: string, value: number, unit: string) => void;

const patients = 5_000;
const rounds = 7;
const passphrase = 'tog olma 7 daryo';
const scope = v.parse(ScopeSchema, 'TST000001');
const device = v.parse(DeviceIdSchema, '01930000-0000-7000-8000-0000000000d1');

/**
 * From the passphrase to the first list of patients, through the bridge: Argon2id, slot, database of 5,000 patients,
 * session, queue of the day and a search. Median of seven; the share of Argon2id apart.
 */
export async function run(report: Report): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'hamshira-access-'));
  const workstation = await Workstation.create(partsIn(folder));
  const screen = openTestScreen(connectInMemory(workstation, { checksOutput: false }));
  try {
    await prepare(workstation, screen);
    const [unlockTimes, switchTimes] = await timeUnlocks(workstation, screen);
    report('access.unlock', median(unlockTimes), 'ms');
    report('access.switch', median(switchTimes), 'ms');
    report('access.argon2', await timeArgon2(), 'ms');
    report('access.frames', framesPerSecond(), 'frames/s');
  } finally {
    screen.close();
    await workstation.close();
    await rm(folder, { recursive: true, force: true });
  }
}

function partsIn(folder: string): WorkstationParts {
  return {
    folder,
    clock: systemClock,
    timers: systemTimers,
    random: systemRandom,
    log: createLog((line) => console.error(line), systemClock),
    derivePassphraseKey: deriveInThread,
    devices: emptyShelf,
    hasSimulatedDevices: false,
    reference: loadReferenceData(),
    idleLockMs: usualIdleLockMs,
    openReplica: (place) =>
      openReplica({
        file: join(place.folder, 'records.sqlite'),
        key: place.dataKey,
        patientIndex: createPatientIndex(patientSearchRules),
      }),
    copyRecords: () => Promise.reject(new Error('no key is replaced here')),
    enrolDevice: async () => ok({ device, scope, keep: () => undefined }),
    readIdentity: () => ({ device, scope }),
    startExchange: () => ({
      state: () => ({
        link: 'offline',
        refusal: null,
        lastContactAt: null,
        isFirstCopy: false,
        received: 0,
        clockErrorMs: null,
        isBeyondOfflineLimit: false,
      }),
      onChange: () => () => undefined,
      hurry: () => undefined,
      stop: async () => undefined,
    }),
  };
}

async function prepare(workstation: Workstation, screen: TestScreen): Promise<void> {
  const administrator = { family: 'Karimova', given: 'Dilnoza' };
  const order = { center: 'ws://127.0.0.1:9', code: 'X', label: 'Benchmark', administrator, passphrase };
  const enrolled = await screen.request('workstation.enrol', order);
  if (!enrolled.ok) throw new Error(enrolled.error.code);
  const today = v.parse(DaySchema, new Date().toISOString().slice(0, 10));
  const district = [...generateDistrict({ seed: 7, patients, facilities: 1, years: 0, today })];
  for (let from = 0; from < district.length; from += 500) {
    await workstation.session()?.replica.transact((transaction) => {
      for (const each of district.slice(from, from + 500)) {
        if (each.collection === 'patients') transaction.put('patients', each.record);
      }
    });
  }
}

async function timeUnlocks(
  workstation: Workstation,
  screen: TestScreen,
): Promise<readonly [readonly number[], readonly number[]]> {
  const [person] = workstation.state().people;
  if (person === undefined) throw new Error('nobody is enrolled');
  const unlock = async (): Promise<number> => {
    const began = performance.now();
    await screen.request('session.unlock', { method: 'passphrase', person: person.id, passphrase });
    const queue = screen.open('queue.day', {});
    await queue.until(() => true);
    const found = await screen.request('patients.search', { text: 'Karimova', limit: 10 });
    const took = performance.now() - began;
    if (!found.ok || found.value.patients.length === 0) throw new Error('no patient was found');
    queue.close();
    return took;
  };
  const unlockTimes: number[] = [];
  const switchTimes: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    await screen.request('session.lock', {});
    unlockTimes.push(await unlock());
    switchTimes.push(await unlock());
  }
  return [unlockTimes, switchTimes];
}

async function timeArgon2(): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const began = performance.now();
    await deriveInThread(new TextEncoder().encode(passphrase), systemRandom.bytes(16), usualArgon2Cost);
    times.push(performance.now() - began);
  }
  return median(times);
}

const median = (values: readonly number[]): number =>
  [...values].sort((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN;
