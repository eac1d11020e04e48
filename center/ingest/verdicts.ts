import type { OperationId, Scope } from '#contracts/ids.ts';
import type { Verdict } from '#contracts/wire/center-messages.ts';
import type { Session } from '../postgres/database.ts';
import { type Decision, keyOf } from './decide.ts';
import type { SoundRow, UnsoundRow } from './row-check.ts';
import * as sql from './statements.ts';

/** Most UTF-16 units of records sent back as conflicts in one answer; further conflicts are put off to the next push. */
const maxConflictLength = 1_000_000;
const putOffMs = 100;

/** Which of the outdated rows rest on a version the center has. */
export async function findKnownBases(
  session: Session,
  scope: Scope,
  decisions: readonly Decision[],
): Promise<ReadonlySet<string>> {
  const rows = decisions.flatMap((decision) =>
    decision.kind === 'outdated' && decision.isBaseKnown === 'look-up' ? [decision.row] : [],
  );
  if (rows.length === 0) return new Set();
  const found = await session.rows(sql.findHistory, sql.LockedSchema, [
    scope,
    rows.map((row) => row.collection),
    rows.map((row) => row.id),
    rows.map((row) => row.baseRev),
  ]);
  return new Set(found.map((version) => `${keyOf(version)}/${version.rev}`));
}

export const isConflict = (decision: Decision, knownBases: ReadonlySet<string>) =>
  decision.kind === 'outdated' &&
  (decision.isBaseKnown === true || knownBases.has(`${keyOf(decision.row)}/${decision.row.baseRev}`));

/** The center's versions of the records in conflict, as JSON text by key. */
export async function readConflicts(
  session: Session,
  scope: Scope,
  rows: readonly SoundRow[],
): Promise<ReadonlyMap<string, string>> {
  if (rows.length === 0) return new Map();
  const bodies = await session.rows(sql.readBodies, sql.BodySchema, [
    scope,
    rows.map((row) => row.collection),
    rows.map((row) => row.id),
  ]);
  return new Map(bodies.map((body) => [keyOf(body), body.body]));
}

/** What the answers of one batch are made from. */
export interface Outcome {
  readonly at: number;
  readonly knownBases: ReadonlySet<string>;
  readonly positions: ReadonlyMap<OperationId, number>;
  readonly conflicts: ReadonlyMap<string, string>;
}

/** Answers for decided rows, in their order. */
export function verdictsOf(decisions: readonly Decision[], outcome: Outcome): ReadonlyMap<number, Verdict> {
  let conflictLength = 0;
  const verdicts = new Map<number, Verdict>();
  for (const decision of decisions) {
    const body = isConflict(decision, outcome.knownBases)
      ? outcome.conflicts.get(keyOf(decision.row))
      : undefined;
    const isPutOff =
      body !== undefined && conflictLength > 0 && conflictLength + body.length > maxConflictLength;
    if (body !== undefined && !isPutOff) conflictLength += body.length;
    const verdict = isPutOff ? retry(decision.row.op, putOffMs) : verdictOf(decision, outcome, body);
    verdicts.set(decision.row.index, verdict);
  }
  return verdicts;
}

function verdictOf(decision: Decision, outcome: Outcome, body: string | undefined): Verdict {
  const { op, rev, index } = decision.row;
  switch (decision.kind) {
    case 'apply':
    case 'repeated':
      return { verdict: 'ok', op, rev, seq: positionOf(op, outcome), at: outcome.at };
    case 'applied-earlier':
      return { verdict: 'ok', op, rev, seq: decision.logged.seq, at: decision.logged.at };
    case 'misused-operation':
      return { verdict: 'quarantined', op, index, code: 'sync.record-refused', paths: ['op'] };
    case 'outdated':
      return body === undefined
        ? { verdict: 'missing-base', op }
        : { verdict: 'conflict', op, record: JSON.parse(body) };
  }
}

function positionOf(op: OperationId, outcome: Outcome): number {
  const seq = outcome.positions.get(op);
  if (seq === undefined) throw new Error('An applied row has no position.');
  return seq;
}

/** The answer to a row kept in quarantine. */
export const quarantined = (row: UnsoundRow): Verdict => ({
  verdict: 'quarantined',
  op: row.op,
  index: row.index,
  code: 'sync.record-refused',
  paths: [...row.paths],
});

/** The answer to a row that may come again after `waitMs`. */
export const retry = (op: OperationId, waitMs: number): Verdict => ({ verdict: 'retry', op, waitMs });
