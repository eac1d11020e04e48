import { hash } from 'node:crypto';
import type { OperationId, Revision } from '#contracts/ids.ts';
import type { AnyRecord, CollectionName } from '#contracts/records/registry.ts';
import { writeAscii, writeMember } from './canonical-bytes.ts';
import { copyCanonical } from './canonical-copy.ts';
import type { CanonicalSpan } from './canonical-walk.ts';
import { orderOf } from './key-order.ts';
import type { RecordSpan } from './record-spans.ts';

/** The version number in front of a revision; 0 for no revision. */
export function versionOf(revision: Revision | null): number {
  return revision === null ? 0 : Number.parseInt(revision, 10);
}

/** What a record holds; a revision it has already does not count. */
export type Content = Omit<AnyRecord, 'rev'> & { readonly rev?: Revision };

/** A version with the revision its content has. */
export interface SealedVersion {
  readonly rev: Revision;
  /** Canonical JSON of the record, revision included, in UTF-8. */
  readonly utf8: Buffer;
}

/**
 * The revision of a record written by operation `op` on top of `baseRev` (docs/specs/sync.md REV-1):
 * the next version number and the first 128 bits of SHA-256 over operation, collection and content. Two different
 * writes never share one, and the same write sent twice always does.
 */
export function revisionOf(
  op: OperationId,
  baseRev: Revision | null,
  collection: CollectionName,
  record: Content,
): Revision {
  return revisionIn(write(op, baseRev, collection, record), baseRev);
}

/** {@link revisionOf}, and the text of the record that has it, for little more. */
export function sealVersion(
  op: OperationId,
  baseRev: Revision | null,
  collection: CollectionName,
  record: Content,
): SealedVersion {
  return seal(write(op, baseRev, collection, record), baseRev);
}

/**
 * {@link sealVersion} of the record that stands there and was parsed. Undefined if its text does not say
 * quickly what the record is (`copyCanonical`), or has a revision of its own.
 */
export function sealText(
  op: OperationId,
  baseRev: Revision | null,
  collection: CollectionName,
  span: RecordSpan,
): SealedVersion | undefined {
  const head = headOf(op, baseRev, collection);
  // Twice, because members are put in order by way of the room behind them.
  makeRoom(head.length + 2 * (span.end - span.begin) + mostOfRevision);
  const begin = writeAscii(slab, filled, head);
  const copied = copyAsItStands(begin, span) ?? copyCanonical(slab, begin, span.utf8, span.begin);
  return copied && seal({ begin, ...copied }, baseRev);
}

function copyAsItStands(
  begin: number,
  { utf8, begin: from, end, place }: RecordSpan,
): CanonicalSpan | undefined {
  if (place === undefined) return undefined;
  utf8.copy(slab, begin, from, end);
  return { place: begin + place - from, end: begin + end - from };
}

function seal(written: Written, baseRev: Revision | null): SealedVersion {
  const { begin, place, end } = written;
  const rev = revisionIn(written, baseRev);
  const isFirst = place === begin + 1;
  const member = `${isFirst ? '' : ','}"rev":"${rev}"${isFirst && end > place + 1 ? ',' : ''}`;
  slab.copyWithin(place + member.length, place, end);
  writeAscii(slab, place, member);
  filled = end + member.length;
  return { rev, utf8: slab.subarray(begin, filled) };
}

/** What a revision is made of, in the slab from `filled` to `end`. The record begins at `begin`, its revision belongs at `place`. */
interface Written extends CanonicalSpan {
  readonly begin: number;
}

function revisionIn({ end }: Written, baseRev: Revision | null): Revision {
  const digest = hash('sha256', slab.subarray(filled, end), 'hex').slice(0, 32);
  return `${versionOf(baseRev) + 1}-${digest}` as Revision;
}

/** A hundred records and more: buffers of their own would cost more than what is written into them. */
const slabLength = 256 * 1024;
/** Name, quotes and commas included. */
const mostOfRevision = 64;

/** Where records are written to be hashed, and stay if they are sealed: up to `filled` there is something that is used elsewhere. */
let slab = Buffer.allocUnsafeSlow(slabLength);
let filled = 0;

function makeRoom(length: number): void {
  if (slab.length - filled >= length) return;
  slab = Buffer.allocUnsafeSlow(Math.max(slabLength, length));
  filled = 0;
}

const headOf = (op: OperationId, baseRev: Revision | null, collection: CollectionName) =>
  `${op}\n${baseRev ?? ''}\n${collection}\n`;

function write(
  op: OperationId,
  baseRev: Revision | null,
  collection: CollectionName,
  record: Content,
): Written {
  const head = headOf(op, baseRev, collection);
  const written = writeBehind(head, record);
  if (written.end + mostOfRevision <= slab.length) return written;
  makeRoom(2 * (written.end - filled) + mostOfRevision);
  return writeBehind(head, record);
}

function writeBehind(head: string, record: Content): Written {
  const begin = writeAscii(slab, filled, head);
  let end = writeAscii(slab, begin, '{');
  let place = end;
  const members: readonly unknown[] = Object.values(record);
  for (const labelled of orderOf(Object.keys(record))) {
    const member = members[labelled.place];
    if (labelled.key === 'rev' || member === undefined) continue;
    end = writeMember(slab, end, labelled, member, end === begin + 1);
    if (labelled.key < 'rev') place = end;
  }
  return { begin, place, end: writeAscii(slab, end, '}') };
}
