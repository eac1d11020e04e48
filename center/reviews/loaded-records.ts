import type { RecordReader } from '#clinic/actions/action.ts';
import type { RecordId, Scope } from '#contracts/ids.ts';
import type { CollectionName, RecordOf } from '#contracts/records/registry.ts';
import type { Session } from '../postgres/database.ts';
import { readStored } from '../sharing/center-version.ts';
import * as sql from './statements.ts';

/** Names one record of a facility. */
export interface RecordName {
  readonly collection: CollectionName;
  readonly id: RecordId;
}

type Loaded = { readonly [C in CollectionName]: Map<RecordId, RecordOf<C>> };

/** Records that were read before, so that the pure actions can look at them. What was not loaded is not there. */
export interface LoadedRecords {
  readonly reader: RecordReader;
  /** Everything that was found, for locking. */
  readonly names: readonly RecordName[];
}

/** Links followed from a pair of patients; a longer chain is a mistake. */
const longestChain = 20;

/**
 * Loads a review and what settling it looks at: its subject, the other patient, the patients whom their links lead to, the
 * patient of a visit, and who is named. `home` facility only.
 */
export async function loadReview(session: Session, scope: Scope, id: RecordId): Promise<LoadedRecords> {
  const loaded: Loaded = {
    patients: new Map(),
    visits: new Map(),
    staff: new Map(),
    reference: new Map(),
    reviews: new Map(),
    requests: new Map(),
  };
  await load(session, scope, loaded, [{ collection: 'reviews', id }]);
  const review = loaded.reviews.get(id);
  if (review !== undefined) {
    const { subject, question } = review.body;
    await load(session, scope, loaded, [
      subject,
      ...(question.kind === 'possible-duplicate'
        ? [{ collection: 'patients' as const, id: question.other }]
        : []),
    ]);
    await loadChains(session, scope, loaded);
  }
  return { reader: readerOf(loaded), names: namesOf(loaded) };
}

async function loadChains(session: Session, scope: Scope, loaded: Loaded): Promise<void> {
  for (let step = 0; step < longestChain; step += 1) {
    const wanted = [
      ...[...loaded.patients.values()].flatMap(({ body }) => body.replacedBy?.other ?? []),
      ...[...loaded.visits.values()].map(({ body }) => body.patientId),
    ].filter((each) => !loaded.patients.has(each));
    if (wanted.length === 0) return;
    const found = await load(
      session,
      scope,
      loaded,
      wanted.map((each) => ({ collection: 'patients', id: each })),
    );
    if (found === 0) return;
  }
}

async function load(
  session: Session,
  scope: Scope,
  loaded: Loaded,
  names: readonly RecordName[],
): Promise<number> {
  const rows = await session.rows(sql.readRecords, sql.RecordRowSchema, [scope, ...nameColumns(names)]);
  for (const { collection, body } of rows) keep(loaded, collection, body);
  return rows.length;
}

function keep<C extends CollectionName>(loaded: Loaded, collection: C, text: string): void {
  const record = readStored(collection, text);
  const records: Map<RecordId, RecordOf<C>> = loaded[collection];
  records.set(record.id, record);
}

/** The columns that name records in a statement. */
export const nameColumns = (names: readonly RecordName[]) =>
  [names.map(({ collection }) => collection), names.map(({ id }) => id)] as const;

const namesOf = (loaded: Loaded): readonly RecordName[] =>
  (['patients', 'reviews', 'visits'] as const).flatMap((collection) =>
    [...loaded[collection].keys()].map((id) => ({ collection, id })),
  );

/** Finds what is equal at the path asked for, among what was loaded. */
function readerOf(loaded: Loaded): RecordReader {
  return {
    get: (collection, id) => loaded[collection].get(id),
    find: (collection, query) => {
      const wanted = Object.entries(query.equals ?? {});
      return [...loaded[collection].values()].filter((record) =>
        wanted.every(([path, value]) => valueAt(record, path) === value),
      );
    },
  };
}

const valueAt = (record: object, path: string): unknown =>
  path
    .split('.')
    .reduce<unknown>(
      (value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined),
      record,
    );
