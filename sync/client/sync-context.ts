import type { Clock, Random, Timers } from '#clinic/ports/clock.ts';
import type { Replica, ReplicaReader } from '#clinic/ports/replica.ts';
import type { DeviceIdentity } from '../device-identity.ts';
import type { SyncLimits } from './limits.ts';

/** What every part of the client works with; everything with an effect comes from outside. */
export interface SyncContext {
  readonly replica: Replica;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly identity: DeviceIdentity;
  /** Name and version of the program, for the center's page. */
  readonly program: string;
  readonly limits: SyncLimits;
  /** How many questions wait for a person here; what an open one is, the medicine says. */
  readonly countOpenReviews: (reader: ReplicaReader) => number;
  /** Destroys what opens the records, then the records. Resolves when nothing can open them any more. */
  readonly onWipe: () => Promise<void>;
}
