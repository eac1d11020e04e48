import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { RevisionSchema, ScopeSchema } from '#contracts/ids.ts';
import { type AnyRecord, recordSchemas } from '#contracts/records/registry.ts';
import { type RecordDelta, RecordDeltaSchema } from '#contracts/wire/client-messages.ts';
import { canonicalJson } from '#sync/merge/canonical-json.ts';
import { applyDelta, makeDelta } from '#sync/merge/record-delta.ts';
import { SeededRandom } from '../doubles/seeded-random.ts';
import {
  editPatient,
  editVisit,
  randomPatient,
  randomPerson,
  randomRecordId,
  randomVisit,
} from './random-bodies.ts';

const rev = v.parse(RevisionSchema, `3-${'ab'.repeat(16)}`);

function record(
  body: unknown,
  random: SeededRandom,
  more: Readonly<Record<string, unknown>> = {},
): AnyRecord {
  const whole = {
    id: '0190aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee',
    scope: v.parse(ScopeSchema, 'TRN000001'),
    rev,
    author: randomPerson(random),
    device: randomRecordId(new SeededRandom(1)),
    capturedAt: 1_790_000_000_000 + random.below(1e9),
    hlc: `0190aaaabbbb-0000-${String(random.below(9)).repeat(8)}`,
    ...(random.chance(0.3) ? { enteredLate: 'tok yoʻq edi' } : {}),
    body,
    ...more,
  };
  return asRecord(whole);
}

const isRecord = (value: unknown): value is AnyRecord =>
  v.is(recordSchemas.visits, value) || v.is(recordSchemas.patients, value);

/** Checks but does not take the parsed result: unknown fields are carried along (VER-5). */
function asRecord(value: unknown): AnyRecord {
  if (!isRecord(value)) throw new Error('not a record');
  return value;
}

const withoutRevision = (whole: AnyRecord): string => {
  const { rev: _own, ...content } = whole;
  return canonicalJson(content);
};

const overTheWire = (delta: RecordDelta): RecordDelta =>
  v.parse(RecordDeltaSchema, JSON.parse(JSON.stringify(delta)));

describe('a difference (PUSH-14)', () => {
  it('gives the next version exactly, for any edits of patients and visits with unknown fields', () => {
    let small = 0;
    for (let seed = 0; seed < 1500; seed += 1) {
      const random = new SeededRandom(seed);
      const [base, next] = random.chance(0.5) ? patientPair(random) : visitPair(random);
      const delta = makeDelta(base, next);
      if (delta === undefined) continue;
      small += 1;
      const applied = applyDelta(JSON.parse(JSON.stringify(base)), overTheWire(delta));
      expect(canonicalJson(applied), `seed ${seed}`).toBe(withoutRevision(next));
      expect(JSON.stringify(delta).length).toBeLessThan(withoutRevision(next).length);
    }
    expect(small).toBeGreaterThan(1000);
  });

  it('names only the new entry of a visit', () => {
    const random = new SeededRandom(7);
    const body = { ...randomVisit(random), entries: [] };
    const entry = {
      id: randomRecordId(random),
      at: 5,
      by: randomPerson(random),
      kind: 'note',
      text: 'yoʻtal',
    };
    const base = record({ ...body, entries: [entry] }, random);
    const added = { ...entry, id: randomRecordId(random), text: 'isitma' };
    const next = asRecord({ ...base, capturedAt: 9, body: { ...base.body, entries: [entry, added] } });
    expect(makeDelta(base, next)).toEqual({ envelope: { capturedAt: 9 }, items: { entries: [added] } });
  });

  it('is not made where it could not be exact', () => {
    const random = new SeededRandom(8);
    const base = record(randomVisit(random), random);
    expect(makeDelta(base, { ...base, id: randomRecordId(random) })).toBeUndefined();
    const later = Object.fromEntries(Array.from({ length: 40 }, (_none, index) => [`laterField${index}`, 1]));
    const many = record({ ...base.body, ...later }, random);
    expect(makeDelta(many, base), 'longer than the record').toBeUndefined();
    for (const name of ['__proto__', 'constructor', 'prototype']) {
      const fields = JSON.parse(`{"${name}":{"polluted":true}}`);
      const odd = record(Object.assign(Object.create(null), JSON.parse(JSON.stringify(base.body))), random);
      const next = JSON.parse(
        JSON.stringify(odd).replace('"entries"', `"${name}":${JSON.stringify(fields[name])},"entries"`),
      );
      const delta = makeDelta(odd, next);
      if (delta !== undefined) {
        expect(canonicalJson(applyDelta(odd, overTheWire(delta)))).toBe(withoutRevision(next));
      }
    }
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  });

  it('puts a whole list in place of one whose items moved, went or share an id', () => {
    const random = new SeededRandom(9);
    const entry = (id: string, text: string) => ({ id, at: 1, by: randomPerson(random), kind: 'note', text });
    const [one, two] = [randomRecordId(random), randomRecordId(random)];
    const visit = { ...randomVisit(random), reason: 'uzoq matn '.repeat(20) };
    const lists = [
      [entry(one, 'a'), entry(two, 'b')],
      [entry(two, 'b'), entry(one, 'a')],
      [entry(two, 'b')],
      [entry(one, 'a'), entry(one, 'c')],
      [entry(one, 'd'), entry(one, 'c')],
      [],
    ];
    for (const before of lists) {
      for (const after of lists) {
        const base = record({ ...visit, entries: before }, new SeededRandom(1));
        const next = record({ ...visit, entries: after }, new SeededRandom(2));
        const delta = makeDelta(base, next);
        if (delta === undefined) continue;
        expect(canonicalJson(applyDelta(base, overTheWire(delta)))).toBe(withoutRevision(next));
      }
    }
  });
});

describe('a hostile difference', () => {
  const hostile: readonly string[] = [
    '{}',
    '{"set":{"__proto__":{"polluted":true}}}',
    '{"envelope":{"__proto__":{"polluted":true},"rev":"1-x","id":"x","body":5}}',
    '{"items":{"entries":[null,5,"x",{"id":7},{"id":"__proto__"}]}}',
    '{"items":{"reason":[{"id":"a"}],"__proto__":[{"id":"a"}]}}',
    '{"unset":["body","id","rev","body.entries","body.__proto__","__proto__","scope"]}',
  ];

  it('never throws, never pollutes and never touches its base', () => {
    const base = record(randomVisit(new SeededRandom(3)), new SeededRandom(4));
    const before = JSON.stringify(base);
    for (const text of hostile) {
      const delta = v.parse(RecordDeltaSchema, JSON.parse(text));
      for (const on of [base, undefined, null, 7, [], {}, { body: null }, { body: [] }, { body: {} }]) {
        expect(() => applyDelta(on, delta), text).not.toThrow();
      }
      const applied = applyDelta(base, delta);
      expect(applied).not.toHaveProperty('rev');
      expect(applied).toHaveProperty('id', base.id);
      expect(Reflect.get({}, 'polluted')).toBeUndefined();
    }
    expect(JSON.stringify(base)).toBe(before);
  });

  it('gives nothing without a record to build on', () => {
    for (const base of [undefined, null, 7, 'x', [], {}, { body: 5 }, { body: null }]) {
      expect(applyDelta(base, { set: { reason: 'x' } })).toBeUndefined();
    }
  });
});

function patientPair(random: SeededRandom): readonly [AnyRecord, AnyRecord] {
  const body = randomPatient(random);
  let next = body;
  for (let edit = random.below(3); edit >= 0; edit -= 1) next = editPatient(next, random);
  const [was, is] = [{ later: { seen: 1 } }, { later: { seen: random.below(3) } }];
  return [
    record({ ...body, ...was }, random, random.chance(0.5) ? { unknown: [1] } : {}),
    record({ ...next, ...(random.chance(0.7) ? is : {}) }, random, { unknown: [random.below(2)] }),
  ];
}

function visitPair(random: SeededRandom): readonly [AnyRecord, AnyRecord] {
  const body = randomVisit(random);
  let next = body;
  for (let edit = random.below(3); edit >= 0; edit -= 1) next = editVisit(next, random);
  return [record(body, random), record({ ...next, later: random.chance(0.5) }, random)];
}
