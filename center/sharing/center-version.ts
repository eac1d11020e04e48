import { createHash } from 'node:crypto';
import * as v from 'valibot';
import {
  DeviceIdSchema,
  type Hlc,
  HlcSchema,
  type OperationId,
  OperationIdSchema,
  PersonIdSchema,
  type Revision,
  type Scope,
} from '#contracts/ids.ts';
import {
  type AnyRecord,
  type BodyByCollection,
  type CollectionName,
  type RecordOf,
  recordSchemas,
} from '#contracts/records/registry.ts';
import { revisionOf } from '#sync/merge/revision.ts';

const schemas: { readonly [C in CollectionName]: v.GenericSchema<unknown, RecordOf<C>> } = recordSchemas;

/**
 * Reads a stored record, with the fields that only a newer program knows. Throws if it is none: ingest lets nothing else in.
 */
export function readStored<C extends CollectionName>(collection: C, text: string): RecordOf<C> {
  const raw: unknown = JSON.parse(text);
  if (!isUnderstoodAs(v.parse(schemas[collection], raw), raw)) throw new Error('Not a record.');
  return raw;
}

/** No record schema changes what it reads, so what was understood may be used as it came. */
function isUnderstoodAs<Understood>(_understood: Understood, value: unknown): value is Understood {
  return typeof value === 'object';
}

/** The version the center writes on top of a stored one: a new body, perhaps a new home. */
export interface CenterVersion {
  readonly op: OperationId;
  readonly rev: Revision;
  readonly baseRev: Revision;
  readonly text: string;
  readonly record: AnyRecord;
}

/**
 * Makes the next version of a stored record with the center as its author. The operation is named by what it is for, so
 * that doing it again makes the same operation. Fields that this program does not know stay.
 */
export function makeCenterVersion<C extends CollectionName>(
  collection: C,
  before: RecordOf<C>,
  change: { readonly body: BodyByCollection[C]; readonly scope?: Scope },
  by: { readonly center: string; readonly at: number; readonly purpose: string },
): CenterVersion {
  // Why the version before was entered late says nothing about this one.
  const { enteredLate: _of, rev: _replaced, ...kept } = before;
  const content = {
    ...kept,
    scope: change.scope ?? before.scope,
    author: v.parse(PersonIdSchema, by.center),
    device: v.parse(DeviceIdSchema, by.center),
    capturedAt: by.at,
    hlc: clockAfter(before.hlc, by.at, by.center),
    body: change.body,
  };
  const op = v.parse(OperationIdSchema, idFor(`${by.purpose}\n${before.id}\n${before.rev}`));
  const rev = revisionOf(op, before.rev, collection, content);
  const record = { ...content, rev };
  return { op, rev, baseRev: before.rev, text: JSON.stringify(record), record };
}

/** A UUID that stands for `text`: the same text always gives the same one. Version 8 (RFC 9562, section 5.8). */
export function idFor(text: string): string {
  const digest = createHash('sha256').update(`hamshira sharing\n${text}`).digest('hex');
  const variant = ((Number.parseInt(digest.slice(16, 18), 16) & 0x3f) | 0x80).toString(16);
  return [
    digest.slice(0, 8),
    digest.slice(8, 12),
    `8${digest.slice(13, 16)}`,
    `${variant}${digest.slice(18, 20)}`,
    digest.slice(20, 32),
  ].join('-');
}

const largestMilliseconds = 2 ** 48 - 1;
const largestCounter = 0xffff;

/** A clock value after `before` (docs/specs/sync.md HLC-1). */
export function clockAfter(before: Hlc, now: number, center: string): Hlc {
  const wall = Math.min(Math.max(Math.trunc(now), 0), largestMilliseconds);
  const last = Number.parseInt(before.slice(0, 12), 16);
  const counter = Number.parseInt(before.slice(13, 17), 16);
  const isFull = counter >= largestCounter;
  const [milliseconds, tick] =
    wall > last ? [wall, 0] : isFull ? [Math.min(last + 1, largestMilliseconds), 0] : [last, counter + 1];
  const hex = (value: number, length: number) => value.toString(16).padStart(length, '0');
  return v.parse(HlcSchema, `${hex(milliseconds, 12)}-${hex(tick, 4)}-${center.slice(-8)}`);
}
