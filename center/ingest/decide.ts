import type { OperationId, Revision, Scope } from '#contracts/ids.ts';
import { recordTypes } from '#contracts/records/registry.ts';
import type { SoundRow } from './row-check.ts';

/** What the feed says of an operation that was applied earlier. */
export interface LoggedOperation {
  readonly rev: Revision;
  readonly seq: number;
  readonly at: number;
}

/** What is to become of one sound row. */
export type Decision =
  /** Becomes the newest version of its record. */
  | { readonly kind: 'apply'; readonly row: SoundRow }
  /** Goes into the record's history. */
  | { readonly kind: 'keep-aside'; readonly row: SoundRow }
  /** Was applied by an earlier push; the answer is the same. */
  | { readonly kind: 'applied-earlier'; readonly row: SoundRow; readonly logged: LoggedOperation }
  /** Stands in this batch a second time. */
  | { readonly kind: 'repeated'; readonly row: SoundRow }
  /** Its base is not the newest version: a conflict if the center knows the base, otherwise a missing base. */
  | {
      readonly kind: 'outdated';
      readonly row: SoundRow;
      readonly isBaseKnown: boolean | 'look-up';
      /** Whether any version of the record is at this home. */
      readonly isHere: boolean;
    }
  /** Rests on the newest version, but says that the record is at home elsewhere. */
  | { readonly kind: 'misplaced'; readonly row: SoundRow }
  /** An operation id that was used for something else. */
  | { readonly kind: 'misused-operation'; readonly row: SoundRow };

/**
 * Decides about the rows of a batch in their order (docs/specs/center.md ING-3 to ING-5). Pure: `currentRevs` are the newest
 * revisions of the records concerned, row-locked, by `key`; `logged` are earlier operations among the rows'; `scope` is where the records are at home.
 */
export function decideRows(
  rows: readonly SoundRow[],
  currentRevs: ReadonlyMap<string, Revision>,
  logged: ReadonlyMap<OperationId, LoggedOperation>,
  scope: Scope,
): readonly Decision[] {
  const batch = {
    scope,
    newest: new Map(currentRevs),
    taken: new Map<OperationId, Revision>(),
    known: new Map<Revision, string>(),
  };
  return rows.map((row) => {
    const decision = decideRow(row, batch, logged);
    if (decision.kind === 'apply' || decision.kind === 'keep-aside') {
      if (decision.kind === 'apply') batch.newest.set(row.key, row.rev);
      batch.taken.set(row.op, row.rev);
      batch.known.set(row.rev, row.key);
    }
    return decision;
  });
}

interface BatchState {
  readonly scope: Scope;
  readonly newest: ReadonlyMap<string, Revision>;
  readonly taken: ReadonlyMap<OperationId, Revision>;
  /** Records by the revisions that rows of the batch give them. */
  readonly known: ReadonlyMap<Revision, string>;
}

function decideRow(
  row: SoundRow,
  batch: BatchState,
  logged: ReadonlyMap<OperationId, LoggedOperation>,
): Decision {
  const earlier = logged.get(row.op);
  if (earlier !== undefined) {
    return earlier.rev === row.rev
      ? { kind: 'applied-earlier', row, logged: earlier }
      : { kind: 'misused-operation', row };
  }
  const inBatch = batch.taken.get(row.op);
  if (inBatch !== undefined) {
    return inBatch === row.rev ? { kind: 'repeated', row } : { kind: 'misused-operation', row };
  }
  return row.isAside ? { kind: 'keep-aside', row } : compareAndSet(row, batch);
}

function compareAndSet(row: SoundRow, batch: BatchState): Decision {
  const newest = batch.newest.get(row.key) ?? null;
  const isCenterDeciding = recordTypes[row.collection].merge.kind === 'center-decides';
  if (newest === row.baseRev && !(isCenterDeciding && newest !== null)) {
    return { kind: row.scope === batch.scope ? 'apply' : 'misplaced', row };
  }
  return { kind: 'outdated', row, isBaseKnown: isBaseKnown(row, newest, batch), isHere: newest !== null };
}

function isBaseKnown(row: SoundRow, newest: Revision | null, batch: BatchState): boolean | 'look-up' {
  if (newest === null) return false;
  if (row.baseRev === null || row.baseRev === newest) return true;
  return batch.known.get(row.baseRev) === row.key ? true : 'look-up';
}
