import type { OutboxRow } from '#clinic/ports/replica.ts';
import type { Instant } from '#contracts/ids.ts';
import type { Outcome, Verdict } from '#contracts/wire/center-messages.ts';
import type { RowToOffer } from './offer-row.ts';
import { misunderstood } from './session-end.ts';

/** What the center answered to one offer. */
export interface JudgedRows {
  readonly rows: readonly OutboxRow[];
  /** One for each of `rows`. */
  readonly verdicts: readonly Verdict[];
  /** Differences whose base the center lacks: offered whole next time, which is no verdict about them yet (PUSH-14). */
  readonly wholeNext: readonly OutboxRow[];
}

/** The outcomes of an offer as verdicts about its rows. Throws a `SessionEnd` if there is not one for each. */
export function judge(offered: readonly RowToOffer[], outcomes: readonly Outcome[], at: Instant): JudgedRows {
  if (outcomes.length !== offered.length) throw misunderstood('outcomes: one for each row');
  const rows: OutboxRow[] = [];
  const verdicts: Verdict[] = [];
  const wholeNext: OutboxRow[] = [];
  for (const [index, { row, isDelta }] of offered.entries()) {
    const outcome = outcomes[index];
    if (outcome === undefined) throw misunderstood('outcomes: one for each row');
    if (isDelta && typeof outcome === 'object' && outcome.verdict === 'missing-base') {
      wholeNext.push(row);
      continue;
    }
    rows.push(row);
    verdicts.push(verdictOf(row, outcome, at, rows.length - 1));
  }
  return { rows, verdicts, wholeNext };
}

function verdictOf({ op, rev }: OutboxRow, outcome: Outcome, at: Instant, index: number): Verdict {
  if (typeof outcome === 'number') return { verdict: 'ok', op, rev, seq: outcome, at };
  switch (outcome.verdict) {
    case 'conflict':
      return { verdict: 'conflict', op, record: outcome.record };
    case 'missing-base':
      return { verdict: 'missing-base', op };
    case 'quarantined':
      return { ...outcome, op, index };
    case 'retry':
      return { ...outcome, op };
  }
}
