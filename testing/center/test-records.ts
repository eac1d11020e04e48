import { randomBytes } from 'node:crypto';
import * as v from 'valibot';
import { uuidV7 } from '#center/uuid.ts';
import {
  DeviceIdSchema,
  HlcSchema,
  type OperationId,
  OperationIdSchema,
  PersonIdSchema,
  RecordIdSchema,
  type Revision,
  RevisionSchema,
  type Scope,
  ScopeSchema,
} from '#contracts/ids.ts';
import { type CollectionName, type RecordOf, recordSchemas } from '#contracts/records/registry.ts';
import { makeDelta } from '#sync/merge/record-delta.ts';
import { revisionOf } from '#sync/merge/revision.ts';

const clock = { now: () => Date.now() };
const random = { bytes: (length: number) => randomBytes(length) };
const uuid = () => uuidV7(clock, random);

export const newRecordId = () => v.parse(RecordIdSchema, uuid());
export const newOperationId = () => v.parse(OperationIdSchema, uuid());
export const someDevice = v.parse(DeviceIdSchema, uuid());
export const somePerson = v.parse(PersonIdSchema, uuid());
export const facilityA = v.parse(ScopeSchema, 'SAM000123');
export const facilityB = v.parse(ScopeSchema, 'BUX000456');

const envelope = (id: string, scope: Scope) => ({
  id: v.parse(RecordIdSchema, id),
  scope,
  author: somePerson,
  device: someDevice,
  capturedAt: Date.now(),
  hlc: v.parse(HlcSchema, '0199b0000000-0000-00000001'),
});

/** Any record as it is before it has a revision. */
export type Unrevised = Omit<RecordOf<CollectionName>, 'rev'>;

export function patient(scope: Scope, family = 'Qodirova', id: string = newRecordId()): Unrevised {
  const body: RecordOf<'patients'>['body'] = {
    name: { family, given: 'Gulnora' },
    sex: 'female',
    birth: { date: '1985-03-12' },
    allergyStatus: 'not-recorded',
    allergies: [],
    problems: [],
  };
  return { ...envelope(id, scope), body };
}

export function staffMember(scope: Scope, family = 'Karimova', id: string = newRecordId()): Unrevised {
  const body: RecordOf<'staff'>['body'] = {
    name: { family, given: 'Nodira' },
    roles: ['nurse'],
    active: true,
  };
  return { ...envelope(id, scope), body };
}

/** The record that tells workstations about a facility. */
export function facilityRecord(scope: Scope): RecordOf<'reference'> {
  const body: RecordOf<'reference'>['body'] = {
    kind: 'facility',
    code: scope,
    name: {
      'uz-Latn': `Punkt ${scope}`,
      'uz-Cyrl': `Пункт ${scope}`,
      ru: `Пункт ${scope}`,
      en: `Point ${scope}`,
    },
    district: '1718203',
    mahallas: [],
    isTraining: true,
  };
  const content = { ...envelope(newRecordId(), scope), body };
  return { ...content, rev: revisionOf(newOperationId(), null, 'reference', content) };
}

/** A sound row of a push. */
export interface TestRow {
  readonly op: OperationId;
  readonly collection: CollectionName;
  readonly id: string;
  readonly baseRev: Revision | null;
  readonly rev: Revision;
  readonly record: Unrevised & { readonly rev: Revision };
}

/** The row that writes `content` on top of `baseRev`. */
export function rowFor(
  collection: CollectionName,
  content: Unrevised,
  baseRev: Revision | null = null,
  op = newOperationId(),
): TestRow {
  const rev = revisionOf(op, baseRev, collection, content);
  return { op, collection, id: content.id, baseRev, rev, record: { ...content, rev } };
}

/** A patient of the given scope, as a row for a new record. */
export const patientRow = (scope: Scope, family?: string) => rowFor('patients', patient(scope, family));

/** The patient as a workstation of `scope` brings the record back to a center that lost it: as its own, and new. */
export function broughtBack(scope: Scope, { record }: TestRow): TestRow {
  const { rev: _lost, ...content } = record;
  return rowFor('patients', { ...content, scope });
}

/** The same patient with another family name. */
export function renamed(row: TestRow, family: string, baseRev: Revision = row.rev): TestRow {
  return rowFor(row.collection, patient(row.record.scope, family, row.id), baseRev);
}

/** The same write as a row of an offer, whole. */
export function offered({ op, collection, baseRev, rev, record }: TestRow) {
  const { rev: _own, ...content } = record;
  return { op, collection, base: baseRev, check: rev.slice(-8), record: content };
}

/** The same write as a row of an offer that the center is to put aside. */
export const aside = (row: TestRow) => ({ ...offered(row), aside: true });

/** The same write as a row of an offer, as a difference to `base`. */
export function offeredDelta({ op, collection, baseRev, rev, record }: TestRow, base: TestRow) {
  const delta = makeDelta(base.record, record);
  if (delta === undefined) throw new Error('no difference says it');
  return { op, collection, id: record.id, base: baseRev, check: rev.slice(-8), delta };
}

export const aRevision = (digit: string, version = 1) =>
  v.parse(RevisionSchema, `${version}-${digit.repeat(32)}`);

/** Parses what came from a center as a record. */
export const parsePatient = (value: unknown) => v.parse(recordSchemas.patients, value);
