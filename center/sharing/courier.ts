import type { Scope } from '#contracts/ids.ts';
import { describeFailure } from '../describe-failure.ts';
import { kindOfFailure } from '../postgres/failures.ts';
import { actOnRequest } from './act-on-request.ts';
import { publishFacility } from './directory.ts';
import { finishErrands } from './finish-errands.ts';
import { follow } from './follow.ts';
import { followPatientAgain } from './patient-errands.ts';
import { endShare } from './shares.ts';
import { NotNow, type SharingContext } from './sharing-context.ts';
import * as sql from './statements.ts';

/** Works off errands. Every process of a center has one; they share the work by claiming it. */
export interface Courier {
  /** There may be something to do now. */
  hurry(): void;
  /** Resolves when nothing is under way and nothing is due. */
  idle(): Promise<void>;
  /** Lets what is under way come to its end. */
  close(): Promise<void>;
}

/** How long a claimed errand is left alone. Longer than any batch takes; a crashed courier's errands wait this long. */
const leaseMs = 60_000;
const errandsAtOnce = 50;
const usualLookMs = 60_000;
/** Most rounds of one run: errands that make errands cannot keep a run going for ever. */
const maxRounds = 1_000;
const shortestPauseMs = 500;
const longestPauseMs = 10 * 60_000;
const defectPauseMs = 60 * 60_000;

/** Starts a courier, which looks at once and every minute (docs/specs/center.md SHA-2). */
export function startCourier(context: SharingContext): Courier {
  const { timers, log } = context.effects;
  let isClosed = false;
  let isAskedAgain = false;
  let running: Promise<void> | undefined;
  let cancelLook: () => void = () => undefined;
  let cancelRetry: () => void = () => undefined;
  const run = async () => {
    do {
      isAskedAgain = false;
      const nextAt = await workOff(context, () => isClosed);
      cancelRetry();
      if (nextAt !== null && !isClosed) cancelRetry = timers.after(nextAt, hurry);
    } while (isAskedAgain && !isClosed);
  };
  const hurry = () => {
    isAskedAgain = true;
    if (isClosed || running !== undefined) return;
    running = run()
      .catch((error: unknown) => log(`The courier was interrupted: ${describeFailure(error)}`))
      .finally(() => {
        running = undefined;
      });
  };
  const look = () => {
    hurry();
    cancelLook = timers.after(context.lookEveryMs ?? usualLookMs, look);
  };
  look();
  return {
    hurry,
    idle: async () => {
      while (running !== undefined) await running;
    },
    close: async () => {
      isClosed = true;
      cancelLook();
      cancelRetry();
      await running;
    },
  };
}

/** Ends what is over and does what is due. Returns after how long something comes again, null if nothing does. */
async function workOff(context: SharingContext, mayStop: () => boolean): Promise<number | null> {
  await endShares(context);
  let pauseMs: number | null = null;
  for (let round = 0; round < maxRounds && !mayStop(); round += 1) {
    const now = context.effects.clock.now();
    const scopes = await context.database.rows(sql.findDueScopes, sql.ScopeRowSchema, [now, leaseMs]);
    if (scopes.length === 0) return pauseMs;
    for (const { scope } of scopes) {
      if (mayStop()) return null;
      const waitMs = await workOffScope(context, scope);
      if (waitMs !== null) pauseMs = Math.min(waitMs, pauseMs ?? waitMs);
    }
  }
  return pauseMs ?? shortestPauseMs;
}

async function endShares(context: SharingContext): Promise<void> {
  const ended = await context.database.rows(sql.findEndedShares, sql.ShareSchema, [
    context.effects.clock.now(),
  ]);
  for (const share of ended) {
    try {
      await endShare(context, share);
    } catch (error) {
      context.effects.log(`The end of a share was put off: ${describeFailure(error)}`);
    }
  }
}

/** Claims some errands of one scope and does them. Returns the pause after which a failed one comes again. */
async function workOffScope(context: SharingContext, scope: Scope): Promise<number | null> {
  const now = context.effects.clock.now();
  const errands = await context.database.rows(sql.claimErrands, sql.ErrandSchema, [
    scope,
    now,
    leaseMs,
    errandsAtOnce,
  ]);
  const toFollow = errands.filter(({ kind }) => kind === 'follow');
  const others = errands.filter(({ kind }) => kind !== 'follow');
  const pauses = await followAll(context, scope, toFollow);
  for (const errand of others) {
    pauses.push(await attempt(context, scope, errand, () => doErrand(context, scope, errand)));
  }
  const failed = pauses.filter((pause) => pause !== null);
  return failed.length === 0 ? null : Math.min(...failed);
}

/** Together, which is quick; if that fails each by itself, so that one bad record does not hold up the others. */
async function followAll(
  context: SharingContext,
  scope: Scope,
  errands: readonly sql.Errand[],
): Promise<(number | null)[]> {
  if (errands.length > 1) {
    try {
      await follow(context, scope, errands);
      await finishErrands(context.database, scope, errands);
      return [];
    } catch (error) {
      context.effects.log(`Records of ${scope} go one by one: ${describeFailure(error)}`);
    }
  }
  const pauses: (number | null)[] = [];
  for (const errand of errands) {
    pauses.push(await attempt(context, scope, errand, () => follow(context, scope, [errand])));
  }
  return pauses;
}

function doErrand(context: SharingContext, scope: Scope, errand: sql.Errand): Promise<void> {
  if (errand.kind === 'act') return actOnRequest(context, scope, errand.id);
  if (errand.kind === 'patient') return lookAgain(context, scope, errand);
  return publishFacility(context, scope, errand.id);
}

const lookAgain = (context: SharingContext, scope: Scope, { collection, id }: sql.Errand): Promise<void> =>
  collection === 'requests'
    ? actOnRequest(context, scope, id, false)
    : followPatientAgain(context, scope, id);

async function attempt(
  context: SharingContext,
  scope: Scope,
  errand: sql.Errand,
  work: () => Promise<void>,
): Promise<number | null> {
  const { database, effects } = context;
  try {
    await work();
    await finishErrands(database, scope, [errand]);
    return null;
  } catch (error) {
    const pauseMs = pauseAfter(error, errand.tries);
    if (!(error instanceof NotNow)) {
      effects.log(`An errand of ${scope} was put off for ${pauseMs} ms: ${describeFailure(error)}`);
    }
    await database.run(sql.putOffErrand, [
      scope,
      errand.kind,
      errand.collection,
      errand.id,
      effects.clock.now() + pauseMs,
    ]);
    return pauseMs;
  }
}

/** A defect does not go away by hurrying; everything else soon, then later each time. */
function pauseAfter(error: unknown, tries: number): number {
  const isPassing = error instanceof NotNow || kindOfFailure(error) !== 'defect';
  return isPassing ? Math.min(shortestPauseMs * 2 ** Math.min(tries - 1, 20), longestPauseMs) : defectPauseMs;
}
