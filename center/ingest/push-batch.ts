import type { ErrorCode } from '#contracts/errors.ts';
import type { DeviceId, Revision, Scope } from '#contracts/ids.ts';
import type { Verdict } from '#contracts/wire/center-messages.ts';
import { dayInUzbekistan } from '../calendar.ts';
import { type Effects, wait } from '../ports.ts';
import type { Database, Session } from '../postgres/database.ts';
import { kindOfFailure } from '../postgres/failures.ts';
import { type Decision, decideRows, keyOf, type LoggedOperation } from './decide.ts';
import { type CheckedRow, checkRow, type SoundRow, type UnsoundRow, unsound } from './row-check.ts';
import * as sql from './statements.ts';
import { findKnownBases, isConflict, quarantined, readConflicts, retry, verdictsOf } from './verdicts.ts';
import { type PushOrigin, takePositions, writeQuarantine, writeVersions } from './write-decisions.ts';

/** What a push came to. `refused` ends the connection; rows that were applied are answered when they come again. */
export type PushOutcome =
  | { readonly kind: 'answered'; readonly verdicts: readonly Verdict[]; readonly head: number | null }
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly retry: boolean };

/** Takes batches of rows from devices. */
export interface Ingest {
  /**
   * Applies one batch in one transaction and resolves after its COMMIT, one verdict per row in their order. `head` is
   * the newest position the batch made, null if it made none.
   */
  push(device: DeviceId, scope: Scope, rows: readonly unknown[]): Promise<PushOutcome>;
}

/** Most rows in quarantine per device; a device that sends more is broken and is put off. */
const maxQuarantined = 10_000;
const maxAttempts = 6;
const longestPauseMs = 40;
const laterMs = 5_000;
const quarantineFullMs = 3_600_000;

/** Ingest on `database` (docs/specs/center.md, ING). */
export function createIngest(database: Database, effects: Effects): Ingest {
  return {
    push: async (device, scope, rows) => {
      const checked = rows.map((raw, index) => checkRow(raw, index, scope));
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await database.transaction((session) =>
            applyBatch(session, originOf(device, scope, effects), rows, checked),
          );
        } catch (error) {
          const kind = kindOfFailure(error);
          if (kind === 'defect') throw error;
          if (kind === 'later' || attempt === maxAttempts) return putOff(checked, laterMs);
          const [chance = 0] = effects.random.bytes(1);
          await wait(effects.timers, (chance / 255) * longestPauseMs * attempt);
        }
      }
    },
  };
}

function originOf(device: DeviceId, scope: Scope, effects: Effects): PushOrigin {
  const at = effects.clock.now();
  return { device, scope, at, day: dayInUzbekistan(at) };
}

async function applyBatch(
  session: Session,
  origin: PushOrigin,
  rows: readonly unknown[],
  checked: readonly CheckedRow[],
): Promise<PushOutcome> {
  const standing = await refusalOf(session, origin);
  if (standing !== undefined) return standing;
  const sound = checked.filter((row) => row.kind === 'sound');
  const { currentRevs, logged } = await readPresent(session, origin.scope, sound);
  const decisions = decideRows(sound, currentRevs, logged);
  const applied = rowsOf(decisions, 'apply');
  await writeVersions(session, origin.scope, applied, currentRevs);
  const unusable = [
    ...checked.filter((row) => row.kind === 'unsound'),
    ...rowsOf(decisions, 'misused-operation').map((row) => unsound(rows[row.index], row.index, ['op'])),
  ];
  const isKept = await keepUnusable(session, origin, unusable);
  const knownBases = await findKnownBases(session, origin.scope, decisions);
  const inConflict = decisions.filter((decision) => isConflict(decision, knownBases)).map(({ row }) => row);
  const conflicts = await readConflicts(session, origin.scope, inConflict);
  const positions = await takePositions(session, origin, applied);
  const decided = verdictsOf(decisions, { at: origin.at, knownBases, positions, conflicts });
  return answer(checked, unusable, decided, isKept, Math.max(0, ...positions.values()));
}

const rowsOf = (decisions: readonly Decision[], kind: Decision['kind']): readonly SoundRow[] =>
  decisions.filter((decision) => decision.kind === kind).map(({ row }) => row);

async function refusalOf(session: Session, origin: PushOrigin): Promise<PushOutcome | undefined> {
  const [standing] = await session.rows(sql.readStanding, sql.StandingSchema, [origin.device, origin.scope]);
  if (standing === undefined) return { kind: 'refused', code: 'sync.device-unknown', retry: false };
  if (standing.revoked) return { kind: 'refused', code: 'sync.device-revoked', retry: false };
  if (standing.cloned) return { kind: 'refused', code: 'sync.device-cloned', retry: false };
  return undefined;
}

interface Present {
  readonly currentRevs: ReadonlyMap<string, Revision>;
  readonly logged: ReadonlyMap<SoundRow['op'], LoggedOperation>;
}

async function readPresent(session: Session, scope: Scope, rows: readonly SoundRow[]): Promise<Present> {
  if (rows.length === 0) return { currentRevs: new Map(), logged: new Map() };
  const records = [...new Map(rows.map((row) => [keyOf(row), row])).values()];
  const locked = await session.rows(sql.lockDocuments, sql.LockedSchema, [
    scope,
    records.map((row) => row.collection),
    records.map((row) => row.id),
  ]);
  const logged = await session.rows(sql.readPushLog, sql.LoggedSchema, [scope, rows.map((row) => row.op)]);
  return {
    currentRevs: new Map(locked.map((document) => [keyOf(document), document.rev])),
    logged: new Map(logged.map((operation) => [operation.op, operation])),
  };
}

/** Whether the rows are kept; a device whose quarantine is full has to wait for a technician. */
async function keepUnusable(
  session: Session,
  origin: PushOrigin,
  rows: readonly UnsoundRow[],
): Promise<boolean> {
  if (rows.length === 0) return true;
  const [kept] = await session.rows(sql.countQuarantine, sql.CountSchema, [origin.scope, origin.device]);
  if ((kept?.count ?? 0) + rows.length > maxQuarantined) return false;
  await writeQuarantine(session, origin, rows);
  return true;
}

function answer(
  checked: readonly CheckedRow[],
  unusable: readonly UnsoundRow[],
  decided: ReadonlyMap<number, Verdict>,
  isKept: boolean,
  head: number,
): PushOutcome {
  const unusableByIndex = new Map(unusable.map((row) => [row.index, row]));
  const verdicts: Verdict[] = [];
  for (const row of checked) {
    const refused = unusableByIndex.get(row.index);
    const verdict = refused === undefined ? decided.get(row.index) : verdictOfUnusable(refused, isKept);
    if (verdict === undefined) return { kind: 'refused', code: 'sync.overloaded', retry: true };
    verdicts.push(verdict);
  }
  return { kind: 'answered', verdicts, head: head === 0 ? null : head };
}

/** A row without a readable operation id cannot be told to come again. */
function verdictOfUnusable(row: UnsoundRow, isKept: boolean): Verdict | undefined {
  if (isKept) return quarantined(row);
  return row.op === null ? undefined : retry(row.op, quarantineFullMs);
}

function putOff(checked: readonly CheckedRow[], waitMs: number): PushOutcome {
  const verdicts = checked.flatMap((row) => (row.op === null ? [] : [retry(row.op, waitMs)]));
  return verdicts.length === checked.length
    ? { kind: 'answered', verdicts, head: null }
    : { kind: 'refused', code: 'sync.overloaded', retry: true };
}
