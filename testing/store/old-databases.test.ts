import { copyFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { openReplica } from '#store/open-replica.ts';
import { migrations } from '#store/sqlcipher/migrations.ts';
import { plainPatientIndex, testKey } from './replica-under-test.ts';
import { draftOf, patientRecord, recordId, requestRecord, visitRecord } from './sample-records.ts';
import { temporaryFolder } from './temporary-replica.ts';

// One database per migration step, as the program of that step wrote it; kept for ever. All hold the same, and from step 2
// on an outbox row that was put aside.
const fixtures = fileURLToPath(new URL('./fixtures/', import.meta.url));
const databases = readdirSync(fixtures).filter((name) => /^replica-\d{4}\.db$/.test(name));

it('has a database of every step', () => {
  const steps = migrations.map(({ version }) => `replica-${String(version).padStart(4, '0')}.db`);
  expect(databases.sort()).toEqual(steps);
});

it.each(databases)('opens %s and finds everything', async (name) => {
  const folder = temporaryFolder();
  const file = join(folder.path, basename(name));
  copyFileSync(join(fixtures, name), file);
  copyFileSync(join(fixtures, `${name}-key-check`), `${file}-key-check`);
  const replica = await openReplica({
    file,
    key: testKey,
    patientIndex: plainPatientIndex,
    reserveBytes: 64 * 1024,
  });
  expect(replica.find('visits', {})).toEqual([0, 1, 2, 3, 4].map((number) => visitRecord(number)));
  expect(replica.get('patients', recordId(10))).toEqual(patientRecord(10));
  expect(replica.searchPatients('Karimova', 5)).toMatchObject([{ id: recordId(10) }]);
  expect(replica.outbox.counts()).toMatchObject({ pending: 4, quarantined: 0 });
  expect(replica.outbox.pending(9).map(({ rev, record }) => [rev, record])).toEqual(
    [1, 2, 3, 4].map((number) => [visitRecord(number).rev, visitRecord(number)]),
  );
  expect(replica.outbox.byState('accepted', 9).map(({ record }) => record)).toEqual([visitRecord(0)]);
  expect(replica.outbox.receipt('visits', recordId(0))).toMatchObject({ at: 70 });
  expect(replica.sync.shadow('visits', recordId(1))).toEqual(visitRecord(1));
  expect(replica.sync.checkpoint(visitRecord(1).scope, 1)).toEqual({ epoch: 'e', seq: 7 });
  expect(replica.settings.get('ticket')).toBe('t');
  const step = Number(name.slice(8, 12));
  expect(replica.outbox.asides(9).map(({ op }) => op)).toEqual(
    step < 2 ? [] : [draftOf(105, visitRecord(1)).op],
  );
  // Columns and collections that came later are there.
  expect(replica.revisions('visits', null, 9)).toEqual(
    [0, 1, 2, 3, 4].map((number) => ({ id: recordId(number), rev: visitRecord(number).rev })),
  );
  expect(replica.count('requests', {})).toBe(0);
  expect(replica.verifyAudit()).toEqual({ entries: 1, firstBroken: null });
  const request = requestRecord(20);
  await replica.transact((transaction) => {
    transaction.put('visits', visitRecord(6));
    transaction.put('requests', request);
    transaction.outbox.supersede([draftOf(103, visitRecord(3)).op]);
  });
  expect(replica.get('requests', request.id)).toEqual(request);
  expect(replica.outbox.asides(9).map(({ op }) => op)).toContain(draftOf(103, visitRecord(3)).op);
  await replica.close();
  folder.remove();
});
