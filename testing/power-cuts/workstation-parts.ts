import { join } from 'node:path';
import * as v from 'valibot';
import type { SlotsEnvironment } from '#access/credential-slots.ts';
import { Secret } from '#access/secret.ts';
import { patientSearchRules } from '#clinic/search/patient-search-rules.ts';
import { PersonIdSchema } from '#contracts/ids.ts';
import { type OpenReplica, openReplica } from '#store/open-replica.ts';
import type { PatientIndexFactory } from '#store/patient-index-port.ts';
import { createPatientIndex } from '#store/search/patient-index.ts';
import { SeededRandom } from '../doubles/seeded-random.ts';
import { testKey } from '../store/replica-under-test.ts';
import { uuid } from '../store/sample-records.ts';

/** The workstation's own folder below the traced one: it makes it itself. */
export const dataFolderOf = (traced: string): string => join(traced, 'clinic', 'data');
export const databaseFileName = 'records.sqlite';
export const database = uuid(1);
export const nurse = v.parse(PersonIdSchema, uuid(2));

export const nursePassphrase = 'a passphrase';

export const newDataKey = () => new Secret(Uint8Array.from(testKey));

/** How the database is opened: as the product does, or with commits that do not wait for the disk, to see the test fail. */
export type Durability = 'product' | 'weak';

/** Opens the records of a folder; the log is checkpointed often, so that a short run meets many checkpoints. */
export function openRecords(
  folder: string,
  durability: Durability = 'product',
  key: Uint8Array = testKey,
): Promise<OpenReplica> {
  const patientIndex: PatientIndexFactory = (opened) => {
    opened.exec('PRAGMA wal_autocheckpoint = 120');
    if (durability === 'weak') opened.exec('PRAGMA synchronous = NORMAL');
    return createPatientIndex(patientSearchRules)(opened);
  };
  return openReplica({
    file: join(folder, databaseFileName),
    key,
    patientIndex,
    token: 'powercuts0',
    reserveBytes: 64 * 1024,
  });
}

/** Slots with a key derivation that costs nothing. */
export const slotsEnvironment = (folder: string): SlotsEnvironment => ({
  folder,
  clock: { now: () => 1_760_000_000_000 },
  random: new SeededRandom(1),
  derivePassphraseKey: async (_passphrase, salt) => new Uint8Array(32).fill(salt[0] ?? 0),
});
