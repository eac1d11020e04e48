import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { deriveInThread } from '#access/argon2-thread.ts';
import { type DeviceShelf, emptyShelf } from '#access/ports.ts';
import { patientSearchRules } from '#clinic/search/patient-search-rules.ts';
import {
  type Day,
  DaySchema,
  DeviceIdSchema,
  type PersonId,
  PersonIdSchema,
  ScopeSchema,
} from '#contracts/ids.ts';
import { ok, type Result } from '#contracts/result.ts';
import { openReplica } from '#store/open-replica.ts';
import { createPatientIndex } from '#store/search/patient-index.ts';
import { connectInMemory } from '#workstation/hosts/memory-host.ts';
import { createLog } from '#workstation/log.ts';
import { usualIdleLockMs, type WorkstationParts } from '#workstation/parts.ts';
import { loadReferenceData } from '#workstation/reference-files.ts';
import { systemClock, systemRandom, systemTimers } from '#workstation/system-effects.ts';
import { Workstation } from '#workstation/workstation.ts';
import type { DistrictRecord } from '../../district/envelopes.ts';
import { generateDistrict } from '../../district/generate-district.ts';
import { makePaperKey } from '../../workstation/rig.ts';
import { openTestScreen, type TestScreen } from '../../workstation/test-screen.ts';
import { openStampedKey, type StampedKey } from './stamped-key.ts';

/** What the replica holds; about as many patients as a big rural polyclinic, six years of their visits. */
const documents = 500_000;
const mostPatients = 40_000;
const years = 6;
const documentsPerWrite = 500;
const passphrase = 'tog olma 7 daryo';
const scope = v.parse(ScopeSchema, 'TRN000001');
const device = v.parse(DeviceIdSchema, '01930000-0000-7000-8000-0000000000d1');
/** Kept between runs: filling it takes minutes. Delete the folder to have it made anew. */
const cacheFolder = fileURLToPath(new URL(`../../../.cache/access-replica-${documents}`, import.meta.url));

/** Somebody who may come in: her passphrase, and a key where she has one. */
export interface Person {
  readonly id: PersonId;
  readonly passphrase: string;
  readonly key: StampedKey;
}

/** A workstation on the replica, with two nurses whose keys are plugged in. Locked. */
export interface AccessReplica {
  readonly workstation: Workstation;
  readonly screen: TestScreen;
  readonly nurses: readonly [Person, Person];
  /** Seconds that filling took, if it was filled now. */
  readonly filledInSeconds: number | null;
  close(): Promise<void>;
}

const NurseSchema = v.object({ id: PersonIdSchema, seed: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)) });
const MadeSchema = v.object({
  documents: v.literal(documents),
  nurses: v.strictTuple([NurseSchema, NurseSchema]),
});
type Made = v.InferOutput<typeof MadeSchema>;

/** Opens the replica of {@link documents} documents, filling it first where there is none yet. */
export async function openAccessReplica(): Promise<AccessReplica> {
  const found = await readMade();
  const began = performance.now();
  const made = found ?? (await make());
  const filledInSeconds = found === null ? (performance.now() - began) / 1_000 : null;
  const [first, second] = [await plugged(made.nurses[0]), await plugged(made.nurses[1])];
  const keys = [first.key.device, second.key.device];
  const workstation = await Workstation.create(
    partsIn(cacheFolder, { ...emptyShelf, credentialDevices: () => keys }),
  );
  const screen = openTestScreen(connectInMemory(workstation, { checksOutput: false }));
  return {
    workstation,
    screen,
    nurses: [first, second],
    filledInSeconds,
    close: async () => {
      screen.close();
      await workstation.close();
      for (const key of keys) await key.close();
    },
  };
}

async function plugged({ id, seed }: Made['nurses'][number]): Promise<Person> {
  return { id, passphrase, key: await openStampedKey(`key of ${id}`, Buffer.from(seed, 'hex')) };
}

const madeFile = join(cacheFolder, 'made.json');

async function readMade(): Promise<Made | null> {
  const text = await readFile(madeFile, 'utf8').catch(() => null);
  if (text === null) return null;
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), MadeSchema), text);
  return parsed.success ? parsed.output : null;
}

/** The file that says it is whole is written last: an interrupted filling is begun again. */
async function make(): Promise<Made> {
  await rm(cacheFolder, { recursive: true, force: true });
  await mkdir(cacheFolder, { recursive: true, mode: 0o700 });
  const shelf: { keys: StampedKey[] } = { keys: [] };
  const devices = { ...emptyShelf, credentialDevices: () => shelf.keys.map((key) => key.device) };
  const workstation = await Workstation.create(partsIn(cacheFolder, devices));
  const screen = openTestScreen(connectInMemory(workstation, { checksOutput: false }));
  try {
    const administrator = { family: 'Karimova', given: 'Dilnoza' };
    const order = { center: 'ws://127.0.0.1:9', code: 'X', label: 'Benchmark', administrator, passphrase };
    taken(await screen.request('workstation.enrol', order));
    // Nobody is enrolled with a passphrase alone before there is something to fall back on (ACC-52).
    await makePaperKey(screen);
    const nurses: Made['nurses'] = [
      await addNurse(screen, shelf, 'Malika'),
      await addNurse(screen, shelf, 'Nodira'),
    ];
    await fill(workstation);
    const made: Made = { documents, nurses };
    await workstation.close();
    await writeFile(madeFile, JSON.stringify(made), { mode: 0o600 });
    return made;
  } finally {
    screen.close();
    await workstation.close();
    for (const { device: key } of shelf.keys) await key.close();
  }
}

async function addNurse(
  screen: TestScreen,
  shelf: { keys: StampedKey[] },
  given: string,
): Promise<Made['nurses'][number]> {
  const name = { family: 'Yoʻldosheva', given };
  const { person } = taken(await screen.request('staff.enrol', { name, roles: ['nurse'], passphrase }));
  const seed = systemRandom.bytes(32);
  for (const { device: key } of shelf.keys) await key.close();
  shelf.keys = [await openStampedKey(`key of ${given}`, seed)];
  const proof = { method: 'passphrase', passphrase } as const;
  taken(await screen.request('keys.enrol', { person, label: given, method: 'fido2', proof }));
  return { id: person, seed: Buffer.from(seed).toString('hex') };
}

async function fill(workstation: Workstation): Promise<void> {
  let left = documents;
  let batch: DistrictRecord[] = [];
  const flush = async (): Promise<void> => {
    const written = batch;
    batch = [];
    workstation.touch();
    await sessionOf(workstation).replica.transact((transaction) => {
      for (const each of written) {
        if (each.collection === 'patients') transaction.put('patients', each.record);
        else if (each.collection === 'visits') transaction.put('visits', each.record);
      }
    });
  };
  const options = { seed: 7, patients: mostPatients, facilities: 1, years, today: today() };
  for (const each of generateDistrict(options)) {
    if (each.collection !== 'patients' && each.collection !== 'visits') continue;
    batch.push(each);
    left -= 1;
    if (batch.length === documentsPerWrite || left === 0) await flush();
    if (left === 0) return;
  }
  throw new Error(`the district has ${left} documents too few`);
}

const today = (): Day => v.parse(DaySchema, new Date().toISOString().slice(0, 10));

function sessionOf(workstation: Workstation) {
  const session = workstation.session();
  if (session === null) throw new Error('locked');
  return session;
}

/** What a request gave; throws its code. */
export function taken<Value>(result: Result<Value>): Value {
  if (!result.ok) throw new Error(result.error.code);
  return result.value;
}

/** The real store and slots; the center is away. */
function partsIn(folder: string, devices: DeviceShelf): WorkstationParts {
  return {
    folder,
    clock: systemClock,
    timers: systemTimers,
    random: systemRandom,
    log: createLog((line) => console.error(line), systemClock),
    derivePassphraseKey: deriveInThread,
    devices,
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
