import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import type { Replica } from '#clinic/ports/replica.ts';
import {
  DaySchema,
  EntryIdSchema,
  HlcSchema,
  RecordIdSchema,
  RevisionSchema,
  type Scope,
  ScopeSchema,
} from '#contracts/ids.ts';
import type { BodyByCollection, CollectionName, RecordOf } from '#contracts/records/registry.ts';
import { benchPerTest } from './bridge-bench.ts';

const bench = benchPerTest();
const there = v.parse(ScopeSchema, 'BUX000456');
const dayMs = 86_400_000;

let made = 0;

/** What came from the center: a record of facility `scope`. */
async function receive<C extends CollectionName>(
  replica: Replica,
  collection: C,
  scope: Scope,
  body: BodyByCollection[C],
  id?: string,
): Promise<RecordOf<C>> {
  made += 1;
  const hex = String(made).padStart(12, '0');
  const [staff] = replica.find('staff', { limit: 1 });
  if (staff === undefined) throw new Error('nobody works here');
  const record: RecordOf<C> = {
    id: v.parse(RecordIdSchema, id ?? `0190a000-0000-7000-8000-${hex}`),
    scope,
    rev: v.parse(RevisionSchema, `${made}-${'0'.repeat(32)}`),
    author: staff.author,
    device: staff.device,
    capturedAt: Date.now(),
    hlc: v.parse(HlcSchema, `0190a0000000-0000-${hex.slice(-8)}`),
    body,
  };
  await replica.transact((transaction) => transaction.put(collection, record));
  return record;
}

const facility = (replica: Replica, code: Scope, name: string) =>
  receive(replica, 'reference', code, {
    kind: 'facility',
    code,
    name: { 'uz-Latn': name, 'uz-Cyrl': name, ru: name, en: name },
    district: '1703203',
    mahallas: [],
    isTraining: true,
  });

describe('requests', () => {
  test('a referral is saved here at once, shown with the facility’s name, and taken back', async () => {
    const { screen, replica, register } = bench();
    await facility(replica(), there, 'Buxoro viloyat shifoxonasi');
    const found = await screen.request('facilities.search', { text: 'бухоро', limit: 10 });
    expect(found).toMatchObject({ ok: true, value: { facilities: [{ code: there }] } });
    const patientId = await register();
    const open = screen.open('requests.open', {});
    const order = { patientId, to: there, reason: 'yurak', urgency: 'urgent' } as const;
    const saved = await screen.request('requests.refer', order);
    if (!saved.ok) throw new Error(saved.error.code);
    const [row] = await open.until((rows) => rows.length === 1);
    expect(row).toMatchObject({
      id: saved.value.id,
      state: 'sent',
      direction: 'outgoing',
      patient: { id: patientId },
      facility: { code: there, name: { ru: 'Buxoro viloyat shifoxonasi' } },
      delivery: { state: 'saved' },
    });
    expect(row?.author?.name).toBeDefined();
    await screen.request('requests.cancel', { id: saved.value.id, reason: 'xato' });
    await open.until((rows) => rows[0]?.state === 'cancelled');
    expect(await screen.request('requests.cancel', { id: saved.value.id, reason: 'yana' })).toMatchObject({
      ok: false,
      error: { code: 'request.wrong-state' },
    });
  });

  test('break-glass leaves its reason in the audit trail, in the transaction of the request', async () => {
    const { screen, replica } = bench();
    const audited: unknown[] = [];
    const opened = replica();
    const inner = opened.transact.bind(opened);
    opened.transact = (write) =>
      inner((transaction) => {
        const audit = transaction.audit.bind(transaction);
        transaction.audit = (line) => {
          audited.push({ action: line.action, reason: line.reason });
          audit(line);
        };
        return write(transaction);
      });
    const asked = await screen.request('requests.ask-access', {
      pinfl: '41203851234560',
      ground: 'break-glass',
      reason: 'hushsiz keltirildi',
    });
    expect(asked.ok).toBe(true);
    expect(audited).toContainEqual({ action: 'requests.break-glass', reason: 'hushsiz keltirildi' });
  });

  test('a patient of another facility says whose they are and until when the copy stays', async () => {
    const { screen, replica } = bench();
    await facility(replica(), there, 'Buxoro shifoxonasi');
    const here = replica().find('staff', { limit: 1 })[0]?.scope;
    if (here === undefined) throw new Error('no scope');
    const patient = await receive(replica(), 'patients', there, {
      name: { family: 'Karimov', given: 'Aziz' },
      sex: 'male',
      birth: { date: '1960-01-01' },
      allergyStatus: 'not-recorded',
      allergies: [],
      problems: [],
    });
    const until = Date.now() + 3 * dayMs;
    const { author: by } = patient;
    const grant = { at: Date.now(), by, kind: 'granted', patientId: patient.id, home: there } as const;
    const matter = { kind: 'access', pinfl: '31203601234561', ground: 'consent', reason: 'keldi' } as const;
    const body: BodyByCollection['requests'] = {
      matter,
      urgency: 'routine',
      events: [{ ...grant, id: v.parse(EntryIdSchema, crypto.randomUUID()), until }],
    };
    await receive(replica(), 'requests', here, body);
    const record = screen.open('patients.record', { id: patient.id });
    const shown = await record.until((value) => value !== null);
    expect(shown?.home).toMatchObject({
      facility: { code: there, name: { en: 'Buxoro shifoxonasi' } },
      until,
    });
  });

  test('whom another facility sees today waits there, not here', async () => {
    const { screen, replica, register } = bench();
    const patientId = await register();
    const queue = screen.open('queue.day', {});
    const { day: today } = await queue.until(() => true);
    const body: BodyByCollection['visits'] = {
      patientId,
      day: v.parse(DaySchema, today),
      reason: 'EKG',
      urgency: 'routine',
      entries: [],
    };
    const here = replica().find('staff', { limit: 1 })[0]?.scope;
    if (here === undefined) throw new Error('no scope');
    const theirs = await receive(replica(), 'visits', there, body);
    const ours = await receive(replica(), 'visits', here, body);
    const { rows } = await queue.until((value) => value.rows.some(({ visitId }) => visitId === ours.id));
    expect(rows.map(({ visitId }) => visitId)).toEqual([ours.id]);
    const day = await screen.open('day.summary', {}).until(() => true);
    expect(day.visitsByState.planned).toBe(1);
    const record = await screen.open('patients.record', { id: patientId }).until((value) => value !== null);
    expect(record?.visits).toHaveLength(2);
    expect(record?.visits.find(({ id }) => id === theirs.id)?.elsewhere).toMatchObject({ code: there });
    expect(record?.visits.find(({ id }) => id === ours.id)?.elsewhere).toBeUndefined();
  });

  test('an incoming referral is counted as waiting until it is answered', async () => {
    const { screen, replica, register } = bench();
    const here = replica().find('staff', { limit: 1 })[0]?.scope;
    if (here === undefined) throw new Error('no scope');
    const patientId = await register();
    const matter = { kind: 'referral', patientId, to: here, reason: 'EKG' } as const;
    const { id } = await receive(replica(), 'requests', there, { matter, urgency: 'routine', events: [] });
    const state = screen.open('sync.state', {});
    await state.until(({ waitingRequests }) => waitingRequests === 1);
    const open = screen.open('requests.open', {});
    expect((await open.until((rows) => rows.length === 1))[0]).toMatchObject({ direction: 'incoming' });
    const accepted = await screen.request('requests.answer', { id, answer: { kind: 'accepted' } });
    expect(accepted.ok).toBe(true);
    await state.until(({ waitingRequests }) => waitingRequests === 0);
    // What is written about it stays at home where it was made.
    expect(replica().get('requests', id)?.scope).toBe(there);
  });
});
