import type { Scope } from '#contracts/ids.ts';
import type { Decision } from './decide.ts';
import type { PreparedRow } from './offered-rows.ts';
import type { SoundRow } from './row-check.ts';

/** What became of one row of a batch. */
export type RowOutcome =
  /** Durable at feed position `seq` of `scope`, since `at`. */
  | { readonly kind: 'ok'; readonly scope: Scope; readonly seq: number; readonly at: number }
  /** `body` is the JSON of the center's version. */
  | { readonly kind: 'conflict'; readonly body: string }
  | { readonly kind: 'missing-base' }
  | { readonly kind: 'quarantined'; readonly paths: readonly string[] }
  | { readonly kind: 'retry'; readonly waitMs: number }
  /** Not looked at: the record is at home at `home`. */
  | { readonly kind: 'elsewhere'; readonly home: Scope };

/** One row of a batch and what became of it, in the order of the batch. */
export interface AnsweredRow {
  readonly row: PreparedRow;
  readonly outcome: RowOutcome;
}

/** Most UTF-16 units of records sent back as conflicts in one answer; further conflicts are put off to the next push. */
const maxConflictLength = 1_000_000;
const putOffMs = 100;

/** How long a row waits whose record is just being moved to another facility. */
export const movingWaitMs = 1_000;

/** What outcomes are made from. */
export interface BatchResult {
  readonly scope: Scope;
  /** The rows were led here from the device's own facility, which has the records: they are there or on their way. */
  readonly isVisiting: boolean;
  readonly at: number;
  readonly knownBases: ReadonlySet<string>;
  /** Positions of rows that were applied or kept aside, by operation. */
  readonly positions: ReadonlyMap<string, number>;
  /** The center's versions of records in conflict, as JSON text by key. */
  readonly conflicts: ReadonlyMap<string, string>;
}

/** Which of the outdated rows rest on a version the center has. */
export const isConflict = (decision: Decision, knownBases: ReadonlySet<string>) =>
  decision.kind === 'outdated' &&
  (decision.isBaseKnown === true || knownBases.has(`${decision.row.key}/${decision.row.baseRev}`));

/** Outcomes of decided rows by their index. */
export function outcomesOf(
  decisions: readonly Decision[],
  result: BatchResult,
): ReadonlyMap<number, RowOutcome> {
  let conflictLength = 0;
  const outcomes = new Map<number, RowOutcome>();
  for (const decision of decisions) {
    const outcome = outcomeOf(decision, result);
    const length = outcome.kind === 'conflict' ? outcome.body.length : 0;
    const isTooMuch = length > 0 && conflictLength > 0 && conflictLength + length > maxConflictLength;
    if (!isTooMuch) conflictLength += length;
    outcomes.set(decision.row.index, isTooMuch ? { kind: 'retry', waitMs: putOffMs } : outcome);
  }
  return outcomes;
}

function outcomeOf(decision: Decision, result: BatchResult): RowOutcome {
  const { scope } = result;
  switch (decision.kind) {
    case 'apply':
    case 'keep-aside':
    case 'repeated':
      return { kind: 'ok', scope, seq: positionOf(decision.row, result), at: result.at };
    case 'applied-earlier':
      return { kind: 'ok', scope, seq: decision.logged.seq, at: decision.logged.at };
    case 'misused-operation':
      return { kind: 'quarantined', paths: ['op'] };
    case 'misplaced':
      return { kind: 'quarantined', paths: ['record.scope'] };
    case 'outdated': {
      if (result.isVisiting && !decision.isHere) return { kind: 'retry', waitMs: movingWaitMs };
      const body = isConflict(decision, result.knownBases)
        ? result.conflicts.get(decision.row.key)
        : undefined;
      return body === undefined ? { kind: 'missing-base' } : { kind: 'conflict', body };
    }
  }
}

function positionOf({ op }: SoundRow, { positions }: BatchResult): number {
  const seq = positions.get(op);
  if (seq === undefined) throw new Error('An applied row has no position.');
  return seq;
}
