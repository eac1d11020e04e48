import { parsePlain } from './parse-plain.ts';
import { type RecordSpan, type RecordSpans, recordSpans } from './record-spans.ts';

/** What the JSON text of a portion holds, and the text of each record in it. */
export interface ParsedApart {
  /** What `JSON.parse` makes of the text. */
  readonly value: unknown;
  readonly texts: RecordTexts;
}

/** The texts that records were parsed from, in UTF-8, by place in their list; undefined where there is no record. */
export type RecordTexts = readonly (Uint8Array | undefined)[];

/** What the JSON text of an offer holds, with null for each of its records, and where those stand. */
export interface ParsedOffer {
  readonly value: unknown;
  readonly spans: RecordSpans;
}

type Item = { record: unknown };

/** Stands for a record while the rest is parsed. A word: whatever wrongly follows a record makes no other value of it. */
const placeholder = 'null';

/**
 * Parses a portion and keeps the text of each document's record: what is stored is what came. `utf8` has to be well-formed UTF-8.
 * Undefined where that cannot be done, also where it is no JSON; `JSON.parse` says then.
 */
export function parseApart(utf8: Uint8Array): ParsedApart | undefined {
  const bytes = Buffer.from(utf8.buffer, utf8.byteOffset, utf8.byteLength);
  try {
    return parsePlain(bytes) ?? withRecords(parseAround(bytes, 'documents'));
  } catch {
    return undefined;
  }
}

/**
 * Parses an offer without its records. They are to be parsed one by one when their turn comes ({@link parseRecord}), so that nobody
 * has to keep all of them; if one of them is no JSON, neither is the offer. `utf8` and undefined as for {@link parseApart}.
 */
export function parseOffer(utf8: Uint8Array): ParsedOffer | undefined {
  const bytes = Buffer.from(utf8.buffer, utf8.byteOffset, utf8.byteLength);
  try {
    return parseAround(bytes, 'rows');
  } catch {
    return undefined;
  }
}

/** The record that stands there. Throws a `SyntaxError` if it is no JSON. */
export const parseRecord = ({ utf8, begin, end }: RecordSpan): unknown =>
  JSON.parse(utf8.toString('utf8', begin, end));

/** With the items of the list that the records belong into. */
interface ParsedAround extends ParsedOffer {
  readonly items: readonly unknown[];
}

/** Undefined if a record has no place to go to. `list` names the member that holds them. Throws if it is no JSON. */
function parseAround(bytes: Buffer, list: 'documents' | 'rows'): ParsedAround | undefined {
  const spans = recordSpans(bytes, list);
  if (spans === undefined) return undefined;
  const value: unknown = JSON.parse(withoutRecords(bytes, spans));
  const items = itemsOf(value, list);
  if (items.length !== spans.length) return undefined;
  return spans.every((span, place) => span === undefined || isVacant(items[place]))
    ? { value, items, spans }
    : undefined;
}

function withRecords(around: ParsedAround | undefined): ParsedApart | undefined {
  if (around === undefined) return undefined;
  const { value, items, spans } = around;
  for (let place = 0; place < spans.length; place += 1) {
    const span = spans[place];
    const item = items[place];
    if (span !== undefined && isVacant(item)) item.record = parseRecord(span);
  }
  return { value, texts: spans.map((span) => span?.utf8.subarray(span.begin, span.end)) };
}

/** The text with a placeholder for each record. */
function withoutRecords(bytes: Buffer, spans: RecordSpans): string {
  const rest = Buffer.allocUnsafe(bytes.length + spans.length * placeholder.length);
  let length = 0;
  let from = 0;
  for (const span of spans) {
    if (span === undefined) continue;
    length += bytes.copy(rest, length, from, span.begin);
    length += rest.write(placeholder, length, 'latin1');
    from = span.end;
  }
  length += bytes.copy(rest, length, from);
  return rest.toString('utf8', 0, length);
}

function itemsOf(value: unknown, list: 'documents' | 'rows'): readonly unknown[] {
  const items: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, list) : undefined;
  return Array.isArray(items) ? items : [];
}

const isVacant = (item: unknown): item is Item =>
  typeof item === 'object' && item !== null && 'record' in item && item.record === null;
