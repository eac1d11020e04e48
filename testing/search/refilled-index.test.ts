import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { SearchRules } from '#clinic/ports/search-rules.ts';
import { patientSearchRules } from '#clinic/search/patient-search-rules.ts';
import { openReplica } from '#store/open-replica.ts';
import { createPatientIndex } from '#store/search/patient-index.ts';
import { testKey } from '../store/replica-under-test.ts';
import { patientRecord } from '../store/sample-records.ts';
import { temporaryFolder } from '../store/temporary-replica.ts';

/** More than a page of refilling. */
const patients = 1203;
/** First, last, and both sides of a page's edge. */
const familyOf = new Map([
  [1, 'Ergasheva'],
  [500, 'Toshmatova'],
  [501, 'Mirzayeva'],
  [patients, 'Saidova'],
]);
const newerRules: SearchRules = { ...patientSearchRules, version: patientSearchRules.version + 1 };

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const open = (rules: SearchRules) =>
  openReplica({
    file: join(folder.path, 'replica.db'),
    key: testKey,
    patientIndex: createPatientIndex(rules),
    reserveBytes: 1024 * 1024,
  });

it('SEA-8: an index of older rules is made anew from the records', async () => {
  const older = await open(patientSearchRules);
  await older.transact((transaction) => {
    for (let number = 1; number <= patients; number++) {
      transaction.put('patients', patientRecord(number, familyOf.get(number) ?? 'Karimova'));
    }
  });
  await older.close();

  const newer = await open(newerRules);
  for (const family of familyOf.values()) expect(newer.searchPatients(family, 5)).toHaveLength(1);
  await newer.close();
});
