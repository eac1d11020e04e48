import * as v from 'valibot';
import type { OutboxDraft } from '#clinic/ports/replica.ts';
import {
  OperationIdSchema,
  type RecordId,
  RecordIdSchema,
  type Revision,
  RevisionSchema,
} from '#contracts/ids.ts';
import { type RecordOf, recordSchemas } from '#contracts/records/registry.ts';

/** A lower-case UUIDv7 that says its number. */
export const uuid = (number: number): string => `0192f0c1-0000-7000-8000-${String(number).padStart(12, '0')}`;

export const recordId = (number: number): RecordId => v.parse(RecordIdSchema, uuid(number));

/** The revision of version `version`, told apart by `mark`, a hex digit. */
export const revision = (version: number, mark = '0'): Revision =>
  v.parse(RevisionSchema, `${version}-${mark.repeat(32)}`);

const envelope = (number: number, version: number) => ({
  id: uuid(number),
  scope: 'TST000001',
  rev: revision(version),
  author: uuid(900_001),
  device: uuid(900_002),
  capturedAt: 1_760_000_000_000 + number,
  hlc: '019a00000000-0000-00000001',
});

export interface VisitFields {
  readonly day?: string;
  readonly reason?: string;
  readonly patient?: number;
  readonly version?: number;
}

/** A visit that fits its schema. */
export function visitRecord(number: number, fields: VisitFields = {}): RecordOf<'visits'> {
  return v.parse(recordSchemas.visits, {
    ...envelope(number, fields.version ?? 1),
    body: {
      patientId: uuid(fields.patient ?? 500_000),
      day: fields.day ?? '2026-03-01',
      reason: fields.reason ?? 'headache',
      urgency: 'routine',
      entries: [],
    },
  });
}

/** A patient that fits its schema. */
export function patientRecord(number: number, family = 'Karimova', given = 'Nodira'): RecordOf<'patients'> {
  return v.parse(recordSchemas.patients, {
    ...envelope(number, 1),
    body: {
      name: { family, given },
      sex: 'female',
      birth: { date: '1985-03-12' },
      allergyStatus: 'not-recorded',
      allergies: [],
      problems: [],
    },
  });
}

/** A referral that fits its schema. */
export function requestRecord(number: number): RecordOf<'requests'> {
  return v.parse(recordSchemas.requests, {
    ...envelope(number, 1),
    body: {
      matter: { kind: 'referral', patientId: uuid(500_000), to: 'TST000002', reason: 'ultrasound' },
      urgency: 'routine',
      events: [],
    },
  });
}

/** An outbox row for a record; `op` says its number. */
export function draftOf(op: number, record: RecordOf<'visits'>, lane: OutboxDraft['lane'] = 1): OutboxDraft {
  return {
    op: v.parse(OperationIdSchema, uuid(op)),
    collection: 'visits',
    lane,
    baseRev: null,
    record,
    at: 1_760_000_000_000 + op,
  };
}
