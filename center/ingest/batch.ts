import type { ErrorCode } from '#contracts/errors.ts';
import type { DeviceId, Scope } from '#contracts/ids.ts';
import type { Lane } from '#contracts/records/record.ts';
import { dayInUzbekistan } from '../calendar.ts';
import { type Effects, wait } from '../ports.ts';
import { type Database, inOrder, type Session } from '../postgres/database.ts';
import { kindOfFailure } from '../postgres/failures.ts';
import { type Decision, decideRows } from './decide.ts';
import type { IngestHooks } from './hooks.ts';
import type { PreparedRow, RowsAsSent } from './offered-rows.ts';
import type { Refusal } from './push-batch.ts';
import { findKnownBases, nothingPresent, type Present, readConflicts, readPresent } from './read-present.ts';
import { type SoundRow, type UnsoundRow, unsound } from './row-check.ts';
import { type AnsweredRow, outcomesOf, type RowOutcome } from './row-outcome.ts';
import * as sql from './statements.ts';
import {
  newestOf,
  type PushOrigin,
  takePositions,
  writeQuarantine,
  writeVersions,
} from './write-decisions.ts';

/** Who offers rows. */
export interface Device {
  readonly device: DeviceId;
  /** Its own facility. */
  readonly scope: Scope;
}

/** The positions a batch made in the feed of a scope: `from` + 1 to `head`, in these lanes. */
export interface Applied {
  readonly scope: Scope;
  readonly from: number;
  readonly head: number;
  readonly lanes: readonly Lane[];
}

export type BatchOutcome =
  | {
      readonly kind: 'answered';
      readonly answered: readonly AnsweredRow[];
      readonly applied: readonly Applied[];
      /** Those of `applied` that hold nothing but the device's own versions. */
      readonly own: readonly Applied[];
      /** Whether a hook noted something to be done after the commit. */
      readonly hasErrands: boolean;
    }
  | Refusal;

interface Parts {
  readonly database: Database;
  readonly effects: Effects;
  readonly hooks: IngestHooks;
  /** Called when new records were asked to be written and nothing but the database's answer is waited for. */
  readonly asked: () => void;
}

/** Most rows in quarantine per device; a device that sends more is broken and is put off. */
const maxQuarantined = 10_000;
const maxAttempts = 6;
const longestPauseMs = 40;
const laterMs = 5_000;
const quarantineFullMs = 3_600_000;

/**
 * Applies the rows of one home scope in one transaction and resolves after its COMMIT. A lost race runs it again; a
 * database that is not to be had puts every row off.
 */
export async function runBatch(
  { database, effects, hooks, asked }: Parts,
  device: Device & { readonly home: Scope },
  rows: readonly PreparedRow[],
  asSent: RowsAsSent,
): Promise<BatchOutcome> {
  let isHopeful = areNewRecords(rows, device.home);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await database.transaction((session) =>
        applyBatch(session, originOf(device, effects), { rows, asSent, hooks, asked, isHopeful }),
      );
    } catch (error) {
      if (error instanceof BatchRefused) return { kind: 'refused', code: error.code, retry: false };
      const kind = kindOfFailure(error);
      if (kind === 'defect') throw error;
      if (kind === 'later' || attempt === maxAttempts) return putOff(rows);
      if (isHopeful) {
        isHopeful = false;
        continue;
      }
      const [chance = 0] = effects.random.bytes(1);
      await wait(effects.timers, (chance / 255) * longestPauseMs * attempt);
    }
  }
}

/**
 * Rows like these are written without looking first: if a record or an operation of theirs is there, PostgreSQL refuses the
 * batch as a lost race.
 */
function areNewRecords(rows: readonly PreparedRow[], home: Scope): boolean {
  const records = new Set<string>();
  const operations = new Set<string>();
  for (const row of rows) {
    if (row.kind !== 'sound' || row.baseRev !== null || row.isAside || row.scope !== home) return false;
    records.add(row.key);
    operations.add(row.op);
  }
  return records.size === rows.length && operations.size === rows.length;
}

/** Rolls a batch back whose device may not write. */
class BatchRefused extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode) {
    super('The device may not write.');
    this.code = code;
  }
}

function originOf({ device, scope, home }: Device & { readonly home: Scope }, effects: Effects): PushOrigin {
  const at = effects.clock.now();
  return { device, deviceScope: scope, scope: home, at, day: dayInUzbekistan(at) };
}

const putOff = (rows: readonly PreparedRow[]): BatchOutcome => ({
  kind: 'answered',
  answered: rows.map((row) => ({ row, outcome: { kind: 'retry', waitMs: laterMs } })),
  applied: [],
  own: [],
  hasErrands: false,
});

interface Batch {
  readonly rows: readonly PreparedRow[];
  readonly asSent: RowsAsSent;
  readonly hooks: IngestHooks;
  readonly asked: Parts['asked'];
  /** Whether the records and operations are taken to be new. */
  readonly isHopeful: boolean;
}

/** What is written is asked for in one go: new records without waiting for any answer before the commit. */
async function applyBatch(session: Session, origin: PushOrigin, batch: Batch): Promise<BatchOutcome> {
  const { scope } = origin;
  const sound = batch.rows.filter((row) => row.kind === 'sound');
  const standing = refuseFallen(session, origin);
  const [, present] = batch.isHopeful
    ? [undefined, nothingPresent]
    : await inOrder([standing, readPresent(session, scope, sound)]);
  const elsewhere = sound.filter((row) => isElsewhere(row, present));
  const decisions = decideRows(
    sound.filter((row) => !isElsewhere(row, present)),
    present.currentRevs,
    present.logged,
    scope,
  );
  const applied = rowsOf(decisions, ['apply']);
  const placed = rowsOf(decisions, ['apply', 'keep-aside']);
  const toWrite = { newest: newestOf(applied), placed };
  const written = inOrder([standing, writeVersions(session, scope, toWrite, present.currentRevs)]);
  const others = hasOthers(batch.rows, decisions)
    ? await written.then(() => dealWithOthers(session, origin, batch, decisions))
    : noOthers;
  const finishing = inOrder([
    written,
    applied.length > 0 ? batch.hooks.onApplied(session, origin, applied) : Promise.resolve(false),
    takePositions(session, origin, toWrite, present.currentRevs),
  ]);
  if (batch.isHopeful) batch.asked();
  const [, hasErrands, base] = await finishing;
  const outcomes = outcomesOf(decisions, {
    scope,
    isVisiting: scope !== origin.deviceScope,
    at: origin.at,
    positions: new Map(placed.map(({ op }, index) => [op, base + 1 + index])),
    ...others,
  });
  const made = appliedOf(scope, base, placed);
  const told = new Map([...outcomes, ...outcomesElsewhere(elsewhere, present)]);
  return {
    kind: 'answered',
    answered: answerAll(batch.rows, others.unusable, told, others.isKept),
    applied: made,
    own: made,
    hasErrands,
  };
}

/** What became of rows that are not written as versions, after the others were. */
interface Others {
  readonly unusable: readonly UnsoundRow[];
  readonly isKept: boolean;
  readonly knownBases: ReadonlySet<string>;
  readonly conflicts: ReadonlyMap<string, string>;
}

const noOthers: Others = { unusable: [], isKept: true, knownBases: new Set(), conflicts: new Map() };

const hasOthers = (rows: readonly PreparedRow[], decisions: readonly Decision[]): boolean =>
  rows.some(({ kind }) => kind === 'unsound') ||
  decisions.some(({ kind }) => kind === 'outdated' || kind === 'misused-operation' || kind === 'misplaced');

async function dealWithOthers(
  session: Session,
  origin: PushOrigin,
  batch: Batch,
  decisions: readonly Decision[],
): Promise<Others> {
  const unusable = [
    ...batch.rows.filter((row) => row.kind === 'unsound'),
    ...unsoundRows(batch, rowsOf(decisions, ['misused-operation']), 'op'),
    ...unsoundRows(batch, rowsOf(decisions, ['misplaced']), 'record.scope'),
  ];
  const isKept = await keepUnusable(session, origin, unusable);
  const knownBases = await findKnownBases(session, origin.scope, decisions);
  const conflicts = await readConflicts(session, origin.scope, decisions, knownBases);
  return { unusable, isKept, knownBases, conflicts };
}

const rowsOf = (decisions: readonly Decision[], kinds: readonly Decision['kind'][]): readonly SoundRow[] =>
  decisions.filter(({ kind }) => kinds.includes(kind)).map(({ row }) => row);

function appliedOf(scope: Scope, from: number, placed: readonly SoundRow[]): readonly Applied[] {
  if (placed.length === 0) return [];
  return [{ scope, from, head: from + placed.length, lanes: [...new Set(placed.map(({ lane }) => lane))] }];
}

/** Throws {@link BatchRefused} if the device may not write any more. */
async function refuseFallen(session: Session, origin: PushOrigin): Promise<void> {
  const values = [origin.device, origin.deviceScope];
  const [standing] = await session.rows(sql.readStanding, sql.StandingSchema, values);
  if (standing === undefined) throw new BatchRefused('sync.device-unknown');
  if (standing.revoked) throw new BatchRefused('sync.device-revoked');
  if (standing.cloned) throw new BatchRefused('sync.device-cloned');
}

/** Copies are compared and set where the record is at home; what was answered before is answered here again. */
const isElsewhere = (row: SoundRow, { homes, logged }: Present) => homes.has(row.key) && !logged.has(row.op);

const outcomesElsewhere = (rows: readonly SoundRow[], { homes }: Present) =>
  rows.flatMap((row): (readonly [number, RowOutcome])[] => {
    const home = homes.get(row.key);
    return home === undefined ? [] : [[row.index, { kind: 'elsewhere', home }]];
  });

const unsoundRows = (batch: Batch, rows: readonly SoundRow[], path: string): readonly UnsoundRow[] =>
  rows.map((row) => unsound(batch.asSent(row.index), row.index, [path]));

/** Whether the rows are kept; a device whose quarantine is full has to wait for a technician. */
async function keepUnusable(
  session: Session,
  origin: PushOrigin,
  rows: readonly UnsoundRow[],
): Promise<boolean> {
  if (rows.length === 0) return true;
  const values = [origin.deviceScope, origin.device];
  const [kept] = await session.rows(sql.countQuarantine, sql.CountSchema, values);
  if ((kept?.count ?? 0) + rows.length > maxQuarantined) return false;
  await writeQuarantine(session, origin, rows);
  return true;
}

function answerAll(
  rows: readonly PreparedRow[],
  unusable: readonly UnsoundRow[],
  outcomes: ReadonlyMap<number, RowOutcome>,
  isKept: boolean,
): readonly AnsweredRow[] {
  const unusableByIndex = new Map(unusable.map((row) => [row.index, row]));
  return rows.map((row) => {
    const refused = unusableByIndex.get(row.index);
    if (refused !== undefined) return { row, outcome: outcomeOfUnusable(refused, isKept) };
    return { row, outcome: outcomes.get(row.index) ?? outcomeOfUntried(row) };
  });
}

const outcomeOfUnusable = (row: UnsoundRow, isKept: boolean): RowOutcome =>
  isKept ? { kind: 'quarantined', paths: row.paths } : { kind: 'retry', waitMs: quarantineFullMs };

function outcomeOfUntried(row: PreparedRow): RowOutcome {
  if (row.kind === 'without-base') return { kind: 'missing-base' };
  if (row.kind === 'postponed') return { kind: 'retry', waitMs: 0 };
  throw new Error('A row was not decided.');
}
