import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { EntryIdSchema, PersonIdSchema } from '#contracts/ids.ts';
import {
  emptyVisitFields,
  entriesOf,
  isAnythingTyped,
  noVitals,
  readVital,
  typedSince,
  vitalsMistakes,
  withCorrection,
  withoutRecorded,
} from './visit-fields.ts';

const entryId = v.parse(EntryIdSchema, '0190a000-0000-7000-8000-000000000001');
const by = v.parse(PersonIdSchema, '0190a000-0000-7000-8000-000000000002');

describe('typed vitals', () => {
  it.each([
    ['temperatureCelsius', '36,6', { status: 'read', value: 36.6 }],
    ['temperatureCelsius', '36.6', { status: 'read', value: 36.6 }],
    ['temperatureCelsius', '366', { status: 'wrong' }],
    ['pulsePerMinute', ' ', { status: 'empty' }],
    ['pulsePerMinute', '7o', { status: 'wrong' }],
  ] as const)('%s %j', (name, typed, read) => {
    expect(readVital(name, typed)).toEqual(read);
  });

  it('are not saved while one cannot be, or two do not fit together', () => {
    expect(vitalsMistakes({ ...noVitals, pulsePerMinute: '999' })).toEqual([
      { name: 'pulsePerMinute', message: 'vitals.out-of-range' },
    ]);
    expect(vitalsMistakes({ ...noVitals, systolicMmHg: '80', diastolicMmHg: '120' })).toEqual([
      { name: 'diastolicMmHg', message: 'vitals.diastolic-not-below-systolic' },
    ]);
    expect(vitalsMistakes({ ...noVitals, systolicMmHg: '120', diastolicMmHg: '80' })).toEqual([]);
    expect(vitalsMistakes(noVitals)).toEqual([]);
  });
});

describe('entries', () => {
  it('hold all that is typed, and nothing that is blank', () => {
    const fields = {
      ...emptyVisitFields,
      vitals: { ...noVitals, systolicMmHg: '120', diastolicMmHg: '80' },
      complaint: '  ',
      note: ' yaxshi ',
      diagnoses: [{ icd10: 'I10', name: '', role: 'main', certainty: 'provisional' } as const],
    };
    expect(entriesOf(fields)).toEqual([
      { kind: 'vitals', values: { systolicMmHg: 120, diastolicMmHg: 80 } },
      { kind: 'note', text: 'yaxshi' },
      { kind: 'diagnosis', icd10: 'I10', role: 'main', certainty: 'provisional' },
    ]);
    expect(isAnythingTyped(fields)).toBe(true);
    expect(entriesOf(emptyVisitFields)).toEqual([]);
    expect(isAnythingTyped({ ...emptyVisitFields, note: ' ' })).toBe(false);
  });

  it('name the entry they correct', () => {
    const vitals = { kind: 'vitals', id: entryId, at: 1, by, values: { temperatureCelsius: 36.6 } } as const;
    const fields = withCorrection(emptyVisitFields, vitals, new Map(), 'ru');
    expect(fields.vitals.temperatureCelsius).toBe('36,6');
    expect(entriesOf(fields)).toEqual([
      { kind: 'vitals', values: { temperatureCelsius: 36.6 }, amends: entryId },
    ]);
    const diagnosis = {
      kind: 'diagnosis',
      id: entryId,
      at: 1,
      by,
      icd10: 'I10',
      role: 'main',
      certainty: 'provisional',
    } as const;
    expect(entriesOf(withCorrection(emptyVisitFields, diagnosis, new Map(), 'ru'))).toMatchObject([
      { amends: entryId },
    ]);
  });
});

describe('a draft of what was saved meanwhile', () => {
  const other = v.parse(PersonIdSchema, '0190a000-0000-7000-8000-000000000003');
  const typed = {
    ...emptyVisitFields,
    vitals: { ...noVitals, pulsePerMinute: '72' },
    complaint: 'yoʻtal',
    note: 'koʻrik',
    diagnoses: [{ icd10: 'I10', name: '', role: 'main', certainty: 'provisional' } as const],
  };
  const entry = { id: entryId, at: 1, by } as const;

  it('SCR-9: keeps only what is not recorded', () => {
    const recorded = [
      { ...entry, kind: 'vitals', values: { pulsePerMinute: 72 } },
      { ...entry, kind: 'note', text: 'koʻrik' },
      { ...entry, kind: 'diagnosis', icd10: 'I10', role: 'main', certainty: 'provisional' },
    ] as const;
    expect(withoutRecorded(typed, recorded, by)).toEqual({ ...emptyVisitFields, complaint: 'yoʻtal' });
  });

  it('keeps a cell that no entry can hold', () => {
    const halfRead = { ...typed, vitals: { ...noVitals, pulsePerMinute: '72', spo2Percent: '9o' } };
    const left = withoutRecorded(
      halfRead,
      [{ ...entry, kind: 'vitals', values: { pulsePerMinute: 72 } }],
      by,
    );
    expect(left.vitals).toEqual({ ...noVitals, spo2Percent: '9o' });
  });

  it('keeps a correction back to what an entry once said', () => {
    const correction = { ...emptyVisitFields, note: 'koʻrik', amends: { note: entryId } };
    expect(withoutRecorded(correction, [{ ...entry, kind: 'note', text: 'koʻrik' }], by)).toBe(correction);
  });

  it('keeps what differs in a letter, and what somebody else recorded', () => {
    const recorded = [
      { ...entry, kind: 'vitals', values: { pulsePerMinute: 73 } },
      { ...entry, kind: 'complaint', text: 'yoʻtal!' },
      { ...entry, by: other, kind: 'note', text: 'koʻrik' },
    ] as const;
    expect(withoutRecorded(typed, recorded, by)).toBe(typed);
  });
});

describe('what is typed while a save is under way', () => {
  const diagnosis = { icd10: 'I10', name: '', role: 'main', certainty: 'confirmed' } as const;
  const sent = {
    ...emptyVisitFields,
    vitals: { ...noVitals, systolicMmHg: '152', pulsePerMinute: '88' },
    complaint: 'headache',
    note: 'calm',
    diagnoses: [diagnosis],
    amends: { note: entryId },
    enteredLate: 'no power',
  };

  it('nothing is left when nothing was typed', () => {
    expect(typedSince(sent, sent)).toEqual(emptyVisitFields);
    expect(typedSince(sent, structuredClone(sent))).toEqual(emptyVisitFields);
  });

  it('what is new stays, what was saved goes', () => {
    const other = { ...diagnosis, icd10: 'E11' };
    const now = {
      ...sent,
      vitals: { ...sent.vitals, pulsePerMinute: '90', weightKilograms: '81' },
      complaint: 'headache since Monday',
      diagnoses: [diagnosis, other],
    };
    const left = typedSince(sent, now);
    expect(left.vitals).toEqual({ ...noVitals, pulsePerMinute: '90', weightKilograms: '81' });
    expect(left.complaint).toBe('headache since Monday');
    expect(left.note).toBe('');
    expect(left.diagnoses).toEqual([other]);
    expect(left.enteredLate).toBe('no power');
  });

  it('a second correction of the same entry becomes an entry of its own', () => {
    const left = typedSince(sent, { ...sent, note: 'calm, slept well' });
    expect(entriesOf(left)).toEqual([{ kind: 'note', text: 'calm, slept well' }]);
    const another = v.parse(EntryIdSchema, '0190a000-0000-7000-8000-000000000003');
    const corrected = typedSince(sent, {
      ...sent,
      complaint: 'cough',
      amends: { ...sent.amends, complaint: another },
    });
    expect(entriesOf(corrected)).toEqual([{ kind: 'complaint', text: 'cough', amends: another }]);
  });
});
