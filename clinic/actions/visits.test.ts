import { describe, expect, it } from 'vitest';
import type { EntryDraft } from '#contracts/bridge/requests.ts';
import type { AppError } from '#contracts/errors.ts';
import type { RecordId } from '#contracts/ids.ts';
import type { VisitState } from '#contracts/records/visits.ts';
import type { Result } from '#contracts/result.ts';
import { deriveVisit, effectiveEntries } from '../visit-state.ts';
import type { ActionPlan } from './action.ts';
import { createMemoryReader, type MemoryReader, strangeId, testContext } from './memory-reader.ts';
import { moveVisit } from './move-visit.ts';
import { recordVisit } from './record-visit.ts';
import { registerPatient } from './register-patient.ts';
import { startVisit } from './start-visit.ts';

function applied(reader: MemoryReader, result: Result<ActionPlan, AppError>): RecordId {
  if (!result.ok) throw new Error(`refused: ${result.error.code}`);
  reader.apply(result.value);
  return result.value.subject;
}

const codeOf = (result: Result<unknown, AppError>) => (result.ok ? 'ok' : result.error.code);

function begun(state: 'planned' | 'arrived' = 'arrived') {
  const reader = createMemoryReader();
  const patient = {
    name: { family: 'Aliyev', given: 'Anvar' },
    sex: 'male' as const,
    birth: { date: '1960' },
    hasConsent: true,
    allergyStatus: 'none-known' as const,
  };
  const patientId = applied(reader, registerPatient(reader, patient, testContext));
  const start = { patientId, reason: 'bosim', urgency: 'routine' as const, state };
  const id = applied(reader, startVisit(reader, start, testContext));
  const visit = () => {
    const record = reader.get('visits', id);
    if (record === undefined) throw new Error('not written');
    return deriveVisit(record.body);
  };
  const move = (to: VisitState, room?: string) =>
    moveVisit(reader, { id, state: to, ...(room === undefined ? {} : { room }) }, testContext);
  const record = (entries: EntryDraft[], to?: VisitState) =>
    recordVisit(reader, { id, entries, ...(to === undefined ? {} : { state: to }) }, testContext);
  return {
    reader,
    patientId,
    id,
    visit,
    move,
    record,
    apply: (r: Result<ActionPlan, AppError>) => applied(reader, r),
  };
}

const pressure = (systolicMmHg: number): EntryDraft => ({ kind: 'vitals', values: { systolicMmHg } });

describe('starting a visit', () => {
  it('puts the patient into the queue of the clinic day', () => {
    const { reader, id, visit } = begun();
    expect(reader.get('visits', id)?.body).toMatchObject({ day: '2026-06-03', urgency: 'routine' });
    expect(visit()).toMatchObject({ state: 'arrived', since: testContext.now, arrivedAt: testContext.now });
  });

  it('refuses strangers and void patients', () => {
    const { reader, patientId } = begun();
    const start = { patientId, reason: '', urgency: 'routine' as const, state: 'arrived' as const };
    expect(codeOf(startVisit(reader, { ...start, patientId: strangeId }, testContext))).toBe(
      'record.not-found',
    );
    const record = reader.get('patients', patientId);
    if (record === undefined) throw new Error('missing');
    const voided = { reason: 'twice', at: testContext.now, by: testContext.person };
    const write = {
      collection: 'patients' as const,
      id: patientId,
      body: { ...record.body, voided },
      audit: 't',
    };
    reader.apply({ subject: patientId, writes: [write] });
    expect(codeOf(startVisit(reader, start, testContext))).toBe('record.invalid');
  });
});

describe('moving a visit', () => {
  it('goes forward, may skip triage, and can be reopened', () => {
    const { apply, move, visit } = begun('planned');
    expect(visit().arrivedAt).toBeNull();
    apply(move('arrived'));
    apply(move('in-progress', '3'));
    expect(visit()).toMatchObject({ state: 'in-progress', room: '3' });
    apply(move('finished'));
    expect(visit()).toMatchObject({ state: 'finished', room: '3' });
    apply(move('in-progress'));
  });

  it('refuses to finish before the patient came, to leave finished for the queue, to stand still', () => {
    const { apply, move } = begun('planned');
    expect(codeOf(move('finished'))).toBe('visit.wrong-state');
    expect(codeOf(move('planned'))).toBe('visit.wrong-state');
    apply(move('arrived'));
    apply(move('arrived', '2'));
    expect(codeOf(move('arrived', '2'))).toBe('visit.wrong-state');
    apply(move('finished'));
    expect(codeOf(move('cancelled'))).toBe('visit.wrong-state');
  });
});

describe('recording in a visit', () => {
  it('appends entries and moves the state in one plan', () => {
    const { reader, id, record, visit, apply } = begun();
    const result = record([pressure(150), { kind: 'complaint', text: 'bosh ogʻrigʻi' }], 'finished');
    apply(result);
    expect(visit().state).toBe('finished');
    expect(effectiveEntries(visit(), 'vitals')[0]?.values).toEqual({ systolicMmHg: 150 });
    expect(reader.get('visits', id)?.body.entries).toHaveLength(4);
  });

  it('is all or none', () => {
    const { record, visit } = begun();
    const before = visit();
    expect(codeOf(record([pressure(150), { kind: 'vitals', values: {} }]))).toBe('record.invalid');
    expect(visit()).toEqual(before);
  });

  it('corrects, voids and restores entries without touching the old ones', () => {
    const { record, visit, apply } = begun();
    apply(record([pressure(1500 / 10)]));
    const first = effectiveEntries(visit(), 'vitals')[0]?.id;
    if (first === undefined) throw new Error('missing');
    apply(record([{ ...pressure(151), amends: first }]));
    expect(effectiveEntries(visit(), 'vitals').map((entry) => entry.values.systolicMmHg)).toEqual([151]);
    expect(codeOf(record([{ ...pressure(152), amends: first }]))).toBe('record.invalid');
    const second = effectiveEntries(visit(), 'vitals')[0]?.id;
    if (second === undefined) throw new Error('missing');
    expect(codeOf(record([{ kind: 'restore', amends: second }]))).toBe('record.invalid');
    expect(codeOf(record([{ kind: 'note', text: 'x', amends: second }]))).toBe('record.invalid');
    apply(record([{ kind: 'void', amends: second, reason: 'wrong patient' }]));
    expect(effectiveEntries(visit(), 'vitals')).toEqual([]);
    expect(visit().weighed.map((each) => each.standing)).toEqual(['effective', 'amended', 'voided']);
    apply(record([{ kind: 'restore', amends: second }]));
    expect(effectiveEntries(visit(), 'vitals').map((entry) => entry.values.systolicMmHg)).toEqual([151]);
  });

  it('takes findings only where the patient is, or comes to be in the same action', () => {
    const { record, apply, move } = begun('planned');
    expect(codeOf(record([pressure(120)]))).toBe('visit.wrong-state');
    apply(record([pressure(120)], 'in-progress'));
    apply(move('cancelled'));
    expect(codeOf(record([pressure(120)]))).toBe('visit.wrong-state');
  });

  it('corrects a cancelled visit, and keeps why it was entered late', () => {
    const { reader, id, record, apply, move, visit } = begun();
    apply(record([pressure(120)]));
    apply(move('cancelled'));
    const entry = effectiveEntries(visit(), 'vitals')[0];
    if (entry === undefined) throw new Error('missing');
    const input = {
      id,
      entries: [{ kind: 'void' as const, amends: entry.id, reason: 'not measured' }],
      enteredLate: 'power cut',
    };
    const result = recordVisit(reader, input, testContext);
    expect(result.ok && result.value.writes[0]?.enteredLate).toBe('power cut');
  });
});
