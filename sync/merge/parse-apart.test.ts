import { describe, expect, it } from 'vitest';
import { parseApart, parseOffer, parseRecord } from './parse-apart.ts';

const parse = (text: string) => parseApart(Buffer.from(text));
const textsOf = (text: string) =>
  parse(text)?.texts.map((each) => (each === undefined ? undefined : Buffer.from(each).toString()));

const documents = [
  { seq: 1, record: { name: 'Gʻayrat "Ў"}]', list: [{ record: 0 }], deep: { documents: [] } } },
  { seq: 2, withdrawn: 'x' },
  { record: 'a\\"b', seq: 3 },
  { record: null },
  { record: [-0.5e3, true] },
];
const message = { type: 'portion', note: '"documents":[{"record":7}]', documents, after: { documents: 1 } };

describe('parseApart', () => {
  it.each([
    ['as it is sent', JSON.stringify(message)],
    ['with white space', JSON.stringify(message, null, ' \t')],
    ['without documents', '{"documents":[]}'],
    ['with a record that is a number', '{"documents":[{"record":-0},{"record": 12 },{"record":0}]}'],
    ['with a record twice', '{"documents":[{"record":1,"record":{"b":2}}]}'],
    ['with documents twice', '{"documents":[{"record":1}],"documents":[{"record":2},{"record":3}]}'],
    ['with a member of every object', '{"documents":[{"__proto__":{"record":1},"record":{"__proto__":2}}]}'],
  ])('makes the same of a message %s as JSON.parse', (_what, text) => {
    const parsed = parse(text);
    expect(parsed).toBeDefined();
    expect(parsed?.value).toStrictEqual(JSON.parse(text));
    expect(JSON.stringify(parsed?.value)).toBe(JSON.stringify(JSON.parse(text)));
  });

  it('finds the text of each record', () => {
    expect(textsOf(JSON.stringify(message))).toEqual(
      documents.map((each) => ('record' in each ? JSON.stringify(each.record) : undefined)),
    );
  });

  it.each([
    ['no JSON within a record', '{"documents":[{"record":{"a":}}]}'],
    ['an empty record', '{"documents":[{"record":}]}'],
    ['two records in one place', '{"documents":[{"record":1 2}]}'],
    ['an exponent behind a record', '{"documents":[{"record":{}e5}]}'],
    ['a fraction behind a record', '{"documents":[{"record":[].0}]}'],
    ['no JSON around the records', '{"documents":[{"record":1}],}'],
    ['something behind the message', '{"documents":[{"record":1}]}]'],
    ['names that only a parser reads', '{"documents":[{"rec\\u006frd":1}]}'],
    ['a sign in place of the colon', '{"documents":[{"record"-1}]}'],
    ['no documents', '{"rows":[{"record":1}]}'],
    ['another value', '[{"record":1}]'],
  ])('leaves %s to JSON.parse', (_what, text) => {
    expect(parse(text)).toBeUndefined();
  });

  it('never makes anything but what JSON.parse makes, wherever a text is broken', () => {
    const text = JSON.stringify(message);
    const signs = ['"', '\\', '{', '}', '[', ']', ',', ':', '0', '-', 'e', ' ', '', 'record'];
    let understood = 0;
    for (let at = 0; at < text.length; at += 1) {
      for (const sign of signs) {
        const broken = text.slice(0, at) + sign + text.slice(at + 1);
        const parsed = parse(broken);
        if (parsed === undefined) continue;
        understood += 1;
        expect(JSON.stringify(parsed.value)).toBe(JSON.stringify(JSON.parse(broken)));
      }
    }
    expect(understood).toBeGreaterThan(100);
  });
});

/** The offer with its records parsed, as whoever takes it does one by one. */
function offerOf(text: string): unknown {
  const parsed = parseOffer(Buffer.from(text));
  if (parsed === undefined) return undefined;
  const offer: { readonly rows: readonly object[] } = JSON.parse(JSON.stringify(parsed.value));
  const rows = offer.rows.map((row, place) => {
    const record = parsed.spans[place];
    return record === undefined ? row : { ...row, record: parseRecord(record) };
  });
  return { ...offer, rows };
}

describe('parseOffer', () => {
  const rows = [
    { op: 1, record: { a: 'Gʻ"}]', rows: [{ record: 0 }] } },
    { delta: { record: 1 } },
    { record: 'x' },
  ];
  const offer = { type: 'offer', note: '"rows":[{"record":7}]', rows, documents: [{ record: 1 }] };

  it.each([
    ['as it is sent', JSON.stringify(offer)],
    ['with white space', JSON.stringify(offer, null, ' \t')],
    ['with a record twice', '{"rows":[{"record":1,"record":{"b":2}}]}'],
    ['with rows twice', '{"rows":[{"record":1}],"rows":[{"record":2},{"record":3}]}'],
  ])('and its records make the same of an offer %s as JSON.parse', (_what, text) => {
    expect(JSON.stringify(offerOf(text))).toBe(JSON.stringify(JSON.parse(text)));
  });

  it('leaves the records out', () => {
    const parsed = parseOffer(Buffer.from(JSON.stringify(offer)));
    const left = [{ ...rows[0], record: null }, rows[1], { record: null }];
    expect(parsed?.value).toStrictEqual({ ...offer, rows: left });
  });

  it.each([
    ['no JSON within a record', '{"rows":[{"record":{"a":}}]}'],
    ['an empty record', '{"rows":[{"record":}]}'],
    ['a text without an end', '{"rows":[{"record":"}]}'],
    ['a record without an end', '{"rows":[{"record":{}]}'],
  ])('tells %s when it is to be parsed, at the latest', (_what, text) => {
    expect(() => offerOf(text) ?? JSON.parse(text)).toThrow(SyntaxError);
  });

  it('never makes anything but what JSON.parse makes, wherever a text is broken', () => {
    const text = JSON.stringify(offer);
    const signs = ['"', '\\', '{', '}', '[', ']', ',', ':', '0', '-', 'e', ' ', '', 'record'];
    const outcomeOf = (parse: () => unknown) => {
      try {
        return JSON.stringify(parse());
      } catch {
        return 'no JSON';
      }
    };
    let understood = 0;
    for (let at = 0; at < text.length; at += 1) {
      for (const sign of signs) {
        const broken = text.slice(0, at) + sign + text.slice(at + 1);
        const value = outcomeOf(() => offerOf(broken));
        if (value === undefined) continue;
        understood += 1;
        expect(value).toBe(outcomeOf(() => JSON.parse(broken)));
      }
    }
    expect(understood).toBeGreaterThan(100);
  });
});
