import { canonicalSpan } from './canonical-walk.ts';
import { backslash, closeList, closeObject, comma, openList, openObject, quote } from './json-signs.ts';

/** Where a record stands in the JSON text of its message. */
export interface RecordSpan {
  readonly utf8: Buffer;
  readonly begin: number;
  readonly end: number;
  /** Where its revision belongs, if it stands there as its canonical JSON (`canonicalSpan`); undefined where that was not seen. */
  readonly place: number | undefined;
}

/** By place in their list; undefined where there is no record. */
export type RecordSpans = readonly (RecordSpan | undefined)[];

/**
 * Where the `record` of each document lies in the JSON text of a portion, or of each row in that of an offer; undefined for one without.
 * `list` names the member that holds them. In JSON text that is what `JSON.parse` makes of it; of other bytes what is found means
 * nothing, unless a span proves to be JSON by itself: then what it says of its own text is true. Undefined where it cannot be told without
 * parsing (a name written with escapes).
 */
export function recordSpans(utf8: Buffer, list: 'documents' | 'rows'): RecordSpans | undefined {
  let spans: (RecordSpan | undefined)[] | undefined;
  // Records of an offer are hashed (REV-1), those of a portion are not.
  const spanAt = list === 'rows' ? canonicalOrPlain : plainSpan;
  const end = walkObject(utf8, behindSpace(utf8, 0), list, (from) => {
    spans = [];
    return walkList(utf8, from, spanAt, spans);
  });
  return end === undefined ? undefined : spans;
}

const space = 0x20;
/** Says where the value ends that begins at `from`; undefined where it gives up. */
type Walk = (from: number) => number | undefined;

type SpanAt = (utf8: Buffer, begin: number) => RecordSpan;

const plainSpan: SpanAt = (utf8, begin) => ({
  utf8,
  begin,
  end: endOfValue(utf8, begin),
  place: undefined,
});

/** Workstations write records in canonical order (`canonical-order.ts`): most are walked through once. */
const canonicalOrPlain: SpanAt = (utf8, begin) => {
  const span = canonicalSpan(utf8, begin);
  return span === undefined ? plainSpan(utf8, begin) : { utf8, begin, end: span.end, place: span.place };
};

/** Adds the span of each object's `record` to `spans`; the last where a name comes twice, as `JSON.parse` has it. */
function walkList(
  utf8: Buffer,
  from: number,
  spanAt: SpanAt,
  spans: (RecordSpan | undefined)[],
): number | undefined {
  if (utf8[from] !== openList) return undefined;
  let record: RecordSpan | undefined;
  const take: Walk = (begin) => {
    record = spanAt(utf8, begin);
    return record.end;
  };
  let at = behindSpace(utf8, from + 1);
  while (utf8[at] !== closeList) {
    record = undefined;
    const end = walkObject(utf8, at, 'record', take);
    if (end === undefined) return undefined;
    spans.push(record);
    at = behindComma(utf8, end);
  }
  return at + 1;
}

/** Walks the object that begins at `from`, through its members called `name` by `walk`. Undefined also for a name that only a parser reads. */
function walkObject(utf8: Uint8Array, from: number, name: string, walk: Walk): number | undefined {
  if (utf8[from] !== openObject) return undefined;
  let at = behindSpace(utf8, from + 1);
  while (utf8[at] !== closeObject) {
    if (utf8[at] !== quote) return undefined;
    const end = endOfText(utf8, at);
    if (hasEscape(utf8, at, end)) return undefined;
    const begin = behindSpace(utf8, behindSpace(utf8, end) + 1);
    const next = isText(utf8, at + 1, end - 1, name) ? walk(begin) : endOfValue(utf8, begin);
    if (next === undefined) return undefined;
    at = behindComma(utf8, next);
  }
  return at + 1;
}

/** The place behind the value that begins at `from`. */
function endOfValue(utf8: Uint8Array, from: number): number {
  const first = utf8[from];
  if (first === quote) return endOfText(utf8, from);
  if (first !== openObject && first !== openList) return endOfWord(utf8, from);
  let depth = 0;
  for (let at = from; at < utf8.length; at += 1) {
    const byte = utf8[at];
    if (byte === quote) at = endOfText(utf8, at) - 1;
    else if (byte === openObject || byte === openList) depth += 1;
    else if (byte === closeObject || byte === closeList) {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return utf8.length;
}

/** The place behind the quoted text that begins at `from`. */
function endOfText(utf8: Uint8Array, from: number): number {
  for (let at = from + 1; at < utf8.length; at += 1) {
    const byte = utf8[at];
    if (byte === quote) return at + 1;
    if (byte === backslash) at += 1;
  }
  return utf8.length;
}

/** The place behind a number, `true`, `false` or `null`. */
function endOfWord(utf8: Uint8Array, from: number): number {
  for (let at = from; at < utf8.length; at += 1) {
    const byte = utf8[at] ?? comma;
    if (byte === comma || byte === closeObject || byte === closeList || byte <= space) return at;
  }
  return utf8.length;
}

function behindComma(utf8: Uint8Array, from: number): number {
  const at = behindSpace(utf8, from);
  return utf8[at] === comma ? behindSpace(utf8, at + 1) : at;
}

function behindSpace(utf8: Uint8Array, from: number): number {
  let at = from;
  while ((utf8[at] ?? quote) <= space) at += 1;
  return at;
}

function hasEscape(utf8: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at += 1) if (utf8[at] === backslash) return true;
  return false;
}

function isText(utf8: Uint8Array, from: number, to: number, text: string): boolean {
  if (to - from !== text.length) return false;
  for (let place = 0; place < text.length; place += 1) {
    if (utf8[from + place] !== text.charCodeAt(place)) return false;
  }
  return true;
}
