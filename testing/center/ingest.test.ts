import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DaySchema, EntryIdSchema } from '#contracts/ids.ts';
import { canonicalJson } from '#sync/merge/canonical-json.ts';
import { type CenterWorld, startWorld } from './center-world.ts';
import {
  aRevision,
  facilityA,
  facilityB,
  facilityRecord,
  newOperationId,
  newRecordId,
  parsePatient,
  patient,
  patientRow,
  renamed,
  rowFor,
  somePerson,
  staffMember,
} from './test-records.ts';
import { connect, type WelcomedClient } from './wire-client.ts';

let world: CenterWorld;
let client: WelcomedClient;

beforeAll(async () => {
  world = await startWorld();
  client = await connect(world.center.url, await world.enrol());
});
afterAll(async () => {
  await client?.close();
  await world?.close();
});

describe('ING-3: a row that rests on the newest version is applied', () => {
  it('takes a new record and puts it into the feed', async () => {
    const row = patientRow(facilityA);
    const before = await world.headOf(facilityA);
    const [verdict] = await client.push([row]);
    expect(verdict).toMatchObject({ verdict: 'ok', op: row.op, rev: row.rev, seq: before + 1 });
    const frame = await client.pull(1, before);
    expect(frame).toMatchObject({ since: before, through: before + 1, head: before + 1 });
    expect(frame.documents).toMatchObject([{ seq: before + 1, collection: 'patients', record: row.record }]);
  });

  it('takes a chain of edits of one record in one batch, and the feed passes over the replaced ones', async () => {
    const first = patientRow(facilityA, 'Birinchi');
    const second = renamed(first, 'Ikkinchi');
    const third = renamed(second, 'Uchinchi');
    const [one, two, three] = await client.push([first, second, third]);
    if (one?.verdict !== 'ok' || two?.verdict !== 'ok' || three?.verdict !== 'ok') throw new Error('not ok');
    expect([two.seq, three.seq]).toEqual([one.seq + 1, one.seq + 2]);
    const frame = await client.pull(1, one.seq - 1);
    expect(frame.documents.map((document) => parsePatient(document.record).rev)).toEqual([third.rev]);
    expect(await world.count('select count(*) from doc_history where id = $1', [first.id])).toBe(2);
  });

  it('keeps every replaced version, across batches', async () => {
    const first = patientRow(facilityA, 'Avval');
    await client.push([first]);
    await client.push([renamed(first, 'Keyin')]);
    const { rows } = await world.sql.query('select rev, body from doc_history where id = $1', [first.id]);
    expect(rows).toEqual([{ rev: first.rev, body: canonicalJson(first.record) }]);
  });

  it('keeps fields that a newer workstation added', async () => {
    const content = { ...patient(facilityA), somethingNew: { of: 'later' } };
    const row = rowFor('patients', content);
    expect(await client.push([row])).toMatchObject([{ verdict: 'ok' }]);
    const { rows } = await world.sql.query('select body from doc where id = $1', [row.id]);
    expect(JSON.parse(rows[0].body)).toEqual(row.record);
  });
});

describe('ING-2: the same push twice is one push', () => {
  it('gives the same answer and writes nothing', async () => {
    const rows = [patientRow(facilityA), patientRow(facilityA)];
    const first = await client.push(rows);
    const head = await world.headOf(facilityA);
    const again = await client.push(rows);
    expect(again).toEqual(first);
    expect(await world.headOf(facilityA)).toBe(head);
  });

  it('gives the same answer although the record went on since', async () => {
    const row = patientRow(facilityA);
    const first = await client.push([row]);
    await client.push([renamed(row, 'Boshqa')]);
    expect(await client.push([row])).toEqual(first);
  });

  it('answers a row that stands twice in one batch twice, and applies it once', async () => {
    const row = patientRow(facilityA);
    const [first, second] = await client.push([row, row]);
    expect(first).toMatchObject({ verdict: 'ok' });
    expect(second).toEqual(first);
    expect(await world.count('select count(*) from feed where id = $1', [row.id])).toBe(1);
  });

  it('does not take an operation id for another content', async () => {
    const row = patientRow(facilityA);
    await client.push([row]);
    const other = rowFor('patients', patient(facilityA, 'Soxta'), null, row.op);
    expect(await client.push([other])).toMatchObject([{ verdict: 'quarantined', op: row.op, paths: ['op'] }]);
    expect(await world.count('select count(*) from doc where id = $1', [other.id])).toBe(0);
  });
});

describe('ING-4: a row on an older version', () => {
  it('is a conflict and brings the version of the center', async () => {
    const base = patientRow(facilityA, 'Asos');
    const theirs = renamed(base, 'Markazda');
    await client.push([base, theirs]);
    const mine = renamed(base, 'Meniki');
    expect(await client.push([mine])).toEqual([{ verdict: 'conflict', op: mine.op, record: theirs.record }]);
    expect(
      await world.count('select count(*) from doc where id = $1 and rev = $2', [base.id, theirs.rev]),
    ).toBe(1);
  });

  it('is a conflict when both made the record', async () => {
    const theirs = patientRow(facilityA, 'Bir');
    await client.push([theirs]);
    const mine = rowFor('patients', patient(facilityA, 'Ikki', theirs.id));
    expect(await client.push([mine])).toEqual([{ verdict: 'conflict', op: mine.op, record: theirs.record }]);
  });

  it('has a missing base if the center never had it', async () => {
    const base = patientRow(facilityA);
    await client.push([base]);
    const unknown = rowFor('patients', patient(facilityA, 'X', base.id), aRevision('a', 1));
    const absent = rowFor('patients', patient(facilityA, 'X'), aRevision('b', 3));
    expect(await client.push([unknown, absent])).toEqual([
      { verdict: 'missing-base', op: unknown.op },
      { verdict: 'missing-base', op: absent.op },
    ]);
  });

  it('does not stop the rows beside it', async () => {
    const base = patientRow(facilityA);
    await client.push([base, renamed(base, 'Yangi')]);
    const rows = [
      patientRow(facilityA),
      renamed(base, 'Eski'),
      patientRow(facilityA),
      { no: 'row' },
      patientRow(facilityA),
    ];
    const verdicts = await client.push(rows);
    expect(verdicts.map(({ verdict }) => verdict)).toEqual(['ok', 'conflict', 'ok', 'quarantined', 'ok']);
  });

  it('puts conflicts off when they do not fit one answer', async () => {
    const big = 'x'.repeat(7_900);
    const makeVisit = (id: string) => ({
      ...patient(facilityA, 'X', id),
      body: {
        patientId: newRecordId(),
        day: v.parse(DaySchema, '2026-02-03'),
        reason: 'r',
        urgency: 'routine' as const,
        entries: Array.from({ length: 30 }, () => ({
          kind: 'note' as const,
          id: v.parse(EntryIdSchema, newRecordId()),
          at: 1,
          by: somePerson,
          text: big,
        })),
      },
    });
    const theirs = Array.from({ length: 6 }, () => rowFor('visits', makeVisit(newRecordId())));
    for (const row of theirs) expect(await client.push([row])).toMatchObject([{ verdict: 'ok' }]);
    const mine = theirs.map((row) => rowFor('visits', makeVisit(row.id)));
    const verdicts = await client.push(mine);
    const kinds = verdicts.map(({ verdict }) => verdict);
    expect(kinds[0]).toBe('conflict');
    expect(kinds).toContain('retry');
    expect(new Set(kinds)).toEqual(new Set(['conflict', 'retry']));
  });
});

describe('ING-5: where the center decides', () => {
  it('takes a new member of staff, and keeps its version against an edit', async () => {
    const hired = rowFor('staff', staffMember(facilityA));
    expect(await client.push([hired])).toMatchObject([{ verdict: 'ok' }]);
    const edit = rowFor('staff', staffMember(facilityA, 'Boshqa', hired.id), hired.rev);
    expect(await client.push([edit])).toEqual([{ verdict: 'conflict', op: edit.op, record: hired.record }]);
  });

  it('takes no reference record from a workstation', async () => {
    const { rev: _own, ...content } = facilityRecord(facilityA);
    const forged = rowFor('reference', content);
    expect(await client.push([forged])).toMatchObject([{ verdict: 'quarantined', paths: ['collection'] }]);
  });
});

describe('ING-1: a row the center cannot use is kept, whole, with the paths of what is wrong', () => {
  const sound = () => patientRow(facilityA);
  const cases: readonly (readonly [string, () => object, readonly string[]])[] = [
    [
      'is no row',
      () => ({ op: newOperationId(), hello: 'world' }),
      ['collection', 'id', 'baseRev', 'rev', 'record'],
    ],
    [
      'has a body that does not fit',
      () => {
        const row = sound();
        return {
          ...row,
          record: { ...row.record, body: { ...row.record.body, name: { family: '', given: 'G' } } },
        };
      },
      ['record.body.name.family'],
    ],
    ['lies about its revision', () => ({ ...sound(), rev: aRevision('c') }), ['record.rev', 'rev']],
    [
      'was changed on its way',
      () => {
        const row = sound();
        return { ...row, record: { ...row.record, body: { ...row.record.body, sex: 'male' } } };
      },
      ['rev'],
    ],
    ['is of another facility', () => patientRow(facilityB), ['record.scope']],
    ['names another record', () => ({ ...sound(), id: newRecordId() }), ['record.id']],
    ['is of an unknown collection', () => ({ ...sound(), collection: 'secrets' }), ['collection']],
    [
      'is too long',
      () => {
        const row = sound();
        return { ...row, record: { ...row.record, padding: 'ж'.repeat(262_144) } };
      },
      ['record'],
    ],
  ];
  it.each(cases)('%s', async (_name, make, paths) => {
    const row: Readonly<Record<string, unknown>> = { ...make() };
    const [verdict] = await client.push([row]);
    if (verdict?.verdict !== 'quarantined') throw new Error(`was ${verdict?.verdict}`);
    expect(verdict).toMatchObject({ op: row.op, index: 0, code: 'sync.record-refused' });
    expect(verdict.paths).toEqual(expect.arrayContaining([...paths]));
    const { rows } = await world.sql.query('select content from quarantine where op = $1', [row.op]);
    expect(rows.map(({ content }) => JSON.parse(content))).toEqual([JSON.parse(JSON.stringify(row))]);
    expect(await world.count('select count(*) from feed where id::text = $1', [String(row.id)])).toBe(0);
  });

  it('keeps the same row once', async () => {
    const row = { op: newOperationId(), bad: 'row' };
    await client.push([row]);
    await client.push([row, row]);
    expect(await world.count('select count(*) from quarantine where op = $1', [row.op])).toBe(1);
  });

  it('keeps what has no operation id, zero characters and lone surrogates too', async () => {
    const rows = ['text', 17, null, [], { op: 'no', text: '\u0000 \ud800' }];
    const verdicts = await client.push(rows);
    expect(verdicts).toMatchObject(rows.map((_row, index) => ({ verdict: 'quarantined', op: null, index })));
    const kept = await world.sql.query('select content from quarantine where op is null');
    expect(kept.rows.map(({ content }) => JSON.parse(content))).toEqual(expect.arrayContaining(rows));
  });
});
