import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { parsePinfl, pinflContradictions } from '#clinic/identity/pinfl.ts';
import { DaySchema } from '#contracts/ids.ts';
import { maxRecordLength } from '#contracts/records/record.ts';
import { recordSchemas } from '#contracts/records/registry.ts';
import { revisionOf } from '#sync/merge/revision.ts';
import { illnesses } from './complaints.ts';
import type { DistrictRecord } from './envelopes.ts';
import { type DistrictOptions, generateDistrict } from './generate-district.ts';

const options: DistrictOptions = {
  seed: 7,
  patients: 600,
  facilities: 3,
  years: 2,
  today: v.parse(DaySchema, '2026-06-03'),
};
const district = [...generateDistrict(options)];

function recordsOf<C extends DistrictRecord['collection']>(collection: C) {
  return district.filter(
    (each): each is Extract<DistrictRecord, { collection: C }> => each.collection === collection,
  );
}

describe('the synthetic district', () => {
  it('holds only records that fit their schemas, with their revisions', () => {
    for (const { collection, op, record } of district) {
      const parsed = v.safeParse(recordSchemas[collection], record);
      if (!parsed.success) throw new Error(`${collection}: ${v.getDotPath(parsed.issues[0])}`);
      expect(parsed.output).toEqual(record);
      expect(record.rev).toBe(revisionOf(op, null, collection, record));
      expect(JSON.stringify(record).length).toBeLessThan(maxRecordLength);
    }
  });

  it('is the same for the same options, another for another seed, and grows at its end', () => {
    expect([...generateDistrict(options)]).toEqual(district);
    const other = [...generateDistrict({ ...options, seed: 8 })];
    expect(other[40]).not.toEqual(district[40]);
    const more = generateDistrict({ ...options, patients: 5000 });
    for (const each of district.slice(0, 2000)) expect(more.next().value).toEqual(each);
  });

  it('is lazy', () => {
    const huge = generateDistrict({ ...options, patients: 1_000_000_000 });
    expect(huge.next().value?.collection).toBe('reference');
  });

  it('marks every facility as training and names it in four languages', () => {
    const facilities = recordsOf('reference').map((each) => each.record);
    expect(facilities.map((each) => each.scope)).toEqual(['TRN000001', 'TRN000002', 'TRN000003']);
    for (const { body, scope } of facilities) {
      if (body.kind !== 'facility') throw new Error(`${body.kind} is not a facility`);
      expect(body.isTraining).toBe(true);
      expect(body.code).toBe(scope);
      expect(new Set(Object.values(body.name)).size).toBe(4);
      expect(body.mahallas.length).toBeGreaterThan(20);
    }
    expect(recordsOf('staff')).toHaveLength(18);
  });

  it('has the asked number of patients, unique ids and PINFLs that agree with sex and birth', () => {
    const patients = recordsOf('patients').map((each) => each.record);
    expect(patients).toHaveLength(600);
    expect(new Set(district.map((each) => each.record.id)).size).toBe(district.length);
    const pinfls = patients.flatMap((each) => each.body.pinfl ?? []);
    expect(new Set(pinfls).size).toBe(pinfls.length);
    for (const { body } of patients) {
      expect(body.pinfl === undefined).toBe(body.temporaryNumber !== undefined);
      if (body.pinfl === undefined) continue;
      const parsed = parsePinfl(body.pinfl);
      if (!parsed.ok) throw new Error(parsed.error);
      expect(pinflContradictions(parsed.value, body)).toEqual([]);
    }
    expect(pinfls.length / patients.length).toBeGreaterThan(0.8);
    expect(pinfls.length / patients.length).toBeLessThan(0.97);
  });

  it('mixes scripts and apostrophes', () => {
    const names = recordsOf('patients').map((each) => each.record.body.name.family);
    const cyrillic = names.filter((name) => /^[\u0400-\u04ff]+$/.test(name)).length;
    expect(cyrillic / names.length).toBeGreaterThan(0.3);
    expect(cyrillic / names.length).toBeLessThan(0.65);
    const marks = new Set(names.flatMap((name) => [...name].filter((mark) => /['`‘’ʻʼ]/.test(mark))));
    expect(marks.size).toBeGreaterThanOrEqual(4);
  });

  it('lets families share name, address and mahalla of the catchment', () => {
    const patients = recordsOf('patients').map((each) => each.record.body);
    const sizes = new Map<string, number>();
    for (const { address } of patients) {
      const key = `${address?.mahalla} ${address?.line}`;
      sizes.set(key, (sizes.get(key) ?? 0) + 1);
    }
    expect(patients.length / sizes.size).toBeGreaterThan(3);
  });

  it('has visits of two years, before today, of patients it has, monthly for hypertensives', () => {
    const patients = new Map(recordsOf('patients').map((each) => [each.record.id, each.record]));
    const counts = new Map<string, number>();
    for (const { record } of recordsOf('visits')) {
      const patient = patients.get(record.body.patientId);
      if (patient === undefined) throw new Error('a visit of nobody');
      expect(record.body.day >= '2024-06-03' && record.body.day <= options.today).toBe(true);
      expect(record.capturedAt).toBeGreaterThan(patient.capturedAt);
      if (record.body.day === options.today) expect(record.body.entries).toHaveLength(1);
      counts.set(record.body.patientId, (counts.get(record.body.patientId) ?? 0) + 1);
    }
    const hypertensives = [...patients.values()].filter((each) =>
      each.body.problems.some((problem) => problem.icd10 === 'I10'),
    );
    const visits = hypertensives.reduce((sum, each) => sum + (counts.get(each.id) ?? 0), 0);
    expect(hypertensives.length).toBeGreaterThan(20);
    expect(visits / hypertensives.length).toBeGreaterThan(15);
    expect(visits / hypertensives.length).toBeLessThan(26);
  });

  it('uses only diagnoses of the shipped list', () => {
    const codes = readFileSync(new URL('../../clinic/data/icd10-ru.tsv', import.meta.url), 'utf8');
    const used = new Set(illnesses.map((illness) => illness.icd10));
    for (const { record } of recordsOf('patients')) {
      for (const problem of record.body.problems) used.add(problem.icd10);
    }
    for (const code of used) expect(codes).toContain(`\n${code}\t`);
  });
});

describe('a district of 20,000 patients', () => {
  it('comes within seconds', () => {
    const start = performance.now();
    let records = 0;
    for (const _each of generateDistrict({ ...options, patients: 20_000, facilities: 5 })) records += 1;
    const seconds = (performance.now() - start) / 1000;
    expect(records).toBeGreaterThan(60_000);
    // Some ten seconds on two quiet cores; the limit allows for busy ones.
    expect(seconds).toBeLessThan(90);
  });
});
