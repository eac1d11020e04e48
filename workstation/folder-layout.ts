import { rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder } from '#access/durable-file.ts';
import { slotFileName } from '#access/slot-file.ts';

/** Places inside the data folder. */
export interface FolderLayout {
  /** Database, slots and attempts of the enrolled workstation. Exists once enrolment is complete, never before. */
  readonly current: string;
  /** The same while enrolment is under way. */
  readonly enrolling: string;
}

export const layoutOf = (folder: string): FolderLayout => ({
  current: join(folder, 'workstation'),
  enrolling: join(folder, 'enrolling'),
});

/**
 * What a power cut during enrolment left behind (WS-2). The slot file is written last, so a staging folder that has one
 * is complete and only its renaming is missing; one without is worth nothing and goes. Says whether the workstation is
 * enrolled.
 */
export async function recoverEnrolment(folder: string): Promise<boolean> {
  const { current, enrolling } = layoutOf(folder);
  if (await exists(current)) return true;
  if (await exists(join(enrolling, slotFileName))) {
    await completeEnrolment(folder);
    return true;
  }
  await discardEnrolment(folder);
  return false;
}

/** The one step that makes a workstation enrolled: atomic and durable. */
export async function completeEnrolment(folder: string): Promise<void> {
  const { current, enrolling } = layoutOf(folder);
  await syncFolder(enrolling);
  await rename(enrolling, current);
  await syncFolder(folder);
}

/** Removes an enrolment that is not complete. Nothing of a patient is in it. */
export async function discardEnrolment(folder: string): Promise<void> {
  await rm(layoutOf(folder).enrolling, { recursive: true, force: true });
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
}
