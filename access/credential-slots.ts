import { timingSafeEqual } from 'node:crypto';
import { join } from 'node:path';
import type { Clock, Random } from '#clinic/ports/clock.ts';
import { appError } from '#contracts/errors.ts';
import type { PersonId } from '#contracts/ids.ts';
import { fail, ok, type Result } from '#contracts/result.ts';
import type { DerivePassphraseKey } from './argon2.ts';
import { type AttemptLog, openAttemptLog } from './attempts.ts';
import { deviceError } from './device-error.ts';
import { deviceSlotKey, slotListMac, unwrapDataKey } from './key-wrapping.ts';
import { passphraseBytes } from './passphrase.ts';
import type { CredentialDevice, DeviceOperation } from './ports.ts';
import { Secret } from './secret.ts';
import { readSlotFile, writeSlotFile } from './slot-file.ts';
import type {
  DeviceSlot,
  EnrolledPerson,
  PassphraseSlot,
  Slot,
  SlotFile,
  SlotList,
} from './slot-file-format.ts';
import { makeDeviceSlot, makePassphraseSlot } from './slot-making.ts';

/** What credential slots need from outside. */
export interface SlotsEnvironment {
  /** Folder of `slots.json`, its backup and `attempts.json`; exists and is private. */
  readonly folder: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly derivePassphraseKey: DerivePassphraseKey;
}

/** Somebody who can open this workstation, as the lock screen shows. */
export interface PersonAtTheDoor extends EnrolledPerson {
  readonly methods: readonly Slot['method'][];
}

/** What changes in the list besides slots. */
export interface SlotListChange {
  readonly facility?: SlotFile['facility'];
  /** Names by person; people who are not enrolled are passed over. */
  readonly names?: ReadonlyMap<PersonId, string>;
}

/**
 * Who may open this workstation. Changing the list takes the data key, because the list is authenticated under it.
 * All methods fail with `store.disk-full` where they write.
 */
export interface CredentialSlots {
  readonly database: string;
  people(): readonly PersonAtTheDoor[];
  facility(): SlotFile['facility'];
  /** True when the present file was damaged and the one before it was read. */
  readonly isFromBackup: boolean;
  /**
   * The data key. Fails with `access.unknown-person`, `access.wrong-passphrase`, `access.too-many-attempts`, or
   * `store.wrong-key` when the list was changed by somebody without the key.
   */
  unlockByPassphrase(person: PersonId, passphrase: string): Promise<Result<Secret>>;
  /** The data key. Fails with `access.unknown-person`, a device's error, or `store.wrong-key`. */
  unlockByDevice(
    person: PersonId,
    device: CredentialDevice,
    operation: DeviceOperation,
  ): Promise<Result<Secret>>;
  /** Adds the person, or replaces the passphrase of an enrolled one. The strength is the caller's to check. */
  enrolPassphrase(dataKey: Secret, person: EnrolledPerson, passphrase: string): Promise<Result<true>>;
  /** Adds a key for the person. */
  enrolDevice(
    dataKey: Secret,
    person: EnrolledPerson,
    device: CredentialDevice,
    operation: DeviceOperation,
  ): Promise<Result<true>>;
  /** Takes away all slots of a person. The last person stays: `access.forbidden`. */
  remove(dataKey: Secret, person: PersonId): Promise<Result<true>>;
  /** Writes only when something differs. */
  change(dataKey: Secret, change: SlotListChange): Promise<Result<true>>;
}

/** The first person of a new workstation. */
export interface FirstPerson extends EnrolledPerson {
  readonly passphrase: string;
}

/** Writes the slot file of a new workstation. Fails with `store.disk-full`. */
export async function createSlotFile(
  environment: SlotsEnvironment,
  database: string,
  dataKey: Secret,
  first: FirstPerson,
): Promise<Result<true>> {
  const slot = await makePassphraseSlot(environment, database, dataKey, first.id, first.passphrase);
  const people = [{ id: first.id, name: first.name }];
  const list: SlotList = { format: 1, database, facility: null, people, slots: [slot] };
  return writeSlotFile(environment.folder, sealed(dataKey, list));
}

/** Opens the slots of a folder; null when the workstation is not enrolled. Fails with `store.damaged` or `store.newer`. */
export async function openCredentialSlots(
  environment: SlotsEnvironment,
): Promise<Result<CredentialSlots | null>> {
  const read = await readSlotFile(environment.folder);
  if (!read.ok || read.value === null) return read.ok ? ok(null) : read;
  const attempts = await openAttemptLog(join(environment.folder, 'attempts.json'), environment.clock);
  return ok(slotsOver(environment, read.value.file, read.value.fromBackup, attempts));
}

function slotsOver(
  environment: SlotsEnvironment,
  initial: SlotFile,
  isFromBackup: boolean,
  attempts: AttemptLog,
): CredentialSlots {
  const { database } = initial;
  let file = initial;
  /** One attempt and one change at a time: a burst of attempts must not share one look at the counter. */
  let tail: Promise<unknown> = Promise.resolve();
  const inTurn = <Value>(run: () => Promise<Value>): Promise<Value> => {
    const turn = tail.then(run, run);
    tail = turn.catch(() => undefined);
    return turn;
  };

  const verified = (dataKey: Secret | undefined): Secret | undefined =>
    dataKey !== undefined && isAuthentic(dataKey, file) ? dataKey : undefined;

  const write = async (dataKey: Secret, next: SlotList): Promise<Result<true>> => {
    if (!isAuthentic(dataKey, file)) return fail(wrongList());
    const candidate = sealed(dataKey, next);
    const written = await writeSlotFile(environment.folder, candidate);
    if (written.ok) file = candidate;
    return written;
  };

  const slotsOf = (person: PersonId): readonly Slot[] => file.slots.filter((slot) => slot.person === person);

  return {
    database,
    isFromBackup,
    people: () => file.people.map((person) => ({ ...person, methods: methodsOf(slotsOf(person.id)) })),
    facility: () => file.facility,

    unlockByPassphrase: (person, passphrase) =>
      inTurn(async () => {
        const slots = slotsOf(person).filter(isPassphraseSlot);
        if (slots.length === 0) return fail(appError('access.unknown-person'));
        const begun = await attempts.begin(person);
        if (!begun.ok) return begun;
        const dataKey = await openPassphraseSlots(environment, database, slots, passphrase);
        if (dataKey === undefined) return fail(appError('access.wrong-passphrase'));
        await attempts.succeed(person);
        return authenticated(verified(dataKey), dataKey);
      }),

    unlockByDevice: (person, device, operation) =>
      inTurn(async () => {
        const slots = slotsOf(person)
          .filter(isDeviceSlot)
          .filter((slot) => slot.method === device.kind);
        if (slots.length === 0) return fail(appError('access.unknown-person'));
        const opened = await openDeviceSlots(database, slots, device, operation);
        return opened.ok ? authenticated(verified(opened.value), opened.value) : opened;
      }),

    enrolPassphrase: (dataKey, person, passphrase) =>
      inTurn(async () => {
        const slot = await makePassphraseSlot(environment, database, dataKey, person.id, passphrase);
        const others = file.slots.filter((old) => old.person !== person.id || old.method !== 'passphrase');
        return write(dataKey, { ...file, people: withPerson(file.people, person), slots: [...others, slot] });
      }),

    enrolDevice: (dataKey, person, device, operation) =>
      inTurn(async () => {
        const made = await makeDeviceSlot(environment, database, dataKey, person.id, device, operation);
        if (!made.ok) return made;
        const people = withPerson(file.people, person);
        return write(dataKey, { ...file, people, slots: [...file.slots, made.value] });
      }),

    remove: (dataKey, person) =>
      inTurn(async () => {
        const people = file.people.filter((enrolled) => enrolled.id !== person);
        if (people.length === file.people.length) return fail(appError('access.unknown-person'));
        if (people.length === 0) return fail(appError('access.forbidden', { rule: 'last-person' }));
        const slots = file.slots.filter((slot) => slot.person !== person);
        return write(dataKey, { ...file, people, slots });
      }),

    change: (dataKey, change) =>
      inTurn(async () => {
        const people = file.people.map((person) => ({
          ...person,
          name: change.names?.get(person.id) ?? person.name,
        }));
        const next = { ...file, people, facility: change.facility ?? file.facility };
        if (JSON.stringify(next) === JSON.stringify(file)) return ok(true);
        return write(dataKey, next);
      }),
  };
}

/** The list as it was sealed, or somebody changed it without having the key (ACC-3). */
function isAuthentic(dataKey: Secret, file: SlotFile): boolean {
  return timingSafeEqual(Buffer.from(file.mac, 'base64'), slotListMac(dataKey, file));
}

const sealed = (dataKey: Secret, list: SlotList): SlotFile => ({
  ...list,
  mac: Buffer.from(slotListMac(dataKey, list)).toString('base64'),
});

const wrongList = () => appError('store.wrong-key', { part: 'slot-list' });

function authenticated(verified: Secret | undefined, dataKey: Secret): Result<Secret> {
  if (verified !== undefined) return ok(verified);
  dataKey.wipe();
  return fail(wrongList());
}

async function openPassphraseSlots(
  environment: SlotsEnvironment,
  database: string,
  slots: readonly PassphraseSlot[],
  passphrase: string,
): Promise<Secret | undefined> {
  using secret = new Secret(passphraseBytes(passphrase));
  for (const slot of slots) {
    const salt = Buffer.from(slot.salt, 'base64');
    using slotKey = new Secret(await environment.derivePassphraseKey(secret.reveal(), salt, slot.cost));
    const { person, id, method } = slot;
    const dataKey = unwrapDataKey(slot.wrapped, slotKey.reveal(), { database, person, slot: id, method });
    if (dataKey !== undefined) return dataKey;
  }
  return undefined;
}

/** Tries the person's slots for this kind of key; one that the key does not know is passed over. */
async function openDeviceSlots(
  database: string,
  slots: readonly DeviceSlot[],
  device: CredentialDevice,
  operation: DeviceOperation,
): Promise<Result<Secret>> {
  for (const slot of slots) {
    const salt = Buffer.from(slot.salt, 'base64');
    const credential = Buffer.from(slot.credential, 'base64');
    const released = await device.releaseSecret({ ...operation, credential, salt });
    if (!released.ok && released.error.failure === 'no-credential') continue;
    if (!released.ok) return fail(deviceError(released.error));
    using secret = released.value;
    using slotKey = new Secret(deviceSlotKey(secret, salt));
    const { person, id, method } = slot;
    const dataKey = unwrapDataKey(slot.wrapped, slotKey.reveal(), { database, person, slot: id, method });
    return dataKey === undefined ? fail(wrongList()) : ok(dataKey);
  }
  return fail(appError('access.finger-not-recognised', { rule: 'other-key' }));
}

const isPassphraseSlot = (slot: Slot): slot is PassphraseSlot => slot.method === 'passphrase';
const isDeviceSlot = (slot: Slot): slot is DeviceSlot => slot.method !== 'passphrase';
const methodsOf = (slots: readonly Slot[]): readonly Slot['method'][] => [
  ...new Set(slots.map((slot) => slot.method)),
];

function withPerson(people: readonly EnrolledPerson[], person: EnrolledPerson): EnrolledPerson[] {
  const entry = { id: person.id, name: person.name };
  return people.some((old) => old.id === person.id)
    ? people.map((old) => (old.id === person.id ? entry : old))
    : [...people, entry];
}
