/** Milliseconds since some moment. */
export type Stopwatch = () => number;

/** For what waits for the disk. */
export const wallClock: Stopwatch = () => performance.now();

/**
 * For reads, which wait for nothing: what this process used of the processors, garbage collection included. On a machine with
 * other work a clock on the wall mostly tells when the others ran.
 */
export const processorTime: Stopwatch = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
};

/** Milliseconds that `work` takes by `clock`. */
export function timed(work: () => void, clock: Stopwatch = wallClock): number {
  const begun = clock();
  work();
  return clock() - begun;
}

/** Milliseconds that `work` takes by `clock`, waits included. */
export async function timedAsync(
  work: () => Promise<unknown>,
  clock: Stopwatch = wallClock,
): Promise<number> {
  const begun = clock();
  await work();
  return clock() - begun;
}

/** The value below which `part` of the values lie, NaN of none. */
export function percentile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}
