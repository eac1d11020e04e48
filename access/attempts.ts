import * as v from 'valibot';
import type { Clock } from '#clinic/ports/clock.ts';
import { appError } from '#contracts/errors.ts';
import { InstantSchema, PersonIdSchema } from '#contracts/ids.ts';
import { fail, ok, type Result } from '#contracts/result.ts';
import { readIfThere, replaceDurably } from './durable-file.ts';

/** The first mistakes cost nothing: fingers slip. */
const freeFailures = 2;
const firstWaitMs = 2_000;
/** A cap, so that no number of failures can brick a workstation (ACC-6). */
export const longestWaitMs = 5 * 60_000;
const mostPeople = 200;

/** Whose guesses are counted: a person's, or those at the paper key. */
const AttemptSubjectSchema = v.union([PersonIdSchema, v.literal('paper-key')]);
type AttemptSubject = v.InferOutput<typeof AttemptSubjectSchema>;

const AttemptFileSchema = v.object({
  failures: v.pipe(
    v.array(
      v.object({
        person: AttemptSubjectSchema,
        count: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1_000_000)),
        lastAt: InstantSchema,
      }),
    ),
    v.maxLength(mostPeople),
  ),
});

/** Counts wrong passphrases per person, and wrong paper keys, over restarts. */
export interface AttemptLog {
  /**
   * Counts an attempt as failed before it is made, so that cutting the power does not make guessing free. Fails with
   * `access.too-many-attempts` (`detail.seconds`: how long to wait) without counting.
   */
  begin(person: AttemptSubject): Promise<Result<true>>;
  /** The attempt was right: the count starts anew. */
  succeed(person: AttemptSubject): Promise<void>;
}

interface Failures {
  readonly count: number;
  readonly lastAt: number;
}

/** How long to wait after `count` failures in a row. */
export function waitAfter(count: number): number {
  if (count <= freeFailures) return 0;
  return Math.min(longestWaitMs, firstWaitMs * 2 ** Math.min(count - freeFailures - 1, 30));
}

/**
 * Opens the log kept at `path`. A missing or damaged file counts as empty, and a disk that takes no write does not keep
 * anybody out: the log slows guessing at the keyboard; what protects a stolen disk is Argon2id.
 */
export async function openAttemptLog(path: string, clock: Clock): Promise<AttemptLog> {
  const failuresByPerson = await readFailures(path);

  const save = async (): Promise<void> => {
    const failures = [...failuresByPerson].map(([person, { count, lastAt }]) => ({ person, count, lastAt }));
    await replaceDurably(path, JSON.stringify({ failures })).catch(() => undefined);
  };

  return {
    async begin(person) {
      const before = failuresByPerson.get(person);
      const waitMs = remainingWait(before, clock.now());
      if (before !== undefined && before.lastAt > clock.now()) {
        // The clock went back: count the wait from now on, or it would last until the clock has caught up.
        failuresByPerson.set(person, { ...before, lastAt: clock.now() });
        await save();
      }
      if (waitMs > 0)
        return fail(appError('access.too-many-attempts', { seconds: Math.ceil(waitMs / 1000) }));
      failuresByPerson.set(person, { count: (before?.count ?? 0) + 1, lastAt: clock.now() });
      await save();
      return ok(true);
    },
    async succeed(person) {
      if (failuresByPerson.delete(person)) await save();
    },
  };
}

function remainingWait(before: Failures | undefined, now: number): number {
  if (before === undefined) return 0;
  const wait = waitAfter(before.count);
  const passed = now - before.lastAt;
  return passed < 0 ? wait : Math.max(0, wait - passed);
}

async function readFailures(path: string): Promise<Map<AttemptSubject, Failures>> {
  try {
    const text = await readIfThere(path);
    const parsed = v.safeParse(AttemptFileSchema, text === undefined ? undefined : JSON.parse(text));
    return new Map(parsed.success ? parsed.output.failures.map(({ person, ...rest }) => [person, rest]) : []);
  } catch {
    return new Map();
  }
}
