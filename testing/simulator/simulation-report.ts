import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
/** The year a process is to play next, as its parent tells it. */
export const HandedOutSchema = v.object({ seed: count });
export type HandedOut = v.InferOutput<typeof HandedOutSchema>;

/** What one simulated year came to, as a process tells it its parent. */
export const ReportSchema = v.object({
  seed: count,
  seconds: v.number(),
  /** Of the whole process, what the engine and the collector use beside it too. */
  processorSeconds: v.number(),
  writes: count,
  events: count,
  reEnrolments: count,
  /** Writes that only replicas still held after too old a backup, and how many of them are at the center again. */
  forgotten: v.object({ writes: count, returned: count }),
  counts: v.record(v.string(), count),
  digest: v.string(),
  /** Null if everything held. */
  failure: v.nullable(v.string()),
  /** What happened last before a failure. */
  newest: v.array(v.string()),
});
export type Report = v.InferOutput<typeof ReportSchema>;

/** A folder in memory where there is one: fsync on it costs nothing. */
export function makeSimulationFolder(): string {
  const place = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
  return mkdtempSync(join(place, 'hamshira-simulation-'));
}
