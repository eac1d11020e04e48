import { parsePlain } from './parse-plain.ts';
import { recordTexts } from './record-texts.ts';

/** What JSON text holds, and the text of each record in it. */
export interface ParsedApart {
  readonly value: unknown;
  readonly texts: RecordTexts;
}

/** The texts that records were parsed from, in UTF-8, by place in their list; undefined where there is no record. */
export type RecordTexts = readonly (Uint8Array | undefined)[];

type Item = { record: unknown };

/** Stands for a record while the rest is parsed. A word: whatever wrongly follows a record makes no other value of it. */
const placeholder = 'null';

/**
 * Parses a portion: `value` is what `JSON.parse` makes of it, and the text of each document's record is kept, because what is stored is
 * what came. `utf8` has to be well-formed UTF-8. Undefined where that cannot be done, also where it is no JSON; `JSON.parse` says then.
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
 * The same of an offer, but its records are left to be parsed one by one when their turn comes ({@link parseRecord}), so that nobody has to
 * keep all of them: null stands in their places. If one of their texts is no JSON, neither is the offer.
 */
export function parseOffer(utf8: Uint8Array): ParsedApart | undefined {
  try {
    return parseAround(Buffer.from(utf8.buffer, utf8.byteOffset, utf8.byteLength), 'rows');
  } catch {
    return undefined;
  }
}

/** The record that a text holds. Throws a `SyntaxError` if it is no JSON. */
export const parseRecord = (text: Uint8Array): unknown =>
  JSON.parse(Buffer.from(text.buffer, text.byteOffset, text.byteLength).toString('utf8'));

/** Items of a list, and the texts of the records that belong into them. */
interface ParsedAround extends ParsedApart {
  readonly items: readonly unknown[];
}

/** Parses what stands around the records. `list` names the member that holds them. Throws if that is no JSON. */
function parseAround(bytes: Buffer, list: 'documents' | 'rows'): ParsedAround | undefined {
  const texts = recordTexts(bytes, list);
  if (texts === undefined) return undefined;
  const value: unknown = JSON.parse(withoutRecords(bytes, texts));
  const items = itemsOf(value, list);
  const hasPlaces =
    items.length === texts.length &&
    texts.every((text, place) => text === undefined || isVacant(items[place]));
  return hasPlaces ? { value, texts, items } : undefined;
}

function withRecords(around: ParsedAround | undefined): ParsedApart | undefined {
  if (around === undefined) return undefined;
  const { value, texts, items } = around;
  for (let place = 0; place < texts.length; place += 1) {
    const text = texts[place];
    const item = items[place];
    if (text !== undefined && isVacant(item)) item.record = parseRecord(text);
  }
  return { value, texts };
}

/** The text with a placeholder for each record. */
function withoutRecords(bytes: Buffer, texts: RecordTexts): string {
  const rest = Buffer.allocUnsafe(bytes.length + texts.length * placeholder.length);
  let length = 0;
  let from = 0;
  for (const text of texts) {
    if (text === undefined) continue;
    const begin = text.byteOffset - bytes.byteOffset;
    length += bytes.copy(rest, length, from, begin);
    length += rest.write(placeholder, length, 'latin1');
    from = begin + text.length;
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
