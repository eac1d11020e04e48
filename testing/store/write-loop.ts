// Writes records until it is killed, and says after each what is saved. Run by power-cut.test.ts.
import { writeSync } from 'node:fs';
import { openReplica } from '#store/open-replica.ts';
import { plainPatientIndex, testKey } from './replica-under-test.ts';
import { draftOf, patientRecord, visitRecord } from './sample-records.ts';

const [file, from] = process.argv.slice(2);
if (file === undefined || from === undefined) throw new Error('usage: write-loop <file> <first number>');

/** More than can be written before the test kills this process. */
const mostWrites = 1_000_000;

const replica = await openReplica({
  file,
  key: testKey,
  patientIndex: plainPatientIndex,
  reserveBytes: 1024 * 1024,
});
writeSync(1, 'open\n');
for (let number = Number(from); number < Number(from) + mostWrites; number += 1) {
  await replica.transact((transaction) => {
    const visit = visitRecord(number);
    transaction.put('visits', visit);
    transaction.put('patients', patientRecord(1_000_000 + number, `Family${number}`));
    transaction.outbox.append(draftOf(2_000_000 + number, visit));
    transaction.audit({ at: number, person: null, action: 'write', collection: 'visits', record: visit.id });
  });
  writeSync(1, `${number}\n`);
}
