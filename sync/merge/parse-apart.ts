import { parsePlain } from './parse-plain.ts';
import { recordTexts } from './record-texts.ts';

/** What JSON text holds, and the text of each record in it. */
export interface ParsedApart {
  /** What `JSON.parse` makes of the text. */
  readonly value: unknown;
  readonly texts: RecordTexts;
}

/** The texts that records were parsed from, in UTF-8, by place in their list; undefined where there is no record. */
export type RecordTexts = readonly (Uint8Array | undefined)[];

type Item = { record: unknown };

/** Stands for a record while the rest is parsed. A word: whatever wrongly follows a record makes no other value of it. */
const placeholder = 'null';

/**
 * Parses a message with a list of records and keeps the text of each: what is stored and hashed is what came. `utf8` has to be
 * well-formed UTF-8. `list` names the member that holds them. Undefined where that cannot be done, also where it is no JSON;
 * `JSON.parse` says then.
 */
export function parseApart(utf8: Uint8Array, list: 'documents' | 'rows'): ParsedApart | undefined {
  const bytes = Buffer.from(utf8.buffer, utf8.byteOffset, utf8.byteLength);
  const plain = list === 'documents' ? parsePlain(bytes) : undefined;
  if (plain !== undefined) return plain;
  const texts = recordTexts(bytes, list);
  if (texts === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(withoutRecords(bytes, texts));
    return putBack(itemsOf(value, list), bytes, texts) ? { value, texts } : undefined;
  } catch {
    return undefined;
  }
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

/** False if a record has no place to go to. */
function putBack(items: readonly unknown[], bytes: Buffer, texts: RecordTexts): boolean {
  if (items.length !== texts.length) return false;
  for (let place = 0; place < texts.length; place += 1) {
    const text = texts[place];
    if (text === undefined) continue;
    const item = items[place];
    if (!isVacant(item)) return false;
    const begin = text.byteOffset - bytes.byteOffset;
    item.record = JSON.parse(bytes.toString('utf8', begin, begin + text.length));
  }
  return true;
}

const isVacant = (item: unknown): item is Item =>
  typeof item === 'object' && item !== null && 'record' in item && item.record === null;
