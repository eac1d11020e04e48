import * as v from 'valibot';
import type { DeviceId, RecordId, Revision, Scope } from '#contracts/ids.ts';
import { maxRecordLength } from '#contracts/records/record.ts';
import { type AnyRecord, type CollectionName, recordTypes } from '#contracts/records/registry.ts';
import type { Outcome, Verdict } from '#contracts/wire/center-messages.ts';
import { OfferRowSchema, type PushRow } from '#contracts/wire/client-messages.ts';
import { checkOf } from '#sync/client/offer-row.ts';
import { parseReceivedRecord } from '#sync/client/received-record.ts';
import { applyDelta } from '#sync/merge/record-delta.ts';
import { revisionOf } from '#sync/merge/revision.ts';
import { type CenterState, laneOf, readRow, type ScopeState } from './memory-center-state.ts';

/** Ways a real center can behave that tests want on purpose. */
export interface Moods {
  /** Whether a row goes into quarantine although it fits the schema. */
  isRefused: (row: PushRow) => boolean;
  /** `before`: put off without a look. `after`: applied, but the center could not be sure. */
  putOff: (row: PushRow) => 'no' | 'before' | 'after';
}

interface Origin {
  readonly device: DeviceId;
  readonly scope: Scope;
}

/** Puts a document into the feed; returns its position. */
export function placeDocument(
  state: ScopeState,
  document: { collection: CollectionName; id: RecordId; rev: Revision; record: unknown },
  now: number,
): number {
  const { collection, id, rev, record } = document;
  state.head += 1;
  state.documents.set(`${collection}/${id}`, { rev, record: structuredClone(record) });
  state.feed.push({ seq: state.head, lane: laneOf(collection, record, now), collection, id, rev });
  return state.head;
}

/** Judges the rows of a version 1 push one after the other. */
export function judgePushed(
  center: CenterState,
  state: ScopeState,
  { device, scope }: Origin,
  moods: Moods,
  now: number,
): (raw: unknown, index: number) => Verdict {
  return (raw, index) => {
    const row = readRow(raw, scope);
    if (row === undefined || moods.isRefused(row.row)) {
      center.quarantine.push({ device, row: raw });
      const op = row?.row.op ?? null;
      return { verdict: 'quarantined', op, index, code: 'sync.record-refused', paths: ['record'] };
    }
    const { op } = row.row;
    const mood = moods.putOff(row.row);
    if (mood === 'before') return { verdict: 'retry', op, waitMs: 500 };
    const verdict = apply(center, state, device, row.row, row.record, now);
    return mood === 'after' ? { verdict: 'retry', op, waitMs: 500 } : verdict;
  };
}

interface Judged {
  readonly outcome: Outcome;
  /** The version that became the newest. */
  readonly took?: Revision;
}

/** Judges the rows of an offer one after the other. */
export function judgeOffered(
  center: CenterState,
  state: ScopeState,
  { device, scope }: Origin,
  moods: Moods,
  now: number,
): (raw: unknown) => Judged {
  const refuse = (row: unknown): Judged => {
    center.quarantine.push({ device, row });
    return { outcome: { verdict: 'quarantined', code: 'sync.record-refused', paths: ['record'] } };
  };
  return (raw) => {
    const read = readOffered(raw, scope, state);
    if (read === 'missing-base') return { outcome: { verdict: 'missing-base' } };
    if (read === 'refused' || moods.isRefused(read.row)) return refuse(read === 'refused' ? raw : read.row);
    const mood = moods.putOff(read.row);
    if (mood === 'before') return { outcome: { verdict: 'retry', waitMs: 500 } };
    const verdict = read.isAside
      ? keepAside(center, state, device, read.row, read.record, now)
      : apply(center, state, device, read.row, read.record, now);
    if (mood === 'after') return { outcome: { verdict: 'retry', waitMs: 500 } };
    if (verdict.verdict === 'ok') return { outcome: verdict.seq, took: verdict.rev };
    if (verdict.verdict === 'conflict') return { outcome: { verdict: 'conflict', record: verdict.record } };
    return { outcome: { verdict: 'missing-base' } };
  };
}

/** The row as a push would have it: the record whole, with its revision (PUSH-14). */
function readOffered(
  raw: unknown,
  scope: Scope,
  state: ScopeState,
): { row: PushRow; record: AnyRecord; isAside: boolean } | 'missing-base' | 'refused' {
  const parsed = v.safeParse(OfferRowSchema, raw);
  if (!parsed.success) return 'refused';
  const row = parsed.output;
  const isDelta = 'delta' in row;
  let content: unknown = isDelta ? undefined : row.record;
  if ('delta' in row) {
    const base = state.history.find(({ record }) => record.rev === row.base && record.id === row.id);
    if (base === undefined) return 'missing-base';
    content = applyDelta(base.record, row.delta);
  }
  const record = withRevision(row, content);
  if (record === undefined || record.scope !== scope) return isDelta ? 'missing-base' : 'refused';
  const { op, collection, base, supersedes } = row;
  const own = { op, collection, id: record.id, baseRev: base, rev: record.rev, record };
  return {
    row: supersedes === undefined ? own : { ...own, supersedes },
    record,
    isAside: row.aside === true,
  };
}

/** Undefined when the content is no record of the collection or its revision is not the one meant. */
function withRevision(
  { op, collection, base, check }: v.InferOutput<typeof OfferRowSchema>,
  content: unknown,
): AnyRecord | undefined {
  if (typeof content !== 'object' || content === null || JSON.stringify(content).length > maxRecordLength) {
    return undefined;
  }
  const placeholder = parseReceivedRecord(collection, { ...content, rev: `1-${'0'.repeat(32)}` });
  if (!placeholder.isUsable) return undefined;
  const rev = revisionOf(op, base, collection, placeholder.record);
  return checkOf(rev) === check ? { ...placeholder.record, rev } : undefined;
}

function keepAside(
  center: CenterState,
  state: ScopeState,
  device: DeviceId,
  row: PushRow,
  record: AnyRecord,
  at: number,
): Verdict {
  const { op, collection, baseRev, rev, supersedes = [] } = row;
  const logged = center.pushLog.get(op);
  if (logged !== undefined) return { verdict: 'ok', op, ...logged };
  state.head += 1;
  const seq = state.head;
  state.history.push({ op, seq, device, baseRev, collection, record, supersedes, isAside: true });
  center.pushLog.set(op, { rev, seq, at });
  return { verdict: 'ok', op, rev, seq, at };
}

function apply(
  center: CenterState,
  state: ScopeState,
  device: DeviceId,
  row: PushRow,
  record: AnyRecord,
  at: number,
): Verdict {
  const { op, collection, id, baseRev, rev, supersedes = [] } = row;
  const logged = center.pushLog.get(op);
  if (logged !== undefined) return { verdict: 'ok', op, ...logged };
  const present = state.documents.get(`${collection}/${id}`);
  const decides = recordTypes[collection].merge.kind === 'center-decides' && present !== undefined;
  if ((present?.rev ?? null) !== baseRev || decides) {
    const isKnown = baseRev === null || state.history.some((entry) => entry.record.rev === baseRev);
    if (present === undefined || !isKnown) return { verdict: 'missing-base', op };
    return { verdict: 'conflict', op, record: present.record };
  }
  const seq = placeDocument(state, { collection, id, rev, record }, at);
  state.history.push({ op, seq, device, baseRev, collection, record, supersedes, isAside: false });
  center.pushLog.set(op, { rev, seq, at });
  return { verdict: 'ok', op, rev, seq, at };
}
