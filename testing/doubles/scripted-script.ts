import * as v from 'valibot';
import { createIdSource } from '#clinic/ids.ts';
import type { Clock } from '#clinic/ports/clock.ts';
import { countWaitingRequests } from '#clinic/requests/waiting-requests.ts';
import { isOpenReview } from '#clinic/reviews/review-decisions.ts';
import type { LiveViewOutput } from '#contracts/bridge/live-views.ts';
import type { RequestName } from '#contracts/bridge/requests.ts';
import type { Scan } from '#contracts/bridge/scans.ts';
import type { SyncState, WorkstationState } from '#contracts/bridge/views.ts';
import type { AppError } from '#contracts/errors.ts';
import { DeviceIdSchema, type PersonId } from '#contracts/ids.ts';
import type { ScriptedAccess } from './scripted-access.ts';
import type { ScriptedClinic } from './scripted-clinic.ts';
import { SeededRandom } from './seeded-random.ts';

/** What the scripted workstation is told to be. */
export interface Script {
  readonly failures: Map<RequestName, AppError>;
  state(): WorkstationState;
  sync(): SyncState;
  setState(change: Partial<WorkstationState>): void;
  setSync(change: Partial<SyncState>): void;
  signIn(person: PersonId, breakGlass?: 'paper' | 'two'): void;
  scan(scan: Scan): void;
  lastScan(): LiveViewOutput<'scans.latest'>;
  signOut(): void;
  refuseOldest(): void;
  isOldestRefused(): boolean;
  /** Visits hold as many signatures as they can. */
  fillSignatures(areFull: boolean): void;
  areSignaturesFull(): boolean;
}

export function openScript(clinic: ScriptedClinic, access: ScriptedAccess, clock: Clock): Script {
  const newId = createIdSource(clock, new SeededRandom(3));
  const device = v.parse(DeviceIdSchema, newId());
  const startedAt = clock.now();
  let state: WorkstationState = {
    phase: 'locked',
    failure: null,
    session: null,
    people: [],
    facility: {
      code: clinic.scope,
      name: {
        'uz-Latn': 'Navoiy 4-son oilaviy poliklinikasi',
        'uz-Cyrl': 'Навоий 4-сон оилавий поликлиникаси',
        ru: 'Семейная поликлиника № 4, Навои',
        en: 'Navoi Family Polyclinic No. 4',
      },
      isTraining: true,
    },
    hasSimulatedDevices: true,
    clockErrorMs: null,
    mustConnect: false,
  };
  let isOldestRefused = false;
  let areSignaturesFull = false;
  let lastScan: LiveViewOutput<'scans.latest'> = null;
  let sync: SyncState = {
    link: 'online',
    refusal: null,
    unsent: 0,
    oldestUnsentAt: null,
    quarantined: 0,
    openReviews: 0,
    waitingRequests: 0,
    lastContactAt: startedAt - 120_000,
    isFirstCopy: false,
    received: 18,
  };
  return {
    failures: new Map(),
    state: () => ({
      ...state,
      session: state.session && {
        ...state.session,
        needsSecond: state.session.breakGlass === null && access.needsSecond(state.session.person.id),
      },
      people: state.people.length > 0 ? state.people : access.somebodies(),
    }),
    scan: (scan) => {
      lastScan = { reading: (lastScan?.reading ?? 0) + 1, scan };
    },
    lastScan: () => lastScan,
    sync: () => ({
      ...sync,
      unsent: clinic.unsent().length,
      oldestUnsentAt: clinic.unsent()[0]?.savedAt ?? null,
      waitingRequests: countWaitingRequests(clinic.reader, clinic.scope),
      openReviews: clinic.reader.find('reviews', {}).filter((review) => isOpenReview(review.body)).length,
    }),
    setState: (change) => {
      state = { ...state, ...change };
    },
    setSync: (change) => {
      sync = { ...sync, ...change };
    },
    signIn: (id, breakGlass) => {
      const person = clinic.people.find((each) => each.id === id);
      if (person === undefined) return;
      const session = {
        person: { id, name: person.name, roles: [...person.roles] },
        device,
        unlockedAt: clock.now(),
        idleLockMs: 300_000,
        breakGlass: breakGlass ?? null,
        needsSecond: false,
      };
      state = { ...state, phase: 'unlocked', failure: null, session };
    },
    signOut: () => {
      state = { ...state, phase: 'locked', session: null };
    },
    refuseOldest: () => {
      isOldestRefused = true;
    },
    isOldestRefused: () => isOldestRefused,
    fillSignatures: (areFull) => {
      areSignaturesFull = areFull;
    },
    areSignaturesFull: () => areSignaturesFull,
  };
}
