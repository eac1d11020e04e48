import * as v from 'valibot';
import { DaySchema, type Instant, type OperationId, OperationIdSchema } from '#contracts/ids.ts';
import type { AnyRecord, CollectionName } from '#contracts/records/registry.ts';
import { makeDelta } from '#sync/merge/record-delta.ts';
import { revisionOf } from '#sync/merge/revision.ts';
import { ascendingRandom, uuidV7 } from '#sync/uuid-v7.ts';
import type { DistrictRecord } from '#testing/district/envelopes.ts';
import { generateDistrict } from '#testing/district/generate-district.ts';
import { createSeededRandom, type SeededRandom } from '#testing/district/seeded-random.ts';

const seed = 20_260;
const epoch = '0197a2b0-1c2d-7e3f-8a4b-5c6d7e8f9a0b';
const today = v.parse(DaySchema, '2026-06-01');

/**
 * Messages as workstations and the center exchange them, about people who do not exist (testing/district): offers of whole
 * records and of differences, outcomes, portions, and the small ones. The same every time.
 */
export function sampleMessages(patients: number): readonly string[] {
  const random = createSeededRandom(seed);
  const records = [...generateDistrict({ seed, patients, facilities: 1, years: 1, today })].sort(
    (left, right) => left.record.capturedAt - right.record.capturedAt,
  );
  const offers = createOfferWriter(random);
  return records.flatMap((written, index) => [
    ...offers(written),
    ...(index % 3 === 0 ? [portion(records.slice(index, index + 3), index, random)] : []),
    ...(index % 20 === 0 ? smallMessages(written.record.capturedAt, index, random) : []),
  ]);
}

/** Writes the offers that bring a record to the center, each with its outcome. */
function createOfferWriter(random: SeededRandom): (written: DistrictRecord) => readonly string[] {
  const operations = ascendingRandom(random);
  const operationAt = (at: Instant) => v.parse(OperationIdSchema, uuidV7(at, operations));
  let batch = 0;
  const offer = (at: Instant, ...rows: readonly unknown[]): readonly string[] => {
    batch += 1;
    const outcomes = rows.map((_row, index) => batch * 4 + index);
    const outcome = { type: 'outcomes', batch, at: at + random.integer(200, 1900), outcomes };
    return [JSON.stringify({ type: 'offer', batch, rows }), JSON.stringify(outcome)];
  };
  return ({ collection, record }) => {
    const at = record.capturedAt;
    const step = (base: AnyRecord | null, next: AnyRecord) =>
      changeRow(collection, base, next, operationAt(at));
    if (collection === 'visits') {
      const [begun, examined] = [1, 3].map((count) => withFirst('entries', record, count));
      if (begun === undefined || examined === undefined) return [];
      return [
        ...offer(at, step(null, begun)),
        ...offer(at, step(begun, examined)),
        ...offer(at, step(examined, record)),
      ];
    }
    if (collection !== 'patients' || !random.chance(0.4)) return offer(at, step(null, record));
    const planned = plannedVisit(record, operationAt(at));
    return offer(
      at,
      step(null, record),
      step(withFirst('problems', record, 0), record),
      changeRow('visits', null, planned, operationAt(at)),
      changeRow('requests', null, referral(record, operationAt(at)), operationAt(at)),
    );
  };
}

/** The row of one write: whole without a base, otherwise as the difference. */
function changeRow(
  collection: CollectionName,
  base: AnyRecord | null,
  next: AnyRecord,
  op: OperationId,
): unknown {
  const check = revisionOf(op, base?.rev ?? null, collection, next).slice(-8);
  const delta = base === null ? undefined : makeDelta(base, next);
  if (base !== null && delta !== undefined)
    return { op, collection, check, base: base.rev, id: next.id, delta };
  const { rev: _computed, ...record } = next;
  return { op, collection, check, base: null, record };
}

/** The record as it was when a list of its body held only the first items. */
function withFirst(list: string, record: AnyRecord, count: number): AnyRecord {
  const body: Readonly<Record<string, unknown>> = { ...record.body };
  const items = body[list];
  return { ...record, body: { ...record.body, [list]: Array.isArray(items) ? items.slice(0, count) : [] } };
}

function plannedVisit(patient: AnyRecord, id: OperationId): AnyRecord {
  const { capturedAt: at, author: by } = patient;
  const entries = [{ id, at, by, kind: 'state', state: 'planned' }];
  const day = new Date(at + 30 * 86_400_000).toISOString().slice(0, 10);
  return withBody(patient, id, {
    patientId: patient.id,
    day,
    reason: 'Nazorat koʻrigi',
    urgency: 'routine',
    entries,
  });
}

function referral(patient: AnyRecord, id: OperationId): AnyRecord {
  const { capturedAt: at, author: by } = patient;
  const reason = 'Mutaxassis koʻrigi, EKG';
  const matter = {
    kind: 'referral',
    patientId: patient.id,
    to: 'TRN000002',
    reason,
    icd10: 'I10',
    visitId: id,
  };
  return withBody(patient, id, { matter, urgency: 'routine', events: [{ id, at, by, kind: 'sent' }] });
}

/** A record beside another one, of the same person and moment. */
const withBody = (beside: AnyRecord, id: string, body: unknown): AnyRecord =>
  Object.assign({ ...beside }, { id, body });

function portion(records: readonly DistrictRecord[], since: number, random: SeededRandom): string {
  const documents = records.map(({ collection, record }, index) => ({
    seq: since + index + 1,
    collection,
    record,
  }));
  const through = since + documents.length;
  const crc = random.integer(0, 0xffff_ffff);
  return JSON.stringify({
    type: 'portion',
    flow: 3,
    epoch,
    since,
    through,
    head: through + 40,
    documents,
    crc,
  });
}

function smallMessages(at: Instant, index: number, random: SeededRandom): readonly string[] {
  const [flow, scope, portionBytes] = [index % 12, 'TRN000001', 16_384 * (1 + (index % 3))];
  const oldestPendingAt = index % 2 === 0 ? null : at;
  return [
    { type: 'confirm-ticket', ticket: Buffer.from(random.bytes(32)).toString('hex') },
    { type: 'follow', flow, scope, lane: index % 4, since: index * 7, credit: 4, portionBytes },
    { type: 'grant', flow, credit: 1 + (index % 8), portionBytes },
    { type: 'durable', scope, seq: index * 7 },
    { type: 'digest', request: index, scope },
    {
      type: 'status',
      backlog: index % 5,
      oldestPendingAt,
      quarantined: 0,
      openReviews: index % 3,
      healed: 0,
      clock: at,
    },
  ].map((message) => JSON.stringify(message));
}
