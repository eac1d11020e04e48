import type { Random, Timers } from '#clinic/ports/clock.ts';

/** What the client of a key needs from outside. */
export interface CtapEnvironment {
  /** Tells keys apart while they are plugged in: {@link CredentialDevice.id}. */
  readonly id: string;
  readonly random: Random;
  readonly timers: Timers;
}
