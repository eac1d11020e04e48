import * as v from 'valibot';
import type { Scope } from '#contracts/ids.ts';
import type { ReferenceBody } from '#contracts/records/reference.ts';
import type { AnyRecord, CollectionName, RecordOf } from '#contracts/records/registry.ts';
import { dayInUzbekistan } from './calendar.ts';
import { appendToFeed } from './feed/append.ts';
import { DigestChange } from './feed/digest-change.ts';
import { laneOf } from './ingest/lane-of.ts';
import type { Effects } from './ports.ts';
import { bigint, type Database, type Session, type Statement } from './postgres/database.ts';
import { mattersOf, patientNamedBy } from './record-matters.ts';
import { noteApplied } from './sharing/note-applied.ts';

/** A record the center writes by itself, valid already. */
export interface CenterRecord {
  readonly collection: CollectionName;
  readonly record: AnyRecord;
}

const insertFacility: Statement = {
  name: 'facility-insert',
  text: `
insert into facility (scope, names, is_training, created_at, district) values ($1, $2, $3, $4, $5)
on conflict (scope) do update set names = $2, is_training = $3, district = $5`,
};
const insertHead: Statement = {
  name: 'facility-insert-head',
  text: 'insert into scope_head (scope) values ($1) on conflict do nothing',
};
const countFacilities: Statement = {
  name: 'facility-count',
  text: 'select count(*) as count from facility',
};
const CountSchema = v.object({ count: bigint });

const insertMany: Statement = {
  name: 'load-documents',
  text: `
insert into doc (scope, collection, id, rev, body, patient)
select $1, n.collection, n.id, n.rev, n.body, n.patient
from unnest($2::text[], $3::uuid[], $4::text[], $5::text[], $6::uuid[]) as n (collection, id, rev, body, patient)
on conflict do nothing returning collection, id, rev`,
};
const LoadedSchema = v.object({ collection: v.string(), id: v.string(), rev: v.string() });

const rowsPerTransaction = 2_000;

/** Creates a facility, or renames it; `record` tells its workstations about it. */
export async function createFacility(
  database: Database,
  record: RecordOf<'reference'>,
  effects: Effects,
): Promise<void> {
  const body: ReferenceBody = record.body;
  if (body.kind !== 'facility' || body.code !== record.scope)
    throw new Error('Not the record of a facility.');
  await database.transaction(async (session) => {
    const names = JSON.stringify(body.name);
    const at = effects.clock.now();
    await session.run(insertFacility, [record.scope, names, body.isTraining, at, body.district]);
    await session.run(insertHead, [record.scope]);
    await load(session, record.scope, [{ collection: 'reference', record }], effects);
  });
}

/** Whether no facility exists yet. */
export async function hasNoFacility(database: Database): Promise<boolean> {
  const [row] = await database.rows(countFacilities, CountSchema, []);
  return row?.count === 0;
}

/**
 * Writes many records of the center's own in transactions of some thousands. Records that are there already stay as they
 * are. Their facilities have to exist. Returns how many are new.
 */
export async function loadRecords(
  database: Database,
  records: Iterable<CenterRecord>,
  effects: Effects,
): Promise<number> {
  let written = 0;
  const waitingByScope = new Map<Scope, CenterRecord[]>();
  const flush = async (scope: Scope, waiting: readonly CenterRecord[]) => {
    written += await database.transaction((session) => load(session, scope, waiting, effects));
  };
  for (const item of records) {
    const { scope } = item.record;
    const waiting = waitingByScope.get(scope) ?? [];
    waitingByScope.set(scope, waiting);
    waiting.push(item);
    if (waiting.length >= rowsPerTransaction) await flush(scope, waiting.splice(0));
  }
  for (const [scope, waiting] of waitingByScope) {
    if (waiting.length > 0) await flush(scope, waiting);
  }
  return written;
}

async function load(
  session: Session,
  scope: Scope,
  items: readonly CenterRecord[],
  effects: Effects,
): Promise<number> {
  const ordered = [...items].sort((left, right) => (keyOf(left) < keyOf(right) ? -1 : 1));
  const inserted = await session.rows(insertMany, LoadedSchema, [
    scope,
    ordered.map(({ collection }) => collection),
    ordered.map(({ record }) => record.id),
    ordered.map(({ record }) => record.rev),
    ordered.map(({ record }) => JSON.stringify(record)),
    ordered.map(({ collection, record }) => patientNamedBy(collection, mattersOf(collection, record))),
  ]);
  const isNew = new Set(inserted.map((row) => `${row.collection}/${row.id}/${row.rev}`));
  const fresh = items.filter((item) => isNew.delete(keyOf(item)));
  if (fresh.length === 0) return 0;
  const at = effects.clock.now();
  await noteApplied(
    session,
    scope,
    at,
    fresh.map(({ collection, record }) => ({ collection, id: record.id, ...mattersOf(collection, record) })),
  );
  const digests = new DigestChange();
  for (const { collection, record } of fresh) digests.replace(collection, record.id, null, record.rev);
  const entries = fresh.map(({ collection, record }) => ({
    lane: laneOf(collection, record.capturedAt, at),
    collection,
    id: record.id,
    rev: record.rev,
    op: null,
  }));
  await appendToFeed(session, { scope, device: null, at, day: dayInUzbekistan(at) }, entries, digests);
  return fresh.length;
}

const keyOf = ({ collection, record }: CenterRecord) => `${collection}/${record.id}/${record.rev}`;
