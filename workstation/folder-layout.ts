import { rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { readIfThere, replaceDurably, syncFolder } from '#access/durable-file.ts';
import { finishRotation, type RotationPlaces, systemRotationDisk } from '#access/rotation.ts';
import { slotBackupName, slotFileName } from '#access/slot-file.ts';

/** Places inside the data folder. */
export interface FolderLayout {
  /** Database, slots and attempts of the enrolled workstation. Exists once enrolment is complete, never before. */
  readonly current: string;
  /** The same while enrolment is under way. */
  readonly enrolling: string;
  /** There while the center's order to erase was begun, until the next enrolment. */
  readonly wipeMark: string;
  /** Where the data key is replaced. */
  readonly rotation: RotationPlaces;
  /** A rotation of another workstation that was found here. Nothing reads it. */
  readonly strange: string;
}

/** No list is longer. */
const mostListBytes = 16 * 1024 * 1024;

export const layoutOf = (folder: string): FolderLayout => ({
  current: join(folder, 'workstation'),
  enrolling: join(folder, 'enrolling'),
  wipeMark: join(folder, 'erased-by-center'),
  rotation: {
    current: join(folder, 'workstation'),
    staging: join(folder, 'rotating'),
    complete: join(folder, 'rotated'),
    replaced: join(folder, 'replaced'),
  },
  strange: join(folder, 'of-another-workstation'),
});

/**
 * What a power cut during enrolment (WS-2) or a rotation of the data key (ACC-24) left behind. The slot file is written last, so a staging folder that has one
 * is complete and only its renaming is missing; one without is worth nothing and goes. Says whether the workstation is
 * enrolled.
 */
export async function recoverEnrolment(folder: string): Promise<boolean> {
  const { current, enrolling } = layoutOf(folder);
  if (await wasWiped(folder)) await finishWipe(folder);
  await recoverRotation(folder);
  if (await exists(current)) return true;
  if (await exists(join(enrolling, slotFileName))) {
    await completeEnrolment(folder);
    return true;
  }
  await discardEnrolment(folder);
  return false;
}

/**
 * Finishes or undoes a rotation of the data key that was interrupted (ACC-24). One of another workstation, which somebody copied
 * here, is set aside: it must not take the place of this one's records.
 */
export async function recoverRotation(folder: string): Promise<void> {
  const { rotation, strange } = layoutOf(folder);
  const [own, found] = [await databaseIn(rotation.current), await databaseIn(rotation.complete)];
  if (own !== null && found !== null && own !== found) {
    await rm(strange, { recursive: true, force: true });
    await rename(rotation.complete, strange);
    await syncFolder(folder);
  }
  await finishRotation(rotation, systemRotationDisk);
}

const ListedDatabaseSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ database: v.pipe(v.string(), v.uuid()) }),
);

/** Which database the list in a folder is of; null when there is none that can be read. */
async function databaseIn(folder: string): Promise<string | null> {
  for (const name of [slotFileName, slotBackupName]) {
    const text = await readIfThere(join(folder, name), mostListBytes).catch(() => null);
    const read = v.safeParse(ListedDatabaseSchema, text);
    if (read.success) return read.output.database;
  }
  return null;
}

/** The one step that makes a workstation enrolled: atomic and durable. */
export async function completeEnrolment(folder: string): Promise<void> {
  const { current, enrolling } = layoutOf(folder);
  await syncFolder(enrolling);
  await rm(layoutOf(folder).wipeMark, { force: true });
  await rename(enrolling, current);
  await syncFolder(folder);
}

/** Removes an enrolment that is not complete. Nothing of a patient is in it. */
export async function discardEnrolment(folder: string): Promise<void> {
  await rm(layoutOf(folder).enrolling, { recursive: true, force: true });
}

/**
 * The first half of the center's order to erase (WIP-1): what opens the records is gone, durably. The mark comes first, so that
 * a power cut in between is finished at the next start.
 */
export async function destroySlots(folder: string): Promise<void> {
  const { wipeMark, rotation, strange } = layoutOf(folder);
  await replaceDurably(wipeMark, '');
  for (const place of [...Object.values(rotation), strange]) {
    for (const name of [slotFileName, slotBackupName]) await rm(join(place, name), { force: true });
    if (await exists(place)) await syncFolder(place);
  }
}

/** The second half: the records themselves, once nothing has them open. */
export async function finishWipe(folder: string): Promise<void> {
  const { rotation, strange } = layoutOf(folder);
  for (const place of [...Object.values(rotation), strange]) {
    await rm(place, { recursive: true, force: true });
  }
  await syncFolder(folder);
}

/** Whether the center had this workstation erased and it was not enrolled since. */
export const wasWiped = (folder: string): Promise<boolean> => exists(layoutOf(folder).wipeMark);

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
}
