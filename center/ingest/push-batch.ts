import type { ErrorCode } from '#contracts/errors.ts';
import type { DeviceId, Scope } from '#contracts/ids.ts';
import type { Outcome, Verdict } from '#contracts/wire/center-messages.ts';
import type { RecordSpans } from '#sync/merge/record-spans.ts';
import { type Effects, wait } from '../ports.ts';
import type { Database } from '../postgres/database.ts';
import { outcomesOfOffer, verdictsOf } from './answers.ts';
import { type Applied, type BatchOutcome, type Device, runBatch } from './batch.ts';
import { type BroughtBack, type IngestHooks, noHooks } from './hooks.ts';
import {
  type CheckedOffer,
  checkOffered,
  type PreparedRow,
  type RowsAsSent,
  resolveOffered,
} from './offered-rows.ts';
import { checkRow, type SoundRow, unsound } from './row-check.ts';
import type { AnsweredRow } from './row-outcome.ts';

/** Ends the connection; rows that were applied are answered when they come again. */
export interface Refusal {
  readonly kind: 'refused';
  readonly code: ErrorCode;
  readonly retry: boolean;
  /** What was written before, where the batch is about records of several facilities: everybody has to be told. */
  readonly applied?: readonly Applied[];
}

/** What a version 1 push came to. `applied`: what was written, by scope. */
export type PushOutcome =
  | { readonly kind: 'answered'; readonly verdicts: readonly Verdict[]; readonly applied: readonly Applied[] }
  | Refusal;

/** What an offer came to. */
export type OfferOutcome =
  | {
      readonly kind: 'answered';
      readonly at: number;
      readonly outcomes: Outcome[];
      readonly applied: readonly Applied[];
      /** Those of `applied` that hold nothing but the device's own versions. */
      readonly own: readonly Applied[];
    }
  | Refusal;

/** Takes batches of rows from devices (docs/specs/center.md, ING). */
export interface Ingest {
  /** Applies the rows of a version 1 push; resolves after COMMIT, one verdict per row in their order. */
  push(device: DeviceId, scope: Scope, rows: readonly unknown[]): Promise<PushOutcome>;
  /** Checks and applies offered rows; resolves after COMMIT, one outcome per row in their order. */
  offer(device: DeviceId, scope: Scope, rows: readonly unknown[]): Promise<OfferOutcome>;
  /**
   * The first half of `offer`: what is possible without the database, in slices between which other work goes on. Undefined if
   * the message cannot be used. `spans`: where the rows' records are that were not parsed yet.
   */
  check(rows: readonly unknown[], spans?: RecordSpans): Promise<CheckedOffer | undefined>;
  /**
   * The second half. `asked` is called if the rows are new records, when everything was asked of the database: the device's next
   * offer, which holds other records (docs/specs/sync.md PUSH-15), may be applied beside this one from then on (ING-13).
   */
  applyOffer(device: DeviceId, scope: Scope, offer: CheckedOffer, asked?: () => void): Promise<OfferOutcome>;
}

/** Ingest on `database`. */
export function createIngest(database: Database, effects: Effects, hooks: IngestHooks = noHooks): Ingest {
  const apply = (
    device: Device,
    rows: readonly PreparedRow[],
    asSent: RowsAsSent,
    asked: () => void = () => undefined,
  ) => applyByScope({ database, effects, hooks, asked }, device, rows, asSent);
  const check = (raws: readonly unknown[], spans?: RecordSpans) =>
    checkOffered({ raws, spans }, effects.clock.now(), () => wait(effects.timers, 0)).catch(
      undefinedIfNoJson,
    );
  const applyOffer: Ingest['applyOffer'] = async (device, scope, offer, asked) => {
    const rows = await resolveOffered(database, scope, offer).catch(undefinedIfTooDeep);
    if (rows === undefined) return unusable;
    const outcome = await apply({ device, scope }, rows, offer.asSent, asked);
    if (outcome.kind === 'refused') return outcome;
    const { applied, own } = outcome;
    const at = effects.clock.now();
    return { kind: 'answered', at, outcomes: outcomesOfOffer(outcome.answered), applied, own };
  };
  return {
    push: async (device, scope, raws) => {
      const now = effects.clock.now();
      const rows = writable(() => raws.map((raw, index) => checkRow(raw, index, now)));
      if (rows === undefined) return unusable;
      const outcome = await apply({ device, scope }, rows, (index) => raws[index]);
      if (outcome.kind === 'refused') return outcome;
      const verdicts = verdictsOf(outcome.answered);
      return verdicts === undefined ? overloaded : { kind: 'answered', verdicts, applied: outcome.applied };
    },
    check,
    applyOffer,
    offer: async (device, scope, raws) => {
      const offer = await check(raws);
      return offer === undefined ? unusable : await applyOffer(device, scope, offer);
    },
  };
}

const overloaded: Refusal = { kind: 'refused', code: 'sync.overloaded', retry: true };
const unusable: Refusal = { kind: 'refused', code: 'sync.unknown-message', retry: false };

/** JSON nested too deeply can be read, but not written again, not even into the quarantine. */
function undefinedIfTooDeep(error: unknown): undefined {
  if (error instanceof RangeError) return undefined;
  throw error;
}

/** A message whose parts are parsed one by one is one of the protocol only if all of them are JSON. */
function undefinedIfNoJson(error: unknown): undefined {
  if (!(error instanceof SyntaxError)) return undefinedIfTooDeep(error);
}

function writable<Value>(work: () => Value): Value | undefined {
  try {
    return work();
  } catch (error) {
    return undefinedIfTooDeep(error);
  }
}

interface Parts {
  readonly database: Database;
  readonly effects: Effects;
  readonly hooks: IngestHooks;
  readonly asked: () => void;
}

/**
 * Own records in one transaction; then, for each facility whose records the device holds copies of, those in a transaction
 * there (docs/specs/sync.md SHR-5). What was taken there gets positions in the device's own feed.
 */
async function applyByScope(
  parts: Parts,
  device: Device,
  rows: readonly PreparedRow[],
  asSent: RowsAsSent,
): Promise<BatchOutcome> {
  const { own, rowsByHome } = await sortByHome(parts, device, rows, asSent);
  const outcome = await runBatch(parts, { ...device, home: device.scope }, own, asSent);
  if (outcome.kind === 'refused') return outcome;
  const answered: AnsweredRow[] = [];
  for (const each of outcome.answered) {
    if (each.outcome.kind !== 'elsewhere' || each.row.kind !== 'sound') answered.push(each);
    else addTo(rowsByHome, each.outcome.home, each.row);
  }
  const applied = [...outcome.applied];
  let { hasErrands } = outcome;
  const visited = new Set([device.scope]);
  for (const [home, visiting] of rowsByHome) {
    visited.add(home);
    const taken = await applyElsewhere(parts, device, home, visiting, asSent);
    if (taken.kind === 'refused') {
      if (hasErrands) parts.hooks.committed();
      return { ...taken, applied };
    }
    for (const each of taken.answered) {
      const { row, outcome: told } = each;
      // The record moved on after this facility last heard of it; one that is just moving leads back.
      if (told.kind === 'elsewhere' && row.kind === 'sound' && !visited.has(told.home)) {
        addTo(rowsByHome, told.home, row);
      } else answered.push(each);
    }
    applied.push(...taken.applied);
    hasErrands ||= taken.hasErrands;
  }
  if (hasErrands) parts.hooks.committed();
  return {
    kind: 'answered',
    hasErrands,
    answered: answered.sort((one, other) => one.row.index - other.row.index),
    applied,
    own: outcome.own,
  };
}

function addTo(rowsByHome: Map<Scope, SoundRow[]>, home: Scope, row: SoundRow): void {
  const rows = rowsByHome.get(home);
  if (rows === undefined) rowsByHome.set(home, [row]);
  else rows.push(row);
}

/** Rows that say themselves that they belong elsewhere; the others turn out when their records are locked. */
async function sortByHome(
  { hooks }: Parts,
  device: Device,
  rows: readonly PreparedRow[],
  asSent: RowsAsSent,
) {
  const rowsByHome = new Map<Scope, SoundRow[]>();
  const foreign = rows.filter((row) => row.kind === 'sound').filter((row) => row.scope !== device.scope);
  if (foreign.length === 0) return { own: rows, rowsByHome };
  const homes = await hooks.homesOf(device, foreign);
  const own = rows.flatMap((row): readonly PreparedRow[] => {
    if (row.kind !== 'sound' || row.scope === device.scope) return [row];
    const home = homes.get(row.index);
    if (home === undefined) return [unsound(asSent(row.index), row.index, ['record.scope'])];
    if (home === device.scope) return [row];
    addTo(rowsByHome, home, row);
    return [];
  });
  return { own, rowsByHome };
}

/** How long a row waits whose way back failed. */
const wayBackMs = 1_000;

async function applyElsewhere(
  parts: Parts,
  device: Device,
  home: Scope,
  rows: readonly SoundRow[],
  asSent: RowsAsSent,
): Promise<BatchOutcome> {
  const outcome = await runBatch(parts, { ...device, home }, rows, asSent);
  if (outcome.kind === 'refused') return outcome;
  const taken = outcome.answered.flatMap(({ row, outcome: { kind } }) =>
    kind === 'ok' && row.kind === 'sound' ? [row] : [],
  );
  const back: BroughtBack =
    taken.length === 0
      ? { positions: new Map(), applied: [] }
      : await parts.hooks.bringBack(device, home, taken);
  return {
    kind: 'answered',
    answered: outcome.answered.map((each) => inOwnNumbers(each, device.scope, back.positions)),
    applied: [...outcome.applied, ...back.applied],
    own: [],
    hasErrands: outcome.hasErrands,
  };
}

function inOwnNumbers(
  { row, outcome }: AnsweredRow,
  scope: Scope,
  positions: BroughtBack['positions'],
): AnsweredRow {
  if (outcome.kind !== 'ok') return { row, outcome };
  const position = positions.get(row.index);
  if (position === undefined) return { row, outcome: { kind: 'retry', waitMs: wayBackMs } };
  return { row, outcome: { kind: 'ok', scope, ...position } };
}
