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
 * quickly what the record is (`copyCanonical`), has a revision of its own, or is long.
 */
export function sealText(
  op: OperationId,
  baseRev: Revision | null,
  collection: CollectionName,
  span: RecordSpan,
): SealedVersion | undefined {
  const begin = writeAscii(scratch, 0, headOf(op, baseRev, collection));
  const copied = copyAsItStands(begin, span) ?? copyCanonical(scratch, begin, span.utf8, span.begin);
  return copied === undefined ? undefined : seal({ bytes: scratch, begin, ...copied }, baseRev);
}

function copyAsItStands(begin: number, span: RecordSpan): CanonicalSpan | undefined {
  const moved = begin - span.begin;
  if (span.place === undefined || moved + span.end > scratch.length) return undefined;
  span.utf8.copy(scratch, begin, span.begin, span.end);
  return { place: moved + span.place, end: moved + span.end };
}

function seal(written: Written, baseRev: Revision | null): SealedVersion {
  const { bytes, begin, place, end } = written;
  const rev = revisionIn(written, baseRev);
  const member = `${place === begin + 1 ? '' : ','}"rev":"${rev}"${place === begin + 1 && end > place + 1 ? ',' : ''}`;
  const utf8 = Buffer.allocUnsafe(end - begin + member.length);
  bytes.copy(utf8, 0, begin, place);
  const rest = writeAscii(utf8, place - begin, member);
  bytes.copy(utf8, rest, place, end);
  return { rev, utf8 };
}

/** What a revision is made of, in `bytes` from the first to `end`. The record begins at `begin`, its revision belongs at `place`. */
interface Written {
  readonly bytes: Buffer;
  readonly begin: number;
  readonly place: number;
  readonly end: number;
}

function revisionIn({ bytes, end }: Written, baseRev: Revision | null): Revision {
  const digest = hash('sha256', bytes.subarray(0, end), 'hex').slice(0, 32);
  return `${versionOf(baseRev) + 1}-${digest}` as Revision;
}

/** Where records are written to be hashed; only ever between two lines of this file. */
let scratch = Buffer.allocUnsafeSlow(64 * 1024);
const largestKept = 4 * 1024 * 1024;

const headOf = (op: OperationId, baseRev: Revision | null, collection: CollectionName) =>
  `${op}\n${baseRev ?? ''}\n${collection}\n`;

function write(
  op: OperationId,
  baseRev: Revision | null,
  collection: CollectionName,
  record: Content,
): Written {
  const head = headOf(op, baseRev, collection);
  const written = writeInto(scratch, head, record);
  if (written.end <= written.bytes.length) return written;
  const larger = Buffer.allocUnsafeSlow(2 * written.end);
  if (larger.length <= largestKept) scratch = larger;
  return writeInto(larger, head, record);
}

function writeInto(bytes: Buffer, head: string, record: Content): Written {
  const begin = writeAscii(bytes, 0, head);
  let end = writeAscii(bytes, begin, '{');
  let place = end;
  const members: readonly unknown[] = Object.values(record);
  for (const labelled of orderOf(Object.keys(record))) {
    const member = members[labelled.place];
    if (labelled.key === 'rev' || member === undefined) continue;
    end = writeMember(bytes, end, labelled, member, end === begin + 1);
    if (labelled.key < 'rev') place = end;
  }
  return { bytes, begin, place, end: writeAscii(bytes, end, '}') };
}
