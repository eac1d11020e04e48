// Opens a database of the first program, which brings it up to date, and works with it, under the tracing library.
// Run by workstation.test.ts.
import { openSync, writeSync } from 'node:fs';
import { openRecords } from './workstation-parts.ts';
import { act } from './workstation-script.ts';

const [folder, actions] = process.argv.slice(2);
const { POWER_CUT_MARKS } = process.env;
if (folder === undefined || POWER_CUT_MARKS === undefined) throw new Error('run by workstation.test.ts only');
const marks = openSync(POWER_CUT_MARKS, 'w');

const replica = await openRecords(folder);
for (let number = 0; number < Number(actions); number += 1) {
  await replica.transact((transaction) => act(transaction, number));
  writeSync(marks, `action ${number}`);
}
process.exit(0);
