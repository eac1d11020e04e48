import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { OperationIdSchema } from '#contracts/ids.ts';
import { canonicalJson } from '#sync/merge/canonical-json.ts';
import { inCanonicalOrder } from '#sync/merge/canonical-order.ts';
import { parseOffer } from '#sync/merge/parse-apart.ts';
import { revisionOf } from '#sync/merge/revision.ts';
import { checkOffered, type OfferedRows } from './offered-rows.ts';

const now = 1_760_000_000_000;
const idOf = (number: number) => `0199b000-0000-7000-8000-${String(number).padStart(12, '0')}`;

/** A patient with a name of that family, and the row that offers it; `more` are fields that only a newer program knows. */
function offeredPatient(number: number, family: string, more: object = {}) {
  const record = {
    id: idOf(number),
    scope: 'SAM000123',
    author: idOf(7),
    device: idOf(8),
    capturedAt: now,
    hlc: '0199b0000000-0000-00000001',
    body: {
      name: { family, given: 'Gulnora' },
      sex: 'female',
      birth: { date: '1985-03-12' },
      allergyStatus: 'not-recorded',
      allergies: [],
      problems: [],
      ...more,
    },
  };
  const op = v.parse(OperationIdSchema, idOf(1_000 + number));
  const check = revisionOf(op, null, 'patients', record as never).slice(-8);
  return { op, collection: 'patients', check, base: null, record };
}

/** The row as a workstation writes it: in canonical order (REV-3). */
const orderedText = (number: number, more: object = {}) => {
  const row = offeredPatient(number, 'Қ "', more);
  return JSON.stringify({ ...row, record: inCanonicalOrder(row.record) });
};

const letOthers = () => Promise.resolve();
const OfferSchema = v.object({ rows: v.array(v.unknown()) });

function readApart(text: string): OfferedRows {
  const apart = parseOffer(Buffer.from(text));
  if (apart === undefined) throw new Error('not parsed apart');
  return { raws: v.parse(OfferSchema, apart.value).rows, spans: apart.spans };
}

/** Checked with the texts of the records, and without; both parse the same message. */
async function bothOf(text: string) {
  const message: { readonly rows: readonly unknown[] } = JSON.parse(text);
  const withText = await checkOffered(readApart(text), now, letOthers);
  const without = await checkOffered({ raws: message.rows }, now, letOthers);
  return { withText, without };
}

describe('ING-12: rows whose text is at hand', () => {
  const texts = [
    ['plain', JSON.stringify(offeredPatient(1, 'Qodirova'))],
    ['beyond ASCII', JSON.stringify(offeredPatient(2, 'Қодирова "ў" \n \ud83d\ude00'))],
    [
      'with fields of a newer program',
      JSON.stringify(offeredPatient(3, 'Q', { x: { z: 1.5, a: -3 }, A: [] })),
    ],
    [
      'with a number in another form',
      JSON.stringify(offeredPatient(4, 'Q', { x: 1500 })).replace('1500', '1.5e3'),
    ],
    ['with white space', JSON.stringify(offeredPatient(5, 'Q'), undefined, 1)],
    [
      'with a revision of its own',
      JSON.stringify(offeredPatient(6, 'Q')).replace('"scope"', '"rev":"9-a","scope"'),
    ],
    ['with an escaped name', JSON.stringify(offeredPatient(7, 'Q')).replace('"given"', '"gi\\u0076en"')],
    ['with a name twice', JSON.stringify(offeredPatient(8, 'Q')).replace('"sex"', '"sex":"male","sex"')],
    [
      'with the record twice',
      JSON.stringify(offeredPatient(9, 'Q')).replace('"record"', '"record":{"a":1},"record"'),
    ],
    ['in order', orderedText(11)],
    ['in order with a list', orderedText(12, { x: [{ a: 1, b: [] }, null, true, -3.25] })],
    ['in order but for names that are numbers', orderedText(13, { x: { 9: 1, 10: 2, '': 3 } })],
    ['in order with the name of a prototype', orderedText(14, JSON.parse('{"__proto__":{"b":1,"a":2}}'))],
    ['in order with less than nothing', orderedText(15, { x: 0 }).replace('"x":0', '"x":-0')],
    ['in order with a large number', orderedText(16, { x: 1e21 })],
    ['in order with half a sign', orderedText(17, { x: '\ud83d' })],
    ['in order with a name twice', orderedText(18, { x: 1 }).replace('"x":1', '"x":1,"x":1')],
    ['in order with a deep value', orderedText(19, { x: JSON.parse('['.repeat(60) + ']'.repeat(60)) })],
    ['with a wrong check', JSON.stringify({ ...offeredPatient(10, 'Q'), check: '00000000' })],
    ['that is none', '{}'],
  ] as const;

  it.each(texts)('a row %s comes to the same as one whose record is written', async (_name, text) => {
    const first = orderedText(20);
    const { withText, without } = await bothOf(
      `{"type":"offer","batch":1,"rows":[${first},${text},${first}]}`,
    );
    expect(withText.rows).toEqual(without.rows);
    expect(withText.rows[2]).toMatchObject({ kind: 'sound' });
    for (const index of [0, 1, 2]) {
      expect(JSON.stringify(withText.asSent(index))).toBe(JSON.stringify(without.asSent(index)));
    }
  });

  it('keeps the canonical text of the very row, revision included', async () => {
    const rows = [...texts.slice(0, 3).map(([, text]) => text), orderedText(21), orderedText(22, { y: 1 })];
    const { withText } = await bothOf(`{"type":"offer","batch":1,"rows":[${rows.join(',')}]}`);
    for (const [index, row] of withText.rows.entries()) {
      if (row.kind !== 'sound') throw new Error('not sound');
      const { record } = JSON.parse(rows[index] ?? '');
      expect(row.utf8.toString()).toBe(canonicalJson({ ...record, rev: row.rev }));
      expect(row.rev).toBe(revisionOf(row.op, null, 'patients', record));
    }
  });

  it.each(['op', 'delta'])(
    'parses the record of a row even if something is wrong with its %s',
    async (name) => {
      const row = JSON.stringify({ ...offeredPatient(1, 'Q'), [name]: 1 });
      const { withText, without } = await bothOf(`{"type":"offer","batch":1,"rows":[${row}]}`);
      expect(withText.rows).toEqual(without.rows);
      const broken = row.replace('"Q"', '"Q');
      const offered = readApart(`{"type":"offer","batch":1,"rows":[${row.replace('"Q"', 'Q')}]}`);
      await expect(checkOffered(offered, now, letOthers)).rejects.toThrow(SyntaxError);
      expect(() => readApart(`{"type":"offer","batch":1,"rows":[${broken}]}`)).toThrow('not parsed apart');
    },
  );

  it.each(['"9-a"', '7', 'null'])('takes a record whatever revision it claims, here %s', async (rev) => {
    const row = JSON.stringify(offeredPatient(6, 'Q')).replace('"scope"', `"rev":${rev},"scope"`);
    const { withText, without } = await bothOf(`{"type":"offer","batch":1,"rows":[${row}]}`);
    const own = revisionOf(
      offeredPatient(6, 'Q').op,
      null,
      'patients',
      offeredPatient(6, 'Q').record as never,
    );
    expect(withText.rows).toMatchObject([{ kind: 'sound', rev: own }]);
    expect(without.rows).toMatchObject([{ kind: 'sound', rev: own }]);
  });

  it('believes no text of another list than that which was parsed', async () => {
    const [stored, shown] = [offeredPatient(1, 'Stored'), offeredPatient(2, 'Shown')];
    const text = `{"type":"offer","rows":[${JSON.stringify(stored)}],"batch":1,"rows":[${JSON.stringify(shown)}]}`;
    const { withText, without } = await bothOf(text);
    expect(withText.rows).toEqual(without.rows);
  });
});
