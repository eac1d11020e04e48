import { afterEach, beforeEach } from 'vitest';
import type { Replica } from '#clinic/ports/replica.ts';
import type { Registration } from '#contracts/bridge/requests.ts';
import type { PersonId, RecordId } from '#contracts/ids.ts';
import { openEnrolledRig, type Rig } from './rig.ts';
import type { TestScreen } from './test-screen.ts';

/** An unlocked workstation with one screen, and a disk that can be made to fail. */
export interface BridgeBench {
  readonly rig: Rig & { readonly head: PersonId };
  readonly screen: TestScreen;
  /** Makes every transaction reject with `error`; null ends it. */
  fail(error: Error | null): void;
  replica(): Replica;
  register(given?: string): Promise<RecordId>;
  startVisit(patientId: RecordId): Promise<RecordId>;
}

export const registration = (given: string): Registration => ({
  name: { family: 'Yoʻldosheva', given },
  sex: 'female',
  birth: { date: '1985-03-12' },
  hasConsent: true,
  allergyStatus: 'not-recorded',
});

/** A fresh bench before every test of the file, closed after it. */
export function benchPerTest(): () => BridgeBench {
  let opened: BridgeBench | undefined;
  const bench = (): BridgeBench => {
    if (opened === undefined) throw new Error('used outside of a test');
    return opened;
  };
  beforeEach(async () => {
    opened = await openBench();
  });
  afterEach(() => bench().rig.close());
  return bench;
}

async function openBench(): Promise<BridgeBench> {
  const disk: { failing: Error | null } = { failing: null };
  const rig = await openEnrolledRig({
    openReplica: (real) => async (place) => {
      const replica = await real(place);
      const inner = replica.transact.bind(replica);
      replica.transact = (write) => (disk.failing ? Promise.reject(disk.failing) : inner(write));
      return replica;
    },
  });
  const screen = rig.screen();
  return {
    rig,
    screen,
    fail: (error) => {
      disk.failing = error;
    },
    replica: () => {
      const session = rig.workstation.session();
      if (session === null) throw new Error('locked');
      return session.replica;
    },
    register: async (given = 'Malika') => {
      const saved = await screen.request('patients.register', registration(given));
      if (!saved.ok) throw new Error(saved.error.code);
      return saved.value.id;
    },
    startVisit: async (patientId) => {
      const started = await screen.request('visits.start', {
        patientId,
        reason: 'bosim',
        urgency: 'routine',
        state: 'arrived',
      });
      if (!started.ok) throw new Error(started.error.code);
      return started.value.id;
    },
  };
}
