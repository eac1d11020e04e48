// Enrols a workstation and works with it under the tracing library; a mark tells of everything that was acknowledged.
// Run by workstation.test.ts.
import { openSync, writeSync } from 'node:fs';
import { createSlotFile, openCredentialSlots } from '#access/credential-slots.ts';
import { preparePrivateFolder } from '#access/data-folder.ts';
import { completeEnrolment, layoutOf, recoverEnrolment } from '#workstation/folder-layout.ts';
import {
  type Durability,
  database,
  dataFolderOf,
  newDataKey,
  nurse,
  openRecords,
  slotsEnvironment,
} from './workstation-parts.ts';
import { act } from './workstation-script.ts';

const [traced, actionsText, durabilityText] = process.argv.slice(2);
const { POWER_CUT_MARKS } = process.env;
if (traced === undefined || POWER_CUT_MARKS === undefined) throw new Error('run by workstation.test.ts only');
const durability: Durability = durabilityText === 'weak' ? 'weak' : 'product';
const actions = Number(actionsText);
const marks = openSync(POWER_CUT_MARKS, 'w');
const mark = (text: string) => writeSync(marks, text);

const dataFolder = dataFolderOf(traced);
await preparePrivateFolder(dataFolder);
if (!(await recoverEnrolment(dataFolder))) await enrol();
await work(0, Math.floor(actions / 3), 'closes');
await work(Math.floor(actions / 3), Math.floor((2 * actions) / 3), 'closes');
await work(Math.floor((2 * actions) / 3), actions, 'is killed');
process.exit(0);

/** The steps of workstation/enrolment.ts, without a center. */
async function enrol(): Promise<void> {
  const { enrolling } = layoutOf(dataFolder);
  await preparePrivateFolder(enrolling);
  const replica = await openRecords(enrolling, durability);
  await replica.transact(({ settings }) => settings.set('identity', 'device'));
  await replica.close();
  const first = { id: nurse, name: 'version 0', passphrase: 'a passphrase' };
  using key = newDataKey();
  const written = await createSlotFile(slotsEnvironment(enrolling), database, key, first);
  if (!written.ok) throw new Error(written.error.code);
  await completeEnrolment(dataFolder);
  mark('enrolled');
}

async function work(from: number, to: number, end: 'closes' | 'is killed'): Promise<void> {
  const { current } = layoutOf(dataFolder);
  const replica = await openRecords(current, durability);
  for (let number = from; number < to; number += 1) {
    await replica.transact((transaction) => act(transaction, number));
    mark(`action ${number}`);
    if (number % 10 === 5) await renameNurse(current, number);
  }
  if (end === 'closes') await replica.close();
}

async function renameNurse(folder: string, version: number): Promise<void> {
  const slots = await openCredentialSlots(slotsEnvironment(folder));
  if (!slots.ok || slots.value === null) throw new Error('no slots');
  using key = newDataKey();
  const changed = await slots.value.change(key, { names: new Map([[nurse, `version ${version}`]]) });
  if (!changed.ok) throw new Error(changed.error.code);
  mark(`slots ${version}`);
}
