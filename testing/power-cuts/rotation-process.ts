// Replaces the data key of a workstation under the tracing library; a mark tells of everything that was acknowledged.
// Run by rotation.test.ts.
import { openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { createSlotFile, openCredentialSlots } from '#access/credential-slots.ts';
import { preparePrivateFolder } from '#access/data-folder.ts';
import { systemRotationDisk } from '#access/rotation.ts';
import { copyWithNewKey } from '#store/copy-with-new-key.ts';
import { completeEnrolment, layoutOf, recoverEnrolment } from '#workstation/folder-layout.ts';
import {
  database,
  databaseFileName,
  dataFolderOf,
  newDataKey,
  nurse,
  nursePassphrase,
  openRecords,
  slotsEnvironment,
} from './workstation-parts.ts';
import { act } from './workstation-script.ts';

const [traced, actionsText] = process.argv.slice(2);
const { POWER_CUT_MARKS } = process.env;
if (traced === undefined || POWER_CUT_MARKS === undefined) throw new Error('run by rotation.test.ts only');
const marks = openSync(POWER_CUT_MARKS, 'w');
const mark = (text: string) => writeSync(marks, text);

const dataFolder = dataFolderOf(traced);
await preparePrivateFolder(dataFolder);
await recoverEnrolment(dataFolder);
await enrol(Number(actionsText));
mark('ready');
await rotate();
mark('rotated');
process.exit(0);

async function enrol(actions: number): Promise<void> {
  const { enrolling } = layoutOf(dataFolder);
  await preparePrivateFolder(enrolling);
  const replica = await openRecords(enrolling);
  for (let number = 0; number < actions; number += 1) {
    await replica.transact((transaction) => act(transaction, number));
  }
  await replica.close();
  using key = newDataKey();
  const first = { id: nurse, name: 'Nurse', passphrase: nursePassphrase };
  const written = await createSlotFile(slotsEnvironment(enrolling), database, key, first);
  if (!written.ok) throw new Error(written.error.code);
  await completeEnrolment(dataFolder);
}

async function rotate(): Promise<void> {
  const { rotation } = layoutOf(dataFolder);
  const slots = await openCredentialSlots(slotsEnvironment(rotation.current));
  if (!slots.ok || slots.value === null) throw new Error('no slots');
  using key = newDataKey();
  const rotated = await slots.value.rotate(key, {
    places: rotation,
    disk: systemRotationDisk,
    copyRecords: async ({ from, to, ...order }) => {
      const [source, copy] = [join(from, databaseFileName), join(to, databaseFileName)];
      await copyWithNewKey({ ...order, from: source, to: copy });
      return { isOwnFile: (name) => name.startsWith(databaseFileName) };
    },
    onProgress: () => undefined,
  });
  if (!rotated.ok) throw new Error(rotated.error.code);
}
