import { checkReturned, type Forgotten } from './check-returned.ts';
import { checkWorld } from './checks.ts';
import { ClinicStory, workingDaysPerYear } from './clinic-story.ts';
import { ClinicWorld } from './clinic-world.ts';
import { type FaultName, type FaultRates, usualRates } from './faults.ts';
import { heal } from './healing.ts';
import type { PostgresInProcess } from './postgres-in-process.ts';
import { newestKept } from './trace.ts';

export interface RunOptions {
  readonly seed: number;
  readonly root: string;
  /** Working days; a clinic-year has 250. */
  readonly days?: number;
  readonly rates?: FaultRates;
  /** One unless told otherwise. */
  readonly facilities?: 1 | 2;
  /** Whether people link two records of one citizen; not unless told so. */
  readonly hasLinks?: boolean;
}

/** What a run came to; it throws if anything was wrong. */
export interface RunOutcome {
  readonly seed: number;
  readonly days: number;
  readonly actions: number;
  readonly refusedActions: number;
  readonly writes: number;
  readonly events: number;
  readonly reEnrolments: number;
  readonly forgotten: Forgotten;
  readonly counts: Readonly<Record<FaultName, number>>;
  readonly troubles: ReadonlyMap<string, number>;
  /** Of everything that happened; equal for equal seeds. */
  readonly digest: string;
}

/** A failed run, with what happened last. */
export class RunFailure extends Error {
  readonly newest: readonly string[];

  constructor(seed: number, day: number, newest: readonly string[], cause: unknown) {
    super(`seed ${seed}, day ${day}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.newest = newest;
  }
}

/** Plays one clinic for so many days, heals it, and checks everything. Throws a {@link RunFailure}. */
export async function runWorld(postgres: PostgresInProcess, options: RunOptions): Promise<RunOutcome> {
  const {
    seed,
    root,
    days = workingDaysPerYear,
    rates = usualRates,
    facilities = 1,
    hasLinks = false,
  } = options;
  const world = await ClinicWorld.create(postgres, {
    ...{ seed, root, rates, facilities, hasLinks },
    workstations: 2 + (seed % 2),
  });
  const story = new ClinicStory(world);
  let number = 0;
  try {
    for (; number < days; number += 1) await story.day(number);
    await heal(world);
    await checkWorld(world);
    const forgotten = await checkReturned(world);
    return {
      seed,
      days,
      actions: story.actions.done,
      refusedActions: story.actions.refused,
      writes: world.writes.size,
      events: world.trace.events,
      reEnrolments: world.reEnrolments,
      forgotten,
      counts: world.faults.counts,
      troubles: world.troubles,
      digest: world.trace.digest(),
    };
  } catch (error) {
    throw new RunFailure(seed, number, world.trace.newest(newestKept), error);
  } finally {
    await world.close();
  }
}
