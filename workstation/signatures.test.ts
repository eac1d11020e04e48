import { createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { createMemoryReader, testContext } from '#clinic/actions/memory-reader.ts';
import { moveVisit } from '#clinic/actions/move-visit.ts';
import { recordVisit } from '#clinic/actions/record-visit.ts';
import type { Signer } from '#clinic/ports/signer.ts';
import { base64Of } from '#clinic/signatures/base64.ts';
import { asciiBytes, canonicalText } from '#clinic/signatures/canonical-text.ts';
import { signingKeyId, signVisit } from '#clinic/signatures/sign.ts';
import { signableVisit } from '#clinic/signatures/signable.ts';
import { staffKey } from '#clinic/signatures/staff-key.ts';
import { entriesBeyond, type VerifyEd25519, verifySignature } from '#clinic/signatures/verify.ts';
import { EntryIdSchema, PersonIdSchema, RecordIdSchema } from '#contracts/ids.ts';
import type { Signature, StaffKey } from '#contracts/records/signature.ts';
import { type VisitBody, VisitBodySchema } from '#contracts/records/visits.ts';
import { canonicalJson } from '#sync/merge/canonical-json.ts';

const uuid = (number: number) => `01930000-0000-7000-8000-${number.toString(16).padStart(12, '0')}`;
const entryId = (number: number) => v.parse(EntryIdSchema, uuid(number));
const nurse = v.parse(PersonIdSchema, uuid(1));
const visitId = v.parse(RecordIdSchema, uuid(2));

function newSigner(): Signer {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  return { publicKey: Uint8Array.from(raw), sign: (bytes) => sign(null, bytes, privateKey) };
}

const verifyEd25519: VerifyEd25519 = (publicKey, bytes, signature) => {
  const der = Buffer.concat([
    Buffer.from('302a300506032b6570032100', 'hex'),
    Buffer.from(publicKey, 'base64'),
  ]);
  const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
  return verify(null, bytes, key, Buffer.from(signature, 'base64'));
};

const body = (): VisitBody =>
  v.parse(VisitBodySchema, {
    patientId: uuid(3),
    day: '2026-03-01',
    reason: 'yoʻtal, ҳарорат',
    urgency: 'routine',
    entries: [
      { kind: 'state', id: uuid(10), at: 1, by: nurse, state: 'arrived', room: '4' },
      {
        kind: 'vitals',
        id: uuid(11),
        at: 2,
        by: nurse,
        values: { systolicMmHg: 151, temperatureCelsius: 37.2 },
      },
      { kind: 'note', id: uuid(12), at: 3, by: nurse, text: 'qoʻngʻir “matn”\n😀' },
      { kind: 'state', id: uuid(13), at: 4, by: nurse, state: 'finished' },
    ],
  });

const signer = newSigner();
const keys: readonly StaffKey[] = [staffKey(signer.publicKey, 1)];
const signing = { signer, by: nurse, at: 5, id: entryId(20) };
const signed = signVisit(visitId, body(), signing);
const [signature] = signed.signatures ?? [];
const only = (value: Signature | undefined): Signature => {
  if (value === undefined) throw new Error('not signed');
  return value;
};
const judge = (
  changed: VisitBody,
  { of = only(changed.signatures?.[0]), known = keys, id = visitId, by = nurse as string } = {},
) =>
  verifySignature(
    signableVisit,
    { id, body: changed },
    of,
    (person) => (person === by ? known : []),
    verifyEd25519,
  );

/** Every value anywhere inside, put to something else. */
function* mutations(value: unknown, path = ''): Generator<readonly [string, unknown]> {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      for (const [where, changed] of mutations(item, `${path}.${index}`))
        yield [where, value.with(index, changed)];
      yield [`${path} without ${index}`, value.toSpliced(index, 1)];
    }
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, member] of Object.entries(value)) {
      for (const [where, changed] of mutations(member, `${path}.${name}`))
        yield [where, { ...value, [name]: changed }];
      const { [name]: _gone, ...rest } = { ...value } as Record<string, unknown>;
      yield [`${path} without ${name}`, rest];
    }
    yield [`${path} with more`, { ...value, later: 1 }];
  } else if (typeof value === 'number') yield [path, value + 1];
  else yield [path, `${String(value)}x`];
}

const asBody = (value: unknown): VisitBody => value as VisitBody;

describe('SIG-3: a signature', () => {
  it('holds for what was signed, wherever it is read', () => {
    expect(judge(signed)).toBe('valid');
    expect(judge(JSON.parse(JSON.stringify(signed)))).toBe('valid');
    expect(v.safeParse(VisitBodySchema, signed).success).toBe(true);
    const { entries, ...rest } = signed;
    const shuffled = {
      signatures: signed.signatures,
      ...rest,
      entries: entries.map((each) => ({ ...each })).reverse(),
    };
    expect(judge(asBody(shuffled))).toBe('valid');
  });

  it('does not hold once any of it was changed, removed or added to', () => {
    const { signatures, ...content } = signed;
    let tried = 0;
    for (const [where, changed] of mutations(content)) {
      // A new field of the body, and entries that it does not name, are not covered.
      if (where === ' with more') continue;
      if (where === ' without entries') continue;
      expect(judge(asBody({ ...(changed as object), signatures })), where).toBe('altered');
      tried += 1;
    }
    expect(tried).toBeGreaterThan(40);
  });

  it('covers itself: whose it is, when, with which key, and which entries', () => {
    const of = only(signature);
    expect(judge(signed, { of: { ...of, at: of.at + 1 } })).toBe('altered');
    expect(judge(signed, { of: { ...of, id: entryId(21) } })).toBe('altered');
    expect(judge(signed, { of: { ...of, entries: of.entries.slice(1) } })).toBe('altered');
    expect(judge(signed, { of: { ...of, entries: [...of.entries, entryId(99)] } })).toBe('altered');
    expect(judge(signed, { of: { ...of, entries: [...of.entries, ...of.entries] } })).toBe('altered');
    const doctor = v.parse(PersonIdSchema, uuid(5));
    expect(judge(signed, { of: { ...of, by: doctor }, by: doctor })).toBe('altered');
    expect(judge(signed, { id: v.parse(RecordIdSchema, uuid(4)) })).toBe('altered');
  });

  it('does not cover what came later, which is told', () => {
    const later = { kind: 'note' as const, id: entryId(30), at: 9, by: nurse, text: 'keyin' };
    const grown = { ...signed, entries: [...signed.entries, later] };
    expect(judge(grown)).toBe('valid');
    expect(entriesBeyond(signableVisit, grown, only(signature))).toEqual([later.id]);
    expect(entriesBeyond(signableVisit, signed, only(signature))).toEqual([]);
    const twice = { ...signed, entries: [...signed.entries, ...signed.entries.slice(0, 1)] };
    expect(judge(twice)).toBe('altered');
  });
});

describe('SIG-4: a verdict', () => {
  it('knows only keys of the person who signed', () => {
    expect(judge(signed, { known: [] })).toBe('unknown-key');
    expect(judge(signed, { by: uuid(5) })).toBe('unknown-key');
    expect(judge(signed, { known: [staffKey(newSigner().publicKey, 1)] })).toBe('unknown-key');
    const disguised = keys.map((key) => ({ ...key, publicKey: base64Of(newSigner().publicKey) }));
    expect(judge(signed, { known: disguised })).toBe('altered');
  });

  it.each([
    [4, 'revoked-key-at-that-time'],
    [5, 'revoked-key-at-that-time'],
    [6, 'valid'],
  ] as const)('of a signature made at 5 with a key revoked at %i is %s', (revokedAt, verdict) => {
    expect(judge(signed, { known: keys.map((key) => ({ ...key, revokedAt })) })).toBe(verdict);
  });

  it('of changed content stays `altered`, whatever became of the key', () => {
    const known = keys.map((key) => ({ ...key, revokedAt: 1 }));
    expect(judge({ ...signed, reason: 'x' }, { known })).toBe('altered');
  });
});

describe('SIG-1: closing a visit', () => {
  const open = (): VisitBody => ({ ...body(), entries: body().entries.slice(0, 3) });
  const context = (withSigner: boolean) => {
    let last = 100;
    return {
      now: 50,
      person: nurse,
      scope: testContext.scope,
      today: testContext.today,
      newId: () => uuid(++last),
      ...(withSigner ? { signer } : {}),
    };
  };
  const reader = (visit: VisitBody) => {
    const memory = createMemoryReader();
    const write = { collection: 'visits' as const, id: visitId, body: visit, audit: 'x' };
    memory.apply({ subject: visitId, writes: [write] });
    return memory;
  };

  it.each([
    [
      'visits.move',
      (visit: VisitBody) => moveVisit(reader(visit), { id: visitId, state: 'finished' }, context(true)),
    ],
    [
      'visits.record',
      (visit: VisitBody) =>
        recordVisit(
          reader(visit),
          { id: visitId, entries: [{ kind: 'note', text: 'oxiri' }], state: 'finished' },
          context(true),
        ),
    ],
  ])('by %s signs all of it, the closing included', (_name, act) => {
    const plan = act(open());
    if (!plan.ok) throw new Error(plan.error.code);
    const [write] = plan.value.writes;
    if (write?.collection !== 'visits') throw new Error('no visit');
    expect(judge(write.body)).toBe('valid');
    expect(write.body.signatures?.[0]?.entries).toEqual(write.body.entries.map(({ id }) => id));
    expect(write.body.signatures?.[0]).toMatchObject({
      by: nurse,
      at: 50,
      key: signingKeyId(signer.publicKey),
    });
  });

  it('without a key, and any other move, signs nothing', () => {
    for (const [state, withSigner] of [
      ['finished', false],
      ['in-progress', true],
    ] as const) {
      const plan = moveVisit(reader(open()), { id: visitId, state }, context(withSigner));
      if (!plan.ok) throw new Error(plan.error.code);
      expect(plan.value.writes[0]?.body).not.toHaveProperty('signatures');
    }
  });

  it('again adds a signature and keeps the first', () => {
    const reopened = {
      ...signed,
      entries: [
        ...signed.entries,
        { kind: 'state' as const, id: entryId(40), at: 8, by: nurse, state: 'in-progress' as const },
      ],
    };
    const plan = moveVisit(reader(reopened), { id: visitId, state: 'finished' }, context(true));
    if (!plan.ok) throw new Error(plan.error.code);
    const [write] = plan.value.writes;
    if (write?.collection !== 'visits') throw new Error('no visit');
    expect(write.body.signatures).toHaveLength(2);
    for (const of of write.body.signatures ?? []) expect(judge(write.body, { of })).toBe('valid');
  });
});

describe('the canonical text', () => {
  const values: readonly unknown[] = [
    null,
    true,
    0.1,
    -0,
    1e21,
    'a"\\\n\u007f\u2028ʻ😀\ud800',
    [],
    [1, [2, null]],
    { b: 1, a: undefined, ab: [{ z: 1, y: 'ҳ' }], ʻ: 2, 10: 1, 9: 2 },
    body(),
  ];

  it('is ASCII, and is the canonical JSON of revisions once its escapes are taken back', () => {
    for (const value of values) {
      const text = canonicalText(value);
      expect(text).toMatch(/^[\x20-\x7e]*$/);
      const plain = canonicalJson(value).replace(
        /[^\x20-\x7e]/g,
        (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
      );
      expect(text).toBe(plain);
      expect(Buffer.from(asciiBytes(text)).toString('ascii')).toBe(text);
    }
    expect(() => canonicalText(Number.NaN)).toThrow(TypeError);
    expect(() => canonicalText(() => 1)).toThrow(TypeError);
  });

  it('of bytes in base64 is what everybody else makes of them', () => {
    for (let length = 0; length < 70; length += 1) {
      const bytes = Uint8Array.from({ length }, (_, index) => (index * 89 + length) % 256);
      expect(base64Of(bytes)).toBe(Buffer.from(bytes).toString('base64'));
    }
  });
});
