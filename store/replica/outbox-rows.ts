import * as v from 'valibot';
import type { OutboxRow } from '#clinic/ports/replica.ts';
import { ErrorCodeSchema } from '#contracts/errors.ts';
import { OperationIdSchema, RecordIdSchema, RevisionSchema } from '#contracts/ids.ts';
import { quickCheck } from '#contracts/quick-check.ts';
import { LaneSchema } from '#contracts/records/record.ts';
import { type AnyRecord, CollectionNameSchema } from '#contracts/records/registry.ts';
import type { Connection, SqlValue } from '../sqlcipher/connection.ts';
import { recordFromText } from './record-tables.ts';

/** Texts read as one piece; rows of one piece keep each other's text in memory. */
const textsTogether = 100;

/** Which rows, and how they are sorted: by lane of travel and then writing, or by writing alone. */
export interface RowsWanted {
  /** What follows `FROM outbox`, with its order and limit. It speaks of the table `outbox` alone. */
  readonly clause: string;
  readonly parameters: readonly SqlValue[];
  readonly order: 'travel' | 'writing';
}

/**
 * Outbox rows as they are kept. Thousands are read to be offered: their columns come as one JSON text and their records as few
 * blobs, because the driver takes several times as long to make a value of each.
 */
export function readOutboxRows(connection: Connection, wanted: RowsWanted): OutboxRow[] {
  const kept = keptRows(connection, wanted);
  const rows: OutboxRow[] = [];
  for (let from = 0; from < kept.length; from += textsTogether) {
    const together = kept.slice(from, from + textsTogether);
    const texts = readTexts(connection, together.map(seqOf));
    for (const row of together) rows.push(toOutboxRow(row, texts));
  }
  return rows;
}

const columns = `seq, travel_lane, op, aside, collection, record_id, rev, lane, base_rev, at, supersedes, state, center_seq,
  accepted_at, refusal`;

/** The values of {@link columns}. */
type KeptRow = readonly [seq: number, travelLane: number, ...others: readonly unknown[]];
const isKeptRow = (row: unknown): row is KeptRow =>
  Array.isArray(row) && typeof row[0] === 'number' && typeof row[1] === 'number';
const seqOf = ([seq]: KeptRow): number => seq;

function keptRows(connection: Connection, { clause, parameters, order }: RowsWanted): readonly KeptRow[] {
  const text = connection
    .prepare(`SELECT json_group_array(json_array(${columns})) FROM (SELECT ${columns} FROM outbox ${clause})`)
    .value(parameters);
  const rows: unknown = JSON.parse(String(text));
  if (!Array.isArray(rows) || !rows.every(isKeptRow)) throw new TypeError('not rows of the outbox');
  // SQLite promises no order of what an aggregate takes in, although it comes so.
  return rows.sort(order === 'travel' ? byTravel : byWriting);
}

const byWriting = ([left]: KeptRow, [right]: KeptRow): number => left - right;
const byTravel = ([leftSeq, left]: KeptRow, [rightSeq, right]: KeptRow): number =>
  left - right || leftSeq - rightSeq;

/** The texts of some rows, one behind the other. */
interface Texts {
  readonly utf8: Buffer;
  /** Which text is that of a row. */
  readonly placeBySeq: ReadonlyMap<number, number>;
  /** Where each text begins, and behind them where the last one ends. */
  readonly bounds: readonly number[];
}

/** The aggregates see the rows in the same order, whichever it is. */
const selectPiece = `SELECT json_group_array(seq) AS seqs, json_group_array(octet_length(record)) AS lengths,
    CAST(group_concat(record, '') AS BLOB) AS utf8
  FROM json_each(?) AS wanted CROSS JOIN outbox_text ON outbox_text.seq = wanted.value`;
const areNumbers = quickCheck(v.array(v.number()));

function readTexts(connection: Connection, seqs: readonly number[]): Texts {
  const [piece] = connection.prepare(selectPiece).rows([JSON.stringify(seqs)]);
  const bytes = piece?.utf8;
  if (!(bytes instanceof Uint8Array)) throw new TypeError('outbox rows without their texts');
  const bounds = [0];
  let end = 0;
  for (const length of numbersOf(piece?.lengths)) {
    end += length;
    bounds.push(end);
  }
  if (end !== bytes.length) throw new TypeError('texts of the outbox of other lengths');
  const placeBySeq = new Map<number, number>();
  for (const seq of numbersOf(piece?.seqs)) placeBySeq.set(seq, placeBySeq.size);
  return { utf8: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), placeBySeq, bounds };
}

function numbersOf(text: SqlValue | undefined): readonly number[] {
  const numbers: unknown = JSON.parse(String(text));
  if (!areNumbers(numbers)) throw new TypeError('not numbers');
  return numbers;
}

const FilledSchema = v.object({
  op: OperationIdSchema,
  collection: CollectionNameSchema,
  lane: LaneSchema,
  baseRev: v.nullable(RevisionSchema),
  id: RecordIdSchema,
  rev: RevisionSchema,
  at: v.number(),
  state: v.picklist(['pending', 'accepted', 'quarantined']),
  centerSeq: v.nullable(v.number()),
  acceptedAt: v.nullable(v.number()),
  refusal: v.nullable(ErrorCodeSchema),
});
type Filled = v.InferOutput<typeof FilledSchema>;
const isFilled = quickCheck(FilledSchema);
const SupersedesSchema = v.array(OperationIdSchema);

function toOutboxRow(kept: KeptRow, { utf8, placeBySeq, bounds }: Texts): OutboxRow {
  const [
    seq,
    ,
    op,
    aside,
    collection,
    id,
    rev,
    lane,
    baseRev,
    at,
    supersedes,
    state,
    centerSeq,
    acceptedAt,
    refusal,
  ] = kept;
  const filled = { op, collection, lane, baseRev, id, rev, at, state, centerSeq, acceptedAt, refusal };
  if (!isFilled(filled)) throw new TypeError('not a row of the outbox');
  const place = placeBySeq.get(seq) ?? -1;
  const [begin, end] = [bounds[place], bounds[place + 1]];
  if (begin === undefined || end === undefined) throw new TypeError('an outbox row without its text');
  const row = new ReadRow(seq, filled, aside === 1, { utf8, begin, end });
  if (typeof supersedes === 'string') row.supersedes = v.parse(SupersedesSchema, JSON.parse(supersedes));
  return row;
}

/** Where a row's text lies among others. */
interface TextPlace {
  readonly utf8: Buffer;
  readonly begin: number;
  readonly end: number;
}

class ReadRow implements OutboxRow {
  readonly seq: number;
  readonly op: Filled['op'];
  readonly isAside: boolean;
  readonly collection: Filled['collection'];
  readonly lane: Filled['lane'];
  readonly baseRev: Filled['baseRev'];
  readonly id: Filled['id'];
  readonly rev: Filled['rev'];
  readonly at: number;
  declare supersedes?: Filled['op'][];
  readonly state: Filled['state'];
  readonly centerSeq: number | null;
  readonly acceptedAt: number | null;
  readonly refusal: Filled['refusal'];
  readonly #texts: Buffer;
  readonly #begin: number;
  readonly #end: number;
  #record: AnyRecord | undefined;

  constructor(seq: number, filled: Filled, isAside: boolean, { utf8, begin, end }: TextPlace) {
    this.seq = seq;
    this.op = filled.op;
    this.isAside = isAside;
    this.collection = filled.collection;
    this.lane = filled.lane;
    this.baseRev = filled.baseRev;
    this.id = filled.id;
    this.rev = filled.rev;
    this.at = filled.at;
    this.state = filled.state;
    this.centerSeq = filled.centerSeq;
    this.acceptedAt = filled.acceptedAt;
    this.refusal = filled.refusal;
    this.#texts = utf8;
    this.#begin = begin;
    this.#end = end;
  }

  /** Made anew each time: rows wait in thousands, and their text is asked for once. */
  get utf8(): Buffer {
    return this.#texts.subarray(this.#begin, this.#end);
  }

  /** Thousands of rows are offered as they are. */
  get record(): AnyRecord {
    this.#record ??= recordFromText(this.collection, this.utf8.toString('utf8'));
    return this.#record;
  }
}
