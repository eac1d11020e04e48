import type { Outcome, Verdict } from '#contracts/wire/center-messages.ts';
import { type AnsweredRow, movingWaitMs } from './row-outcome.ts';

/** Verdicts of a version 1 push; undefined if a row cannot be answered because its operation id cannot be read. */
export function verdictsOf(answered: readonly AnsweredRow[]): readonly Verdict[] | undefined {
  const verdicts = answered.map(verdictOf);
  return verdicts.every((verdict) => verdict !== undefined) ? verdicts : undefined;
}

function verdictOf({ row, outcome }: AnsweredRow): Verdict | undefined {
  if (outcome.kind === 'quarantined') {
    const { op, index } = row;
    return { verdict: 'quarantined', op, index, code: 'sync.record-refused', paths: [...outcome.paths] };
  }
  if (row.op === null) return undefined;
  const { op } = row;
  switch (outcome.kind) {
    case 'ok':
      if (row.kind !== 'sound') return undefined;
      return { verdict: 'ok', op, rev: row.rev, seq: outcome.seq, at: outcome.at };
    case 'conflict':
      return { verdict: 'conflict', op, record: JSON.parse(outcome.body) };
    case 'missing-base':
      return { verdict: 'missing-base', op };
    case 'retry':
      return { verdict: 'retry', op, waitMs: outcome.waitMs };
    case 'elsewhere':
      return { verdict: 'retry', op, waitMs: movingWaitMs };
  }
}

/** Outcomes of an offer. */
export const outcomesOfOffer = (answered: readonly AnsweredRow[]): Outcome[] => answered.map(outcomeOf);

function outcomeOf({ outcome }: AnsweredRow): Outcome {
  switch (outcome.kind) {
    case 'ok':
      return outcome.seq;
    case 'conflict':
      return { verdict: 'conflict', record: JSON.parse(outcome.body) };
    case 'missing-base':
      return { verdict: 'missing-base' };
    case 'quarantined':
      return { verdict: 'quarantined', code: 'sync.record-refused', paths: [...outcome.paths] };
    case 'retry':
      return { verdict: 'retry', waitMs: outcome.waitMs };
    case 'elsewhere':
      return { verdict: 'retry', waitMs: movingWaitMs };
  }
}
