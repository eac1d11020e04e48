import * as v from 'valibot';
import type { RecordId } from '#contracts/ids.ts';
import {
  DaySchema,
  DeviceIdSchema,
  HlcSchema,
  PersonIdSchema,
  RecordIdSchema,
  RevisionSchema,
  type Scope,
  ScopeSchema,
} from '#contracts/ids.ts';
import type { BodyByCollection, CollectionName, RecordOf } from '#contracts/records/registry.ts';
import { createIdSource } from '../ids.ts';
import type { RecordQuery, ReplicaReader } from '../ports/replica.ts';
import type { ActionContext, ActionPlan } from './action.ts';

type Tables = { [C in CollectionName]: Map<RecordId, RecordOf<C>> };

/** A snapshot in memory for tests of actions: equality queries only, nothing synced. */
export interface MemoryReader extends ReplicaReader {
  /** Lets the planned writes happen, as the workstation would. New records belong to `scope`, else to the snapshot's. */
  apply(plan: ActionPlan, scope?: Scope): void;
}

/** An empty snapshot of the records of a facility. */
export function createMemoryReader(here: Scope = testContext.scope): MemoryReader {
  const tables: Tables = {
    patients: new Map(),
    visits: new Map(),
    staff: new Map(),
    reference: new Map(),
    reviews: new Map(),
    requests: new Map(),
  };
  let version = 0;
  const putInto =
    (scope: Scope): Put =>
    (collection, id, body) => {
      version += 1;
      const home = tables[collection].get(id)?.scope ?? scope;
      tables[collection].set(id, envelopeOf(id, version, home, body));
    };
  return {
    get: (collection, id) => tables[collection].get(id),
    find: (collection, query) => select([...tables[collection].values()], query),
    count: (collection, query) => select([...tables[collection].values()], query).length,
    revisions: (collection, after, limit) =>
      [...tables[collection].values()]
        .filter(({ id }) => after === null || id > after)
        .sort((left, right) => (left.id < right.id ? -1 : 1))
        .slice(0, limit)
        .map(({ id, rev }) => ({ id, rev })),
    apply: (plan, scope = here) => {
      for (const write of plan.writes) putWrite(putInto(scope), write);
    },
    outbox: {
      pending: () => [],
      newestPending: () => 0,
      pendingOf: () => [],
      asides: () => [],
      byState: () => [],
      hasAccepted: () => false,
      counts: () => ({ pending: 0, aside: 0, quarantined: 0, oldestPendingAt: null }),
      receipt: () => null,
    },
    sync: { shadow: () => undefined, shadows: () => [], checkpoint: () => undefined },
    settings: { get: () => undefined },
  };
}

type Put = <C extends CollectionName>(collection: C, id: RecordId, body: BodyByCollection[C]) => void;

function putWrite(put: Put, write: ActionPlan['writes'][number]): void {
  switch (write.collection) {
    case 'patients':
      put(write.collection, write.id, write.body);
      break;
    case 'visits':
      put(write.collection, write.id, write.body);
      break;
    case 'staff':
      put(write.collection, write.id, write.body);
      break;
    case 'reference':
      put(write.collection, write.id, write.body);
      break;
    case 'reviews':
      put(write.collection, write.id, write.body);
      break;
    case 'requests':
      put(write.collection, write.id, write.body);
      break;
  }
}

function envelopeOf<C extends CollectionName>(
  id: RecordId,
  version: number,
  scope: Scope,
  body: BodyByCollection[C],
): RecordOf<C> {
  return {
    id,
    scope,
    rev: v.parse(RevisionSchema, `${version}-${'0'.repeat(32)}`),
    author: testContext.person,
    device: v.parse(DeviceIdSchema, '0190a000-0000-7000-8000-0000000000d1'),
    capturedAt: testContext.now,
    hlc: v.parse(HlcSchema, '0190a0000000-0000-00000000'),
    body,
  };
}

function select<Row extends object>(rows: readonly Row[], query: RecordQuery): readonly Row[] {
  const wanted = Object.entries(query.equals ?? {});
  return rows.filter((row) => wanted.every(([path, value]) => valueAt(row, path) === value));
}

function valueAt(row: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((value, key) => {
    if (typeof value !== 'object' || value === null) return undefined;
    return Object.entries(value).find(([name]) => name === key)?.[1];
  }, row);
}

const now = Date.UTC(2026, 5, 3, 6, 0, 0);

/** A nurse at a facility on 3 June 2026, 11:00 at the clinic. Ids ascend and are the same in every run. */
export const testContext: ActionContext = {
  now,
  person: v.parse(PersonIdSchema, '0190a000-0000-7000-8000-000000000001'),
  scope: v.parse(ScopeSchema, 'ABC000001'),
  today: v.parse(DaySchema, '2026-06-03'),
  newId: createIdSource({ now: () => now }, { bytes: (length) => new Uint8Array(length) }),
};

/** An id no record has. */
export const strangeId: RecordId = v.parse(RecordIdSchema, '0190a000-0000-7000-8000-00000000ffff');
