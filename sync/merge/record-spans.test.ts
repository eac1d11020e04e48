import { describe, expect, it } from 'vitest';
import { canonicalJson } from './canonical-json.ts';
import { type RecordSpan, recordSpans } from './record-spans.ts';

const textOf = (span: RecordSpan | undefined) => span?.utf8.toString('utf8', span.begin, span.end);
const textsOf = (text: string) => {
  return recordSpans(Buffer.from(text), 'documents')?.map(textOf);
};

type Items = readonly { readonly record?: unknown }[];

/** What has to hold of whatever is found: it is what `JSON.parse` makes of the whole. */
function recordsAgree(text: string): void {
  const parsed: { readonly documents: Items } = JSON.parse(text);
  expect(textsOf(text)?.map(valueOfText)).toEqual(parsed.documents.map(({ record }) => record));
  const rows = text.replaceAll('"documents"', '"rows"');
  const offer: { readonly rows: Items } = JSON.parse(rows);
  const spans = recordSpans(Buffer.from(rows), 'rows');
  expect(spans?.map(textOf).map(valueOfText)).toEqual(offer.rows.map(({ record }) => record));
  for (const span of spans ?? []) {
    if (span?.place !== undefined) expect(textOf(span)).toBe(canonicalJson(valueOfText(textOf(span))));
  }
}

const valueOfText = (text: string | undefined): unknown =>
  text === undefined ? undefined : JSON.parse(text);

describe('recordSpans', () => {
  it('finds each record as it was written', () => {
    const first = '{"id":"a","body":{"text":"ўзбек \\"}],{ \\\\","list":[[],{}]}}';
    const text = `{"type":"portion","documents":[{"seq":1,"record":${first}},{"seq":2,"withdrawn":"x"},{"record":{},"seq":3}]}`;
    expect(textsOf(text)).toEqual([first, undefined, '{}']);
    recordsAgree(text);
  });

  it.each([
    [
      'white space',
      ' {\n"documents" : [ {"record" :\t{ "a" : 1 } , "seq":1 } , {"record":{"b":[1, 2]} } ] }',
    ],
    [
      'names that come twice',
      '{"documents":[{"record":0}],"documents":[{"record":{"a":1},"record":{"a":2}}]}',
    ],
    [
      'names inside',
      '{"x":{"documents":[]},"documents":[{"x":{"record":1},"y":"record","record":{"record":2}}]}',
    ],
    [
      'other values',
      '{"documents":[{"seq":-1.5e3,"x":null,"y":true,"record":null},{"record":12},{"record":"\\\\"}]}',
    ],
    ['members behind', '{"documents":[{"record":{"a":"\\\\\\""}}],"crc":5}'],
    ['no documents', '{"documents":[]}'],
    ['no documents, but space', '{"documents":[ ]}'],
  ])('agrees with a parser about %s', (_name, text) => recordsAgree(text));

  it('finds the records of rows as well', () => {
    const text =
      '{"type":"offer","documents":[{"record":0}],"rows":[{"op":"a","record":{"a":1}},{"delta":{"record":{}}}]}';
    const spans = recordSpans(Buffer.from(text), 'rows');
    expect(spans?.map(textOf)).toEqual(['{"a":1}', undefined]);
  });

  it.each([
    ['{"id":"x","scope":"y"}', '{"id":"x"'],
    ['{"id":"x"}', '{"id":"x"'],
    ['{"scope":"y"}', '{'],
    ['{"scope":"y","id":"x"}', undefined],
    ['{"id":"x","rev":"1-a"}', undefined],
    ['{"id": "x"}', undefined],
    ['{"id":["x}"]}', '{"id":["x}"]'],
    ['["id"]', undefined],
  ])('sees where the revision of %s belongs, if it stands in order', (record, before) => {
    const text = `{"rows":[{"op":"ў","record":${record}},{"record":${record},"op":1}]}`;
    const spans = recordSpans(Buffer.from(text), 'rows') ?? [];
    expect(spans.map(textOf)).toEqual([record, record]);
    const found = spans.map(
      (span) => span && span.place && span.utf8.toString('utf8', span.begin, span.place),
    );
    expect(found).toEqual([before, before]);
  });

  it.each([
    ['a name with escapes', '{"documents":[{"record":{"a":1},"\\u0072ecord":{"a":2}}]}'],
    ['an outer name with escapes', '{"documents":[],"\\u0064ocuments":[{"record":{}}]}'],
    ['documents that are no objects', '{"documents":[1]}'],
    ['no list', '{"documents":{}}'],
    ['no documents', '{"type":"portion"}'],
    ['nothing', ''],
  ])('leaves %s to the parser', (_name, text) => expect(textsOf(text)).toBeUndefined());

  it('agrees with a parser about texts of all kinds', () => {
    let state = 7;
    const below = (count: number) => {
      state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
      return Math.floor((state / 2 ** 31) * count);
    };
    const texts = [
      '""',
      '"\\\\"',
      '"\\""',
      '"]}{["',
      '"ў\\u0022😀"',
      '"record"',
      '"documents"',
      '",\\"rev\\":"',
    ];
    const words = ['0', '-1.5e3', 'true', 'false', 'null', ...texts];
    const gap = () => ['', '', ' ', '\n\t'][below(4)] ?? '';
    const list = (item: () => string) =>
      Array.from({ length: below(4) }, () => gap() + item() + gap()).join();
    const member = (depth: number) =>
      `${['"record"', '"documents"', '"a"', '""'][below(4)]}${gap()}:${gap()}${value(depth)}`;
    const value = (depth: number): string => {
      if (depth === 0 || below(3) === 0) return words[below(words.length)] ?? '0';
      return below(2) === 0 ? `[${list(() => value(depth - 1))}]` : `{${list(() => member(depth - 1))}}`;
    };
    for (let round = 0; round < 500; round += 1) {
      recordsAgree(`{"crc":1${gap()},"documents":[${list(() => `{${list(() => member(3))}}`)}]${gap()}}`);
    }
  });

  it('ends on whatever is no JSON', () => {
    const text = '{"documents":[{"seq":1,"record":{"a":["\\\\x",{}]}},{"record":{}}]}';
    for (let length = 0; length < text.length; length += 1) {
      expect(() => recordSpans(Buffer.from(text.slice(0, length)), 'documents')).not.toThrow();
    }
  });
});
