import { join } from 'node:path';
import { preparePrivateFolder } from '#access/data-folder.ts';
import { readSlotFile } from '#access/slot-file.ts';
import { checkIntegrity } from '#store/check-integrity.ts';
import type { OpenReplica } from '#store/open-replica.ts';
import { layoutOf, recoverEnrolment } from '#workstation/folder-layout.ts';
import { testKey } from '../store/replica-under-test.ts';
import { recordId } from '../store/sample-records.ts';
import { databaseFileName, dataFolderOf, openRecords } from './workstation-parts.ts';
import { act, familyOf, fingerprint } from './workstation-script.ts';

/** What had been acknowledged when the power went. */
export interface Acknowledged {
  readonly isEnrolled: boolean;
  /** Number of the last action, or -1. */
  readonly action: number;
  /** Version of the slot file. */
  readonly slots: number;
}

export interface ExpectedRecords {
  /** Fingerprints before the first action and after each. */
  readonly expected: readonly string[];
  /** Entries of the audit trail before the first action. */
  readonly audited: number;
  /** Most actions beyond the acknowledged ones. */
  readonly unheard: number;
}

export const nothingYet: Acknowledged = { isEnrolled: false, action: -1, slots: 0 };

export function acknowledge(before: Acknowledged, mark: string): Acknowledged {
  const [what, number] = mark.split(' ');
  if (what === 'enrolled') return { ...before, isEnrolled: true };
  if (what === 'action') return { ...before, action: Number(number) };
  if (what === 'slots') return { ...before, slots: Number(number) };
  throw new Error(`an unknown mark: ${mark}`);
}

/**
 * Starts the workstation on what a cut left, as the product does. Gives the first thing that is wrong: something acknowledged
 * is missing, something unacknowledged is there by half, or it cannot go on. `expected`: fingerprints before the first action
 * and after each. `unheard`: most actions that may be there beyond the acknowledged ones.
 */
export async function judge(
  traced: string,
  acknowledged: Acknowledged,
  expected: readonly string[],
  unheard = 1,
): Promise<string | undefined> {
  const dataFolder = dataFolderOf(traced);
  const isEnrolled = await recoverEnrolment(dataFolder);
  if (!isEnrolled) return acknowledged.isEnrolled ? 'the enrolment is lost' : await enrolAnew(dataFolder);
  const { current } = layoutOf(dataFolder);
  const slots = await readSlotFile(current);
  if (!slots.ok || slots.value === null) return 'the slot file cannot be read';
  const version = Number(slots.value.file.people[0]?.name.split(' ')[1]);
  // One change may be on the disk before it is acknowledged.
  if (version < acknowledged.slots)
    return `slot file of version ${version}, acknowledged ${acknowledged.slots}`;
  return judgeRecords(current, acknowledged, { expected, audited: 0, unheard });
}

/**
 * Opens the records of a folder, compares them with what they are after each action, works on, and looks at every page.
 */
export async function judgeRecords(
  folder: string,
  acknowledged: Acknowledged,
  records: ExpectedRecords,
): Promise<string | undefined> {
  const replica = await openRecords(folder);
  try {
    const complaint = compare(replica, acknowledged, records) ?? (await goOn(replica));
    if (complaint !== undefined) return complaint;
  } finally {
    await replica.close();
  }
  const { damagedPages } = checkIntegrity(join(folder, databaseFileName), testKey);
  return damagedPages === 0 ? undefined : `${damagedPages} damaged pages`;
}

/** A workstation whose enrolment was cut off can be enrolled. */
async function enrolAnew(dataFolder: string): Promise<undefined> {
  const { enrolling } = layoutOf(dataFolder);
  await preparePrivateFolder(enrolling);
  const replica = await openRecords(enrolling);
  await replica.transact((transaction) => act(transaction, 0));
  await replica.close();
}

function compare(
  replica: OpenReplica,
  acknowledged: Acknowledged,
  { expected, audited, unheard }: ExpectedRecords,
): string | undefined {
  const last = Number(replica.settings.get('actions') ?? -1);
  const { action } = acknowledged;
  if (last < action) return `action ${last} is the last one, acknowledged was ${action}`;
  if (last > action + unheard) return `action ${last} is there, which had not begun`;
  if (fingerprint(replica) !== expected[last + 1]) return `the records are not those after action ${last}`;
  const audit = replica.verifyAudit();
  if (audit.firstBroken !== null || audit.entries !== audited + last + 1) {
    return `audit trail of ${audit.entries} entries, broken at ${audit.firstBroken}`;
  }
  const isPatientKept = last >= 0 && last % 9 !== 8;
  const found = replica.searchPatients(familyOf(last), 5).map(({ id }) => id);
  return isPatientKept && !found.includes(recordId(1_000 + last)) ? 'the patient is not found' : undefined;
}

/** Work goes on after the power is back. */
async function goOn(replica: OpenReplica): Promise<string | undefined> {
  const next = Number(replica.settings.get('actions') ?? -1) + 1;
  await replica.transact((transaction) => act(transaction, next));
  return replica.settings.get('actions') === String(next) ? undefined : 'the next action is not there';
}
