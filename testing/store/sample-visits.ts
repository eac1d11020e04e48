import {
  createRevision,
  fillWithDefaultSettings,
  getChangedDocumentsSince,
  getQueryMatcher,
  getSortComparator,
  type MangoQuery,
  normalizeMangoQuery,
  now,
  type PreparedQuery,
  prepareQuery,
  type RxDocumentData,
  type RxJsonSchema,
  type RxStorage,
  type RxStorageInstance,
} from 'rxdb';

/** A document like ours: an id, indexed fields at the top and below, and the rest. */
export interface Visit {
  readonly id: string;
  readonly day: string;
  readonly weight: number;
  readonly isUrgent: boolean;
  readonly body: { readonly patient: string; readonly notes: readonly string[]; readonly extra?: unknown };
}

export const visitSchema: RxJsonSchema<RxDocumentData<Visit>> = fillWithDefaultSettings<Visit>({
  version: 0,
  primaryKey: 'id',
  type: 'object',
  properties: {
    id: { type: 'string', maxLength: 40 },
    day: { type: 'string', maxLength: 40 },
    weight: { type: 'number', minimum: -1_000_000, maximum: 1_000_000, multipleOf: 0.01 },
    isUrgent: { type: 'boolean' },
    body: {
      type: 'object',
      properties: {
        patient: { type: 'string', maxLength: 40 },
        notes: { type: 'array', items: { type: 'string' } },
      },
      required: ['patient', 'notes'],
      additionalProperties: true,
    },
  },
  required: ['id', 'day', 'weight', 'isUrgent', 'body'],
  indexes: ['day', 'weight', ['body.patient', 'day'], ['isUrgent', 'weight']],
});

export const schemaWithAttachments: RxJsonSchema<RxDocumentData<Visit>> = { ...visitSchema, attachments: {} };

type VisitStorage = RxStorage<unknown, unknown>;
export type VisitInstance = RxStorageInstance<Visit, unknown, unknown, { id: string; lwt: number }>;

/** A storage under test, and how to end it. */
export interface StorageUnderTest {
  readonly storage: VisitStorage;
  close(): Promise<void>;
}

export async function openVisits(
  storage: VisitStorage,
  databaseName: string,
  schema: RxJsonSchema<RxDocumentData<Visit>> = visitSchema,
  collectionName = 'visits',
): Promise<VisitInstance> {
  return storage.createStorageInstance<Visit>({
    databaseInstanceToken: 'token',
    databaseName,
    collectionName,
    schema,
    options: {},
    multiInstance: false,
    devMode: false,
  });
}

export function visit(id: string, fields: Partial<Omit<Visit, 'id'>> = {}): RxDocumentData<Visit> {
  return {
    id,
    day: '2026-01-01',
    weight: 70,
    isUrgent: false,
    body: { patient: 'p1', notes: [] },
    ...fields,
    _deleted: false,
    _attachments: {},
    _meta: { lwt: now() },
    _rev: createRevision('token'),
  };
}

export function nextOf(
  previous: RxDocumentData<Visit>,
  fields: Partial<RxDocumentData<Visit>> = {},
): RxDocumentData<Visit> {
  return { ...previous, ...fields, _meta: { lwt: now() }, _rev: createRevision('token', previous) };
}

/** A query as RxDB hands it to a storage: normalised, planned, for living documents. */
export function prepared(query: MangoQuery<Visit>): PreparedQuery<Visit> {
  const normalized = normalizeMangoQuery(visitSchema, query);
  const living = { ...normalized, selector: { ...normalized.selector, _deleted: { $eq: false } } };
  return prepareQuery(visitSchema, living);
}

export const idsOf = (documents: readonly { readonly id: string }[]) => documents.map(({ id }) => id);

/** The answer by RxDB's matcher and comparator over all documents: slow and plain. */
export function answerByHand(
  documents: readonly RxDocumentData<Visit>[],
  { query }: PreparedQuery<Visit>,
): RxDocumentData<Visit>[] {
  const matches = getQueryMatcher(visitSchema, query);
  const end = typeof query.limit === 'number' ? query.skip + query.limit : undefined;
  return documents
    .filter((document) => matches(document))
    .sort(getSortComparator(visitSchema, query))
    .slice(query.skip, end);
}

/** What RxDB's own helper tells of changes. */
export async function changesSince(
  visits: VisitInstance,
  limit: number,
  checkpoint: { id: string; lwt: number } | undefined,
): Promise<{ documents: RxDocumentData<Visit>[]; checkpoint: { id: string; lwt: number } }> {
  return getChangedDocumentsSince(visits, limit, checkpoint);
}
