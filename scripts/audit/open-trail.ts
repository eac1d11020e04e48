import { join } from 'node:path';
import { deriveInThread } from '#access/argon2-thread.ts';
import { type CredentialSlots, openCredentialSlots } from '#access/credential-slots.ts';
import { holdDataFolder } from '#access/data-folder.ts';
import type { Secret } from '#access/secret.ts';
import { patientSearchRules } from '#clinic/search/patient-search-rules.ts';
import { type AppError, appError } from '#contracts/errors.ts';
import type { PersonId } from '#contracts/ids.ts';
import { fail, ok, type Result } from '#contracts/result.ts';
import { administratorRoles } from '#contracts/roles.ts';
import { type OpenReplica, openReplica } from '#store/open-replica.ts';
import { createPatientIndex } from '#store/search/patient-index.ts';
import { type DeviceIdentity, loadDeviceIdentity } from '#sync/device-identity.ts';
import { createFailedUnlocks } from '#workstation/failed-unlocks.ts';
import { layoutOf } from '#workstation/folder-layout.ts';
import { isOlderList } from '#workstation/list-freshness.ts';
import { databaseFileName } from '#workstation/main-composition.ts';
import { staffOf } from '#workstation/people.ts';
import { systemClock, systemRandom } from '#workstation/system-effects.ts';

/** Who exports, and how she proves it. */
export interface Administrator {
  choose(people: ReturnType<CredentialSlots['people']>): Promise<PersonId>;
  passphrase(): Promise<string>;
}

/** Records that were opened for an administrator, for as long as `work` runs. */
export interface OpenedTrail {
  readonly replica: OpenReplica;
  readonly identity: DeviceIdentity;
  readonly person: PersonId;
}

/**
 * Opens the records of a data folder with an administrator's passphrase, runs `work`, and closes everything. Fails with the codes
 * of an unlock, `store.in-use` while the workstation runs, and `access.forbidden` for anybody who is no administrator.
 */
export async function withTrail<Value>(
  dataFolder: string,
  administrator: Administrator,
  work: (opened: OpenedTrail) => Promise<Value>,
): Promise<Result<Value>> {
  const held = await holdDataFolder(dataFolder);
  if (!held.ok) return held;
  try {
    const folder = layoutOf(dataFolder).current;
    const environment = {
      folder,
      clock: systemClock,
      random: systemRandom,
      derivePassphraseKey: deriveInThread,
    };
    const slots = await openCredentialSlots(environment);
    if (!slots.ok) return slots;
    if (slots.value === null) return fail(appError('access.unknown-person'));
    const person = await administrator.choose(slots.value.people());
    const unlocked = await slots.value.unlockByPassphrase(person, await administrator.passphrase());
    if (!unlocked.ok) return await refused(folder, person, unlocked.error);
    unlocked.value.personKeys?.wipe();
    using dataKey = unlocked.value.dataKey;
    return await withRecords(folder, slots.value, dataKey, person, work);
  } finally {
    held.value.release();
  }
}

async function withRecords<Value>(
  folder: string,
  slots: CredentialSlots,
  dataKey: Secret,
  person: PersonId,
  work: (opened: OpenedTrail) => Promise<Value>,
): Promise<Result<Value>> {
  const replica = await openReplica({
    file: join(folder, databaseFileName),
    key: dataKey.reveal(),
    patientIndex: createPatientIndex(patientSearchRules),
  });
  try {
    const identity = loadDeviceIdentity(replica.settings);
    if (identity === undefined) return fail(appError('store.damaged', { part: 'identity' }));
    if (isOlderList(replica.settings, slots))
      return fail(appError('store.wrong-key', { part: 'older-list' }));
    const staff = staffOf(replica, person)?.body;
    const isAllowed = staff?.active === true && staff.roles.some((role) => isAdministrator(role));
    if (!isAllowed) return fail(appError('access.forbidden', { rule: 'not-administrator' }));
    return ok(await work({ replica, identity, person }));
  } finally {
    await replica.close();
  }
}

const isAdministrator = (role: string): boolean => administratorRoles.some((each) => each === role);

/** The trail tells of it at the next unlock. */
async function refused(folder: string, person: PersonId, error: AppError): Promise<Result<never>> {
  const failed = { at: Math.max(0, Math.floor(systemClock.now())), person, code: error.code };
  await createFailedUnlocks(folder, () => undefined).note(failed);
  return fail(error);
}
