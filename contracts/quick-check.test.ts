import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { quickCheck } from './quick-check.ts';
import { collectionNames, recordSchemas } from './records/registry.ts';
import { CenterMessageSchema, PortionSchema } from './wire/center-messages.ts';

const uuid = (digit: string) => `0199b000-0000-7000-8000-00000000000${digit}`;
const rev = `2-${'0'.repeat(32)}`;
const envelope = {
  id: uuid('1'),
  scope: 'TRN000001',
  rev,
  author: uuid('2'),
  device: uuid('3'),
  capturedAt: 1_760_000_000_000,
  hlc: '0199b0000000-0000-00000003',
};
const entry = { id: uuid('4'), at: 1_760_000_000_000, by: uuid('2') };
const visit = {
  ...envelope,
  enteredLate: 'tok yoʻq edi',
  body: {
    patientId: uuid('5'),
    day: '2026-10-01',
    reason: 'yoʻtal',
    urgency: 'routine',
    entries: [
      { ...entry, kind: 'state', state: 'arrived', room: '12' },
      { ...entry, kind: 'vitals', values: { systolicMmHg: 120, temperatureCelsius: 36.6 } },
      { ...entry, kind: 'complaint', text: 'yoʻtal' },
      { ...entry, kind: 'diagnosis', icd10: 'I11.9', role: 'main', certainty: 'confirmed' },
      { ...entry, kind: 'void', amends: uuid('6'), reason: 'xato' },
    ],
  },
};
const portion = {
  type: 'portion',
  flow: 1,
  epoch: '0199b000-0000-7000-8000-000000000009',
  since: 0,
  through: 5,
  head: 9,
  documents: [
    { seq: 1, collection: 'visits', record: visit },
    { seq: 2, collection: 'patients', withdrawn: uuid('7') },
  ],
  crc: 1,
};

/** Values that stand where another one should; some of them fit. */
const strange: readonly unknown[] = [
  undefined,
  null,
  true,
  0,
  -1,
  1.5,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  9e15,
  '',
  ' ',
  'x',
  'x'.repeat(9000),
  '\u0007',
  '2026-13-01',
  'I11.9',
  'vitals',
  'state',
  uuid('8'),
  uuid('8').toUpperCase(),
  rev,
  [],
  [null],
  {},
  { kind: 'note' },
  () => undefined,
];

/** Every value that differs from `value` in one place: another value there, the member gone, or one more. */
function* neighboursOf(value: unknown): Generator<unknown> {
  yield* strange;
  if (Array.isArray(value)) {
    yield [...value, ...value];
    for (const [index, item] of value.entries()) {
      yield value.toSpliced(index, 1);
      for (const other of neighboursOf(item)) yield value.with(index, other);
    }
  } else if (typeof value === 'object' && value !== null) {
    yield { ...value, constructor: 1, unknown: 2 };
    yield Object.assign(Object.create({ kind: 'note' }), value);
    for (const [key, member] of Object.entries(value)) {
      yield Object.fromEntries(Object.entries(value).filter(([other]) => other !== key));
      for (const other of neighboursOf(member)) yield { ...value, [key]: other };
    }
  }
}

function compare(schema: v.GenericSchema, values: Iterable<unknown>): { fit: number; unfit: number } {
  const check = quickCheck(schema);
  const counts = { fit: 0, unfit: 0 };
  for (const value of values) {
    const isFit = v.is(schema, value);
    if (check(value) !== isFit) expect.unreachable(`says ${!isFit} of ${JSON.stringify(value)}`);
    counts[isFit ? 'fit' : 'unfit'] += 1;
  }
  return counts;
}

describe('quickCheck', () => {
  it('says of a visit and of everything near it what valibot says', () => {
    expect(v.is(recordSchemas.visits, visit)).toBe(true);
    const counts = compare(recordSchemas.visits, neighboursOf(visit));
    expect(counts.fit).toBeGreaterThan(50);
    expect(counts.unfit).toBeGreaterThan(500);
  });

  it('says of a portion and of everything near it what valibot says', () => {
    expect(v.is(PortionSchema, portion)).toBe(true);
    compare(PortionSchema, neighboursOf(portion));
    compare(CenterMessageSchema, [portion, { ...portion, type: 'frame' }, ...strange]);
  });

  it.each(collectionNames)('says of any shape what valibot says (%s)', (collection) => {
    const schema = recordSchemas[collection];
    compare(schema, neighboursOf({ ...envelope, body: visit.body }));
    compare(schema.entries.body, [...strange, ...strange.map((value) => ({ name: value, matter: value }))]);
  });

  it('leaves to valibot what it cannot say as exactly', () => {
    const odd = [
      v.pipe(
        v.object({ a: v.number() }),
        v.check((value) => !('b' in value)),
      ),
      v.object({ a: v.optional(v.string(), 'given') }),
      v.object({ a: v.fallback(v.string(), 'given') }),
      v.pipe(v.string(), v.trim(), v.minLength(1)),
      v.variant('kind', [
        v.object({ kind: v.literal('a'), a: v.string() }),
        v.object({ kind: v.literal('a') }),
      ]),
      v.record(v.string(), v.number()),
      v.literal(Number.NaN),
      v.strictObject({ a: v.number() }),
    ];
    const values = [...strange, { a: 1 }, { a: 1, b: 2 }, { a: 'x' }, { kind: 'a' }, { kind: 'a', a: 1 }];
    for (const schema of odd) {
      compare(schema, [...values, ...values]);
    }
  });
});
