import { describe, expect, it } from 'vitest';
import { writeCanonical } from './canonical-bytes.ts';
import { copyCanonical } from './canonical-copy.ts';
import { canonicalSpan } from './canonical-walk.ts';

const room = Buffer.alloc(256 * 1024);
const other = Buffer.alloc(1024 * 1024);
const behind = 7;

/** What was copied, and the member names in front of the place of a revision; undefined if it was not. */
function copyOf(text: string, prefix = '') {
  const copied = copyCanonical(room, behind, Buffer.from(prefix + text), Buffer.byteLength(prefix));
  if (copied === undefined) return undefined;
  const { place, end } = copied;
  return { text: room.toString('utf8', behind, end), before: room.toString('utf8', behind, place) };
}

function writtenOf(text: string): string {
  return other.toString('utf8', 0, writeCanonical(other, 0, JSON.parse(text)));
}

/** The text of the members before `rev`, without the end of the object. */
function beforeRevision(text: string): string {
  const members: readonly (readonly [string, unknown])[] = Object.entries(JSON.parse(text));
  const before = Object.fromEntries(members.filter(([name]) => name < 'rev'));
  return writtenOf(JSON.stringify(before)).slice(0, -1);
}

function expectSame(text: string): void {
  expect(copyOf(text)).toEqual({ text: writtenOf(text), before: beforeRevision(text) });
}

describe('copyCanonical', () => {
  it.each([
    '{}',
    '{"id":"x"}',
    '{"scope":"y","id":"x","author":null,"body":{"b":1,"a":[true,{"d":2,"c":false}],"aa":[]}}',
    '{"zebra":{},"yak":[],"re":1,"reva":2,"reu":3}',
    '{"a":[0,7,-5,36.6,-0.5,0.000001,999999999999999,100.25],"b":120}',
    '{"text":"oʻ қ 😀 \\"quoted\\" \\\\ \\n\\t\\r\\b\\f \u007f","sign":"/"}',
    `{"long":"${'қ'.repeat(9_000)}","body":{"z":"${'x'.repeat(90)}","y":1},"a":0}`,
  ])('writes %s as it is written of its value', (text) => expectSame(text));

  it('begins and ends where it is told', () => {
    expect(copyOf('{"b":1,"a":2},"record":3}', '{"rows":[')).toEqual({
      text: '{"a":2,"b":1}',
      before: '{"a":2,"b":1',
    });
  });

  it.each([
    ['no object', '[]'],
    ['a revision', '{"id":"x","rev":"1-a"}'],
    ['white space', '{"a": 1}'],
    ['white space behind', '{"a":1 }'],
    ['white space in a list', '{"a":[ ]}'],
    ['an escape that is not needed', '{"a":"\\u0061"}'],
    ['an escaped stroke', '{"a":"\\/"}'],
    ['a lone surrogate', '{"a":"\\ud800"}'],
    ['an escaped name', '{"\\u0061":1}'],
    ['a name beyond ASCII', '{"қ":1}'],
    ['a name with a blank', '{"a b":1,"a":2}'],
    ['a name that comes twice in order', '{"a":1,"a":2}'],
    ['a name that comes twice', '{"b":1,"a":1,"b":2}'],
    ['a name that comes twice inside', '{"x":[{"a":1,"c":1,"b":1,"c":2}]}'],
    ['an exponent', '{"a":1e3}'],
    ['a zero at the end', '{"a":1.50}'],
    ['a fraction of nothing', '{"a":1.0}'],
    ['less than nothing', '{"a":-0}'],
    ['a small fraction', '{"a":0.0000001}'],
    ['many digits', '{"a":9007199254740993}'],
    ['a fraction of many digits', '{"a":0.30000000000000004}'],
    ['many members', JSON.stringify(Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`n${i}`, i])))],
    ['a deep value', `{"a":${'['.repeat(40)}${']'.repeat(40)}}`],
    ['what does not fit', `{"a":"${'x'.repeat(256 * 1024)}"}`],
    ['unordered members without room to be ordered in', `{"b":"${'x'.repeat(150 * 1024)}","a":1}`],
    ['unordered members that do not fit', `{"b":"${'x'.repeat(256 * 1024)}","a":1}`],
  ])('leaves %s to the parser', (_name, text) => expect(copyOf(text)).toBeUndefined());

  it('writes texts of all kinds as they are written of their values, or leaves them', () => {
    const random = createRandom(11);
    let copied = 0;
    for (let round = 0; round < 6_000; round += 1) {
      const isOdd = random(3) === 0;
      const text = objectText(random, 0, isOdd);
      const copy = copyOf(text);
      if (copy === undefined) {
        if (!isOdd) throw new Error(`not copied: ${text}`);
        continue;
      }
      copied += 1;
      const isSame = copy.text === writtenOf(text) && copy.before === beforeRevision(text);
      if (!isSame) throw new Error(`copied ${text} as ${copy.text}`);
    }
    expect(copied).toBeGreaterThan(3_000);
  });
});

/** What stands there, if it is told to be canonical, and the members in front of the place of a revision. */
function spanOf(text: string, prefix = '') {
  const utf8 = Buffer.from(prefix + text);
  const from = Buffer.byteLength(prefix);
  const span = canonicalSpan(utf8, from);
  if (span === undefined) return undefined;
  return { text: utf8.toString('utf8', from, span.end), before: utf8.toString('utf8', from, span.place) };
}

describe('canonicalSpan', () => {
  it.each([
    '{}',
    '{"id":"x"}',
    '{"author":null,"body":{"a":[true,{"c":false,"d":2}],"aa":[],"b":1},"id":"x","scope":"y"}',
    '{"re":1,"reu":3,"reva":2,"yak":[],"zebra":{}}',
    '{"a":[0,7,-5,36.6,-0.5,0.000001,999999999999999,100.25],"b":120}',
    '{"sign":"/","text":"oʻ қ 😀 \\"quoted\\" \\\\ \\n\\t\\r\\b\\f \u007f"}',
    `{"a":0,"body":{"y":1,"z":"${'x'.repeat(90)}"},"long":"${'қ'.repeat(90_000)}"}`,
    '{"10":1,"9":{"1":2,"__proto__":{},"a":3},"__proto__":{"a":1}}',
  ])('knows %s', (text) => {
    const known = { text: writtenOf(text), before: beforeRevision(text) };
    expect(known.text).toBe(text);
    expect(spanOf(text)).toEqual(known);
    expect(spanOf(text, '{"rows":[')).toEqual(known);
    const followed = spanOf(`${text},"record":3}`, '{"rows":[');
    expect(followed).toEqual(known);
  });

  it.each([
    '{"b":1,"a":2}',
    '{"a":1,"a":2}',
    '{"a":1,"b":2,"a":3}',
    '{"a":[{"b":{"d":1,"c":2}}]}',
    '{"a":{"b":1,"b":2}}',
    '{"id":"x","rev":"1-a","scope":"y"}',
    '{"9":1,"10":2}',
    '{"reva":1,"re":2}',
    '[]',
    '{"a": 1}',
    '{"a":1 }',
    '{"a":[ ]}',
    '{"a" :1}',
    '{"a":"\\u0061"}',
    '{"a":"\\/"}',
    '{"a":"\\ud800"}',
    '{"x":[{"a":"\\u0022"}]}',
    '{"\\u0061":1}',
    '{"a\\"":1}',
    '{"x":{"\\u0061":1}}',
    '{"қ":1}',
    // In order by bytes of UTF-8, but not by UTF-16 units, which is what counts.
    '{"\ue000":1,"😀":2}',
    '{"a b":1}',
    '{"a":1,"a!":2}',
    '{"a":1e3}',
    '{"a":1.50}',
    '{"a":1.0}',
    '{"a":-0}',
    '{"a":-0.0}',
    '{"a":1e21}',
    '{"a":0.0000001}',
    '{"a":9007199254740993}',
    '{"a":0.30000000000000004}',
    `{"a":${'['.repeat(24)}${']'.repeat(24)}}`,
    `{"a":${'{"a":'.repeat(24)}1${'}'.repeat(24)}}`,
  ])('does not take %s for canonical', (text) => expect(spanOf(text)).toBeUndefined());

  it('knows texts of all kinds only if they are what is written of their values', () => {
    const random = createRandom(23);
    let known = 0;
    for (let round = 0; round < 6_000; round += 1) {
      const isOdd = random(3) === 0;
      const [made, canonical] = [objectText(random, 0, isOdd), writtenOf(objectText(random, 0, false))];
      if (spanOf(canonical) === undefined) throw new Error(`not known: ${canonical}`);
      for (const text of [made, canonical]) {
        const span = spanOf(text);
        const isCanonical = writtenOf(text) === text;
        if (span === undefined && isCanonical && !isOdd) throw new Error(`not known: ${text}`);
        if (span === undefined) continue;
        known += 1;
        const isSame = isCanonical && span.text === text && span.before === beforeRevision(text);
        if (!isSame) throw new Error(`took ${text} for canonical`);
      }
    }
    expect(known).toBeGreaterThan(6_000);
  });

  it('ends where the text was cut off', () => {
    const text = Buffer.from('{"a":[1,{"b":"x\\"y"}],"c":true,"d":-1.5}');
    for (let end = 0; end < text.length; end += 1) {
      expect(canonicalSpan(text.subarray(0, end), 0)).toBeUndefined();
    }
  });
});

type Below = (count: number) => number;

function createRandom(seed: number): Below {
  let state = seed;
  return (count) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 1;
    return Math.floor((state / 2 ** 31) * count);
  };
}

const names = ['a', 'b', 'ab', 'id', 're', 'reva', 'scope', 'capturedAt', '10', '9', '__proto__', 'A_b-c.d'];
const plainWords = ['0', '12', '-3', '36.6', '-0.25', 'true', 'false', 'null', '""', '"a,b"', '"ў😀\\n\\\\"'];
const oddNames = [...names, 'rev', 'ў', 'a b', '!', '\\u0061', '\\"', ''];
const oddWords = [...plainWords, '1e3', '1.0', '-0', '1E-7', '"\\u0022"', '"\\/"', '1234567890123456789'];

const pick = <Item>(random: Below, items: readonly Item[]): Item => {
  const item = items[random(items.length)];
  if (item === undefined) throw new Error('nothing to pick');
  return item;
};
const gap = (random: Below, isOdd: boolean) => (isOdd && random(20) === 0 ? ' ' : '');

function valueText(random: Below, depth: number, isOdd: boolean): string {
  const kind = depth > 4 ? 0 : random(4);
  if (kind === 1) return objectText(random, depth, isOdd);
  if (kind === 2) {
    const items = Array.from({ length: random(4) }, () => valueText(random, depth + 1, isOdd));
    return `[${items.join(`,${gap(random, isOdd)}`)}]`;
  }
  return pick(random, isOdd && random(4) === 0 ? oddWords : plainWords);
}

function objectText(random: Below, depth: number, isOdd: boolean): string {
  const all = Array.from({ length: random(9) }, () =>
    pick(random, isOdd && random(6) === 0 ? oddNames : names),
  );
  const some = isOdd ? all : [...new Set(all)];
  const members = some.map((name) => `"${name}":${gap(random, isOdd)}${valueText(random, depth + 1, isOdd)}`);
  return `{${members.join(',')}${gap(random, isOdd)}}`;
}
