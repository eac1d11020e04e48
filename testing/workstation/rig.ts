import { createHash } from 'node:crypto';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import type { DerivePassphraseKey } from '#access/argon2.ts';
import { deriveInThread } from '#access/argon2-thread.ts';
import { type DeviceShelf, emptyShelf } from '#access/ports.ts';
import { createSimulatedCardReader } from '#access/simulated/simulated-card.ts';
import {
  createSimulatedKey,
  type SimulatedKey,
  type SimulatedTouch,
} from '#access/simulated/simulated-key.ts';
import { patientSearchRules } from '#clinic/search/patient-search-rules.ts';
import { type AppError, appError } from '#contracts/errors.ts';
import { DeviceIdSchema, type PersonId, ScopeSchema } from '#contracts/ids.ts';
import { fail, ok, type Result } from '#contracts/result.ts';
import type { Role } from '#contracts/roles.ts';
import { copyWithNewKey } from '#store/copy-with-new-key.ts';
import { openReplica } from '#store/open-replica.ts';
import { createPatientIndex } from '#store/search/patient-index.ts';
import { loadDeviceIdentity } from '#sync/device-identity.ts';
import { connectInMemory } from '#workstation/hosts/memory-host.ts';
import { createLog } from '#workstation/log.ts';
import type { CenterOrders, ExchangeState, WorkstationParts } from '#workstation/parts.ts';
import type { ReferenceData } from '#workstation/reference-data.ts';
import { systemRandom } from '#workstation/system-effects.ts';
import { Workstation } from '#workstation/workstation.ts';
import { createManualTime, type ManualTime } from './manual-time.ts';
import { openTestScreen, type TestScreen } from './test-screen.ts';

export const scope = v.parse(ScopeSchema, 'TST000001');
export const device = v.parse(DeviceIdSchema, '01930000-0000-7000-8000-0000000000d1');
export const passphrase = 'tog olma 7 daryo';
export const administrator = { family: 'Karimova', given: 'Dilnoza' };

/** Cheap stand-in for Argon2id: what it derives from is the same. */
const quickDerive: DerivePassphraseKey = async (bytes, salt) =>
  createHash('sha256').update(bytes).update(salt).digest();

/** A workstation with the real store on a folder of its own, whose center and devices are played. */
export interface Rig extends Pick<ManualTime, 'clock' | 'timers'> {
  workstation: Workstation;
  readonly folder: string;
  readonly log: string[];
  readonly key: SimulatedKey;
  /** What the owner of the simulated key does next. */
  touch: SimulatedTouch;
  /** What the center answers to an enrolment: null is yes. */
  refusal: AppError | null;
  /** Runs when the center has been asked, before it answers. */
  whileEnrolling: () => void;
  readonly exchange: {
    state: ExchangeState;
    tell(): void;
    hurried: number;
    running: number;
    /** What the center may have the newest exchange do. */
    orders: CenterOrders | null;
    /** The next one does not start. */
    isBroken: boolean;
  };
  screen(): TestScreen;
  /** Closes nothing: takes what is on the disk, as after a power cut. */
  restart(): Promise<void>;
  enrol(): Promise<Result<{ readonly person: PersonId }>>;
  /**
   * Adds somebody with these roles, signed in as the administrator. Her second way is the simulated key; where there is none, the
   * paper key that is made before.
   */
  addPerson(roles: readonly Role[], words?: string): Promise<PersonId>;
  unlock(person: PersonId, words?: string): Promise<Result<{ readonly person: PersonId }>>;
  close(): Promise<void>;
}

const noReference: ReferenceData = {
  searchIcd10: () => [],
  icd10ByCodes: () => [],
  searchMahallas: () => [],
  mahallaName: () => null,
};

export interface RigOptions {
  readonly hasSimulatedDevices?: boolean;
  readonly openReplica?: (real: WorkstationParts['openReplica']) => WorkstationParts['openReplica'];
  readonly copyRecords?: (real: WorkstationParts['copyRecords']) => WorkstationParts['copyRecords'];
  readonly reference?: ReferenceData;
  /** Other devices than the simulated ones. */
  readonly devices?: DeviceShelf;
  /**
   * Works on a copy of this folder, which a real workstation wrote: with its identity, and Argon2id. `now`: milliseconds since 1970.
   */
  readonly written?: { readonly folder: string; readonly now: number };
}

/** Opens an unenrolled workstation. */
export async function openRig(options: RigOptions = {}): Promise<Rig> {
  const folder = await mkdtemp(join(tmpdir(), 'workstation-'));
  const time = createManualTime({ isQuick: true });
  const { written } = options;
  if (written !== undefined) {
    await cp(written.folder, folder, { recursive: true });
    time.clock.set(written.now);
  }
  const log: string[] = [];
  const listeners = new Set<() => void>();
  const key = createSimulatedKey({
    seed: systemRandom.bytes(32),
    random: systemRandom,
    waitForTouch: async () => rig.touch,
  });
  const screens: TestScreen[] = [];
  const older: Workstation[] = [];

  const realOpen: WorkstationParts['openReplica'] = (place) =>
    openReplica({
      file: join(place.folder, 'records.sqlite'),
      key: place.dataKey,
      patientIndex: createPatientIndex(patientSearchRules),
      reserveBytes: 64 * 1024,
    });

  const realCopy: WorkstationParts['copyRecords'] = async ({ from, to, ...order }) => {
    await copyWithNewKey({ ...order, from: join(from, 'records.sqlite'), to: join(to, 'records.sqlite') });
    return { isOwnFile: (name) => name.startsWith('records.sqlite') };
  };

  const parts: WorkstationParts = {
    folder,
    clock: time.clock,
    timers: time.timers,
    random: systemRandom,
    log: createLog((line) => log.push(line), time.clock),
    derivePassphraseKey: written === undefined ? quickDerive : deriveInThread,
    devices: options.devices ?? {
      ...emptyShelf,
      credentialDevices: () => [key],
      cardReaders: () => [createSimulatedCardReader()],
    },
    hasSimulatedDevices: options.hasSimulatedDevices ?? true,
    reference: options.reference ?? noReference,
    openReplica: options.openReplica?.(realOpen) ?? realOpen,
    copyRecords: options.copyRecords?.(realCopy) ?? realCopy,
    enrolDevice: async () => {
      rig.whileEnrolling();
      if (rig.refusal !== null) return fail(rig.refusal);
      return ok({ device, scope, keep: ({ settings }) => settings.set('test.enrolled', 'yes') });
    },
    readIdentity: ({ settings }) => {
      if (written !== undefined) return loadDeviceIdentity(settings) ?? null;
      return settings.get('test.enrolled') === 'yes' ? { device, scope } : null;
    },
    startExchange: (_replica, orders) => {
      rig.exchange.orders = orders;
      if (rig.exchange.isBroken) throw new Error('the exchange does not start');
      rig.exchange.running += 1;
      return {
        state: () => rig.exchange.state,
        onChange: (told) => {
          listeners.add(told);
          return () => listeners.delete(told);
        },
        hurry: () => {
          rig.exchange.hurried += 1;
        },
        stop: async () => {
          rig.exchange.running -= 1;
        },
      };
    },
    idleLockMs: 5 * 60_000,
  };

  const rig: Rig = {
    ...time,
    workstation: await Workstation.create(parts),
    folder,
    log,
    key,
    touch: 'right-finger',
    refusal: null,
    whileEnrolling: () => undefined,
    exchange: {
      state: {
        link: 'offline',
        refusal: null,
        lastContactAt: null,
        isFirstCopy: false,
        received: 0,
        clockErrorMs: null,
        isBeyondOfflineLimit: false,
      },
      tell: () => {
        for (const told of listeners) told();
      },
      hurried: 0,
      running: 0,
      orders: null,
      isBroken: false,
    },
    screen: () => {
      const screen = openTestScreen(connectInMemory(rig.workstation, { checksOutput: true }));
      screens.push(screen);
      return screen;
    },
    restart: async () => {
      older.push(rig.workstation);
      rig.workstation = await Workstation.create(parts);
    },
    enrol: () =>
      rig.workstation.enrol({
        center: 'ws://127.0.0.1:9',
        code: 'ABCDE12345',
        label: 'Room 1',
        administrator,
        passphrase,
      }),
    addPerson: async (roles, words = 'yetti qora mushuk') => {
      const screen = rig.screen();
      const isAlone = !(options.hasSimulatedDevices ?? true);
      if (isAlone && rig.workstation.slots()?.paperKeyMadeAt() === null) await makePaperKey(screen);
      const added = await screen.request('staff.enrol', {
        name: { family: 'Azimov', given: 'Jasur' },
        roles: [...roles],
        passphrase: words,
        withSimulatedKey: options.hasSimulatedDevices ?? true,
      });
      screen.close();
      if (!added.ok) throw new Error(added.error.code);
      return added.value.person;
    },
    unlock: (person, words = passphrase) =>
      rig.workstation.unlock({ method: 'passphrase', person, passphrase: words }),
    close: async () => {
      for (const screen of screens) screen.close();
      for (const workstation of [...older, rig.workstation]) await workstation.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return rig;
}

/** Writes the paper key down, as an administrator at this screen does. Gives its groups. */
export async function makePaperKey(screen: TestScreen): Promise<readonly string[]> {
  const made = await screen.request('recovery.make-paper', {});
  if (!made.ok) throw new Error(made.error.code);
  const typed = [2, 7].map((group) => ({ group, text: made.value.groups[group - 1] ?? '' }));
  const kept = await screen.request('recovery.keep-paper', { groups: typed });
  if (!kept.ok) throw new Error(kept.error.code);
  return made.value.groups;
}

/** A rig whose administrator is signed in. */
export async function openEnrolledRig(options: RigOptions = {}): Promise<Rig & { readonly head: PersonId }> {
  const rig = await openRig(options);
  const enrolled = await rig.enrol();
  if (!enrolled.ok) throw new Error(enrolled.error.code);
  return Object.assign(rig, { head: enrolled.value.person });
}

export const diskFull = appError('store.disk-full');
