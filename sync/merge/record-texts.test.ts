import { describe, expect, it } from 'vitest';
import { recordTexts } from './record-texts.ts';

const textsOf = (text: string) => {
  const texts = recordTexts(Buffer.from(text), 'documents');
  return texts?.map((bytes) => (bytes === undefined ? undefined : Buffer.from(bytes).toString('utf8')));
};

/** What has to hold of whatever is found: it is what `JSON.parse` makes of the whole. */
function recordsAgree(text: string): void {
  const parsed: { readonly documents: readonly { readonly record?: unknown }[] } = JSON.parse(text);
  const texts = textsOf(text);
  if (texts === undefined) throw new Error('not found');
  expect(texts.map((each) => (each === undefined ? undefined : JSON.parse(each)))).toEqual(
    parsed.documents.map(({ record }) => record),
  );
}

describe('recordTexts', () => {
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
    const texts = recordTexts(Buffer.from(text), 'rows');
    expect(texts?.map((bytes) => bytes && Buffer.from(bytes).toString())).toEqual(['{"a":1}', undefined]);
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
      expect(() => recordTexts(Buffer.from(text.slice(0, length)), 'documents')).not.toThrow();
    }
  });
});
