import { describe, expect, it } from 'vitest';
import { parsePlain } from './parse-plain.ts';

const first = '{"id":"a","body":{"text":"Gʻayrat \\"}},{\\"seq\\":1\\\\","list":[[],{}]}}';
const second = '{"id":"b","body":{}}';
const head = '{"type":"portion","since":0,"crc":5';
const plain = (one: string, other: string, from = head) =>
  `${from},"documents":[{"seq":7,"collection":"visits","record":${one}},{"seq":12,"collection":"patients","record":${other}}]}`;
const parse = (text: string) => parsePlain(Buffer.from(text));

describe('parsePlain', () => {
  it.each([
    ['as it is sent', plain(first, second)],
    ['of one document', `${head},"documents":[{"seq":0,"collection":"visits","record":${second}}]}`],
    ['with space in the records', plain('{"a" :\t[ 1 , 2 ] }', '{ "b":{"c":null} }')],
    ['with space in front', plain(first, second, ' {"type" : "portion"')],
    ['with documents twice', plain(first, second, '{"documents":5,"type":"portion"')],
    ['with names of a prototype', plain('{"__proto__":{"a":1}}', second, '{"__proto__":3')],
  ])('makes the same of a portion %s as JSON.parse, and finds the text of each record', (_what, text) => {
    const parsed = parse(text);
    const expected: { readonly documents: readonly { readonly record: unknown }[] } = JSON.parse(text);
    expect(parsed?.value).toStrictEqual(expected);
    expect(JSON.stringify(parsed?.value)).toBe(JSON.stringify(expected));
    const texts = parsed?.texts.map((each) => Buffer.from(each ?? []).toString()) ?? [];
    expect(texts.map((each): unknown => JSON.parse(each))).toEqual(
      expected.documents.map(({ record }) => record),
    );
    for (const each of texts) expect(each).toMatch(/^\{.*\}$/s);
  });

  const within = '{"list":[{"x":{}},{"seq":8,"collection":"visits","record":{"y":{}}}]}';
  it.each([
    ['documents within a record', plain(within, second)],
    ['documents within the last record', plain(first, within)],
    ['a member behind a record', plain(`${second},"x":{}`, second)],
    ['a record twice', plain(`${second},"record":{"c":1}`, second)],
    ['a record that is no object', plain('"x}}"', second)],
    ['space around a record', plain(` ${second}`, second)],
    ['a document without record', `${head},"documents":[{"seq":7,"collection":"visits","withdrawn":"x"}]}`],
    ['no documents', `${head},"documents":[]}`],
    ['documents that do not come last', plain(first, second).replace(/\}$/, ',"x":[{"y":{}}]}')],
    ['documents of a member', `{"x":{"documents":[{"seq":7,"collection":"visits","record":{}}]}}`],
    ['a number with a zero in front', plain(first, second).replace('"seq":12', '"seq":012')],
    ['a number with a fraction', plain(first, second).replace('"seq":12', '"seq":1.5')],
    ['a number of many digits', plain(first, second).replace('"seq":12', '"seq":1234567890123456')],
    ['no number', plain(first, second).replace('"seq":12', '"seq":')],
    ['a name with escapes', plain(first, second).replace('patients', 'p\\u0061tients')],
  ])('leaves %s to others', (_what, text) => {
    expect(parse(text)).toBeUndefined();
  });

  it('never makes anything but what JSON.parse makes, wherever a portion is broken', () => {
    const text = plain('{"id":"a","x":["}},{",{"y":{}}]}', second, '{"type":"portion"');
    const signs = [
      '"',
      '\\',
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '0',
      '-',
      'e',
      ' ',
      '',
      '}}',
      '},{"seq":1',
      'record',
    ];
    let understood = 0;
    for (let at = 0; at < text.length; at += 1) {
      for (const sign of signs) {
        for (const broken of [
          text.slice(0, at) + sign + text.slice(at + 1),
          text.slice(0, at) + sign + text.slice(at),
        ]) {
          const parsed = parse(broken);
          if (parsed === undefined) continue;
          understood += 1;
          const { documents }: { readonly documents: readonly { readonly record: unknown }[] } =
            JSON.parse(broken);
          expect(JSON.stringify(parsed.value)).toBe(JSON.stringify(JSON.parse(broken)));
          expect(
            parsed.texts.map((each) => JSON.stringify(JSON.parse(Buffer.from(each ?? []).toString()))),
          ).toEqual(documents.map(({ record }) => JSON.stringify(record)));
        }
      }
    }
    expect(understood).toBeGreaterThan(300);
  });
});
