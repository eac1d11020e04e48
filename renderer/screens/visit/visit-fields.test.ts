import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { EntryIdSchema, PersonIdSchema } from '#contracts/ids.ts';
import {
  emptyVisitFields,
  entriesOf,
  isAnythingTyped,
  noVitals,
  readVital,
  vitalsMistakes,
  withCorrection,
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
