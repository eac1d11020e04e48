import { createHash } from 'node:crypto';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { OperationIdSchema, RevisionSchema } from '#contracts/ids.ts';
import { writeCanonical } from './canonical-bytes.ts';
import { canonicalJson } from './canonical-json.ts';
import { recordSpans } from './record-spans.ts';
import { type Content, revisionOf, sealText, sealVersion } from './revision.ts';

const op = v.parse(OperationIdSchema, '0199c000-0000-7000-8000-000000000001');
const base = v.parse(RevisionSchema, `3-${'a'.repeat(32)}`);

/** The definition (docs/specs/sync.md REV-1), slowly. */
function slowly(content: object): string {
  const text = `${op}\n${base}\nvisits\n${canonicalJson(content)}`;
  return `4-${createHash('sha256').update(text).digest('hex').slice(0, 32)}`;
}

/** Any object stands for a record here: what counts is its text. */
const isContent = (_value: object): _value is Content => true;
function contentOf(value: object): Content {
  if (!isContent(value)) throw new Error('Everything is content here.');
  return value;
}

const texts = ['', 'plain', 'oʻ', 'қ', '"\\', '\ud800', '\u0007\u007f', '\ud83d\ude00'];
const numbers = [
  0, -0, 7, 10, 999_999, 1_000_000, 1_000_001, 999_999_999_999, 1_764_000_000_123, 999_999_999_999_999, 1e15,
  -5, 36.6, 1e-7, 1e21,
];
const contents: readonly object[] = [
  {},
  { id: 'x' },
  { rev: base },
  { scope: 'x' },
  { id: 'x', scope: 'y', zebra: null },
  { zebra: 1, rev: base, author: 'a', retained: true, res: false },
  { scope: 'x', body: { rev: 'own', texts, numbers, 'a"b': [[], {}, { ʻ: undefined, b: [true, null] }] } },
  { body: 'қ'.repeat(50_000), scope: 'x' },
  { body: 'x'.repeat(200_000), scope: Array.from({ length: 9_000 }, (_unused, index) => index * 131) },
  { scope: 'after a large one' },
];

describe('a revision', () => {
  it('is made of operation, base, collection and canonical content without its own', () => {
    for (const content of contents) {
      const { rev: _own, ...rest } = contentOf(content);
      expect(revisionOf(op, base, 'visits', contentOf(content))).toBe(slowly(rest));
    }
  });

  it('is sealed into the canonical text of the record', () => {
    for (const content of contents) {
      const { rev, utf8 } = sealVersion(op, base, 'visits', contentOf(content));
      expect(rev).toBe(slowly({ ...content, rev: undefined }));
      expect(utf8.toString()).toBe(canonicalJson({ ...content, rev }));
    }
  });

  it('is the same of the text of the record', () => {
    let sealed = 0;
    for (const content of contents) {
      const { rev: _own, ...rest } = contentOf(content);
      const text = JSON.stringify(rest);
      const [span] = recordSpans(Buffer.from(`{"rows":[{"record":${text}}]}`), 'rows') ?? [];
      if (span === undefined) throw new Error('not found');
      const found = sealText(op, base, 'visits', span);
      if (found === undefined) continue;
      sealed += 1;
      expect(found).toEqual(sealVersion(op, base, 'visits', contentOf(JSON.parse(text))));
    }
    expect(sealed).toBeGreaterThan(5);
  });

  it('is not changed by the next one', () => {
    const { utf8 } = sealVersion(op, base, 'visits', contentOf({ id: 'first' }));
    sealVersion(op, base, 'visits', contentOf({ id: 'other' }));
    expect(utf8.toString()).toContain('first');
  });

  it('refuses what JSON cannot hold', () => {
    for (const odd of [Number.NaN, Number.POSITIVE_INFINITY, () => 1, [undefined]]) {
      expect(() => revisionOf(op, base, 'visits', contentOf({ body: odd }))).toThrow(TypeError);
    }
  });
});

describe('canonical bytes', () => {
  it('say how much room they take where there is less', () => {
    for (const value of [...contents, texts, numbers]) {
      const text = Buffer.from(canonicalJson(value));
      for (const room of [0, 1, 2, 7, text.length - 1, text.length]) {
        const bytes = Buffer.alloc(Math.max(room, 0));
        const end = writeCanonical(bytes, 0, value);
        expect(end).toBeGreaterThanOrEqual(text.length);
        if (end <= bytes.length) expect(bytes.subarray(0, end)).toEqual(text);
      }
      const roomy = Buffer.alloc(3 * text.length + 8);
      expect(roomy.subarray(0, writeCanonical(roomy, 0, value))).toEqual(text);
    }
  });
});
