import type { Acceptance } from '#clinic/ports/replica.ts';
import type { Instant } from '#contracts/ids.ts';

/** Rows written one after the other that the center took one after the other, at the same time. */
export interface AcceptanceRun {
  readonly firstSeq: number;
  lastSeq: number;
  /** What the feed position of each is ahead of its number here. */
  readonly ahead: number;
  readonly at: Instant;
}

/** The acceptances in as few runs as their order gives: those of a backlog are mostly one for each offer. */
export function runsOf(acceptances: readonly Acceptance[]): readonly AcceptanceRun[] {
  const runs: AcceptanceRun[] = [];
  let run: AcceptanceRun | undefined;
  for (const { row, centerSeq, at } of acceptances) {
    const ahead = centerSeq - row.seq;
    if (run !== undefined && row.seq === run.lastSeq + 1 && ahead === run.ahead && at === run.at) {
      run.lastSeq = row.seq;
    } else {
      run = { firstSeq: row.seq, lastSeq: row.seq, ahead, at };
      runs.push(run);
    }
  }
  return runs;
}
