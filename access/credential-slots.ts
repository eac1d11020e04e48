import { join } from 'node:path';
import type { Clock, Random } from '#clinic/ports/clock.ts';
import type { PersonId } from '#contracts/ids.ts';
import { ok, type Result } from '#contracts/result.ts';
import type { DerivePassphraseKey } from './argon2.ts';
import { openAttemptLog } from './attempts.ts';
import type { OpenedShare } from './break-glass.ts';
import type { PaperKeyMistake } from './paper-key.ts';
import { PersonKeys } from './person-keys.ts';
import type { CredentialDevice, DeviceOperation } from './ports.ts';
import type { RotationWork } from './rotation.ts';
import type { Secret } from './secret.ts';
import { toBase64 } from './slot-field.ts';
import { readSlotFile, writeSlotFile } from './slot-file.ts';
import type { SlotFile, SlotList, SlotMethod } from './slot-file-format.ts';
import { keepSlots } from './slot-keeper.ts';
import { sealed } from './slot-list.ts';
import { makePassphraseSlot, type WebauthnEnrolment } from './slot-making.ts';
import type { Proof } from './slot-opening.ts';

/** What credential slots need from outside. */
export interface SlotsEnvironment {
  /** Folder of `slots.json`, its backup and `attempts.json`; exists and is private. */
  readonly folder: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly derivePassphraseKey: DerivePassphraseKey;
}

/** Somebody to enrol. `holder-only` (break-glass) opens together with another holder, never alone; else `full`. */
export interface EnrolledPerson {
  readonly id: PersonId;
  /** As shown on the lock screen. */
  readonly name: string;
  readonly access?: 'full' | 'holder-only';
  /**
   * Refuses to leave her with one way in and no recovery, with `access.second-way-needed` (ACC-52). Left out where somebody enrols
   * herself: that takes nothing from her.
   */
  readonly isSecondDemanded?: boolean;
}

/** Somebody who can open this workstation, as the lock screen shows. */
export interface PersonAtTheDoor extends Required<Omit<EnrolledPerson, 'isSecondDemanded'>> {
  readonly methods: readonly SlotMethod[];
}

/** One way in of a person, or one that was lost. */
export interface KeyOfPerson {
  readonly slot: string;
  readonly method: SlotMethod;
  readonly label: string;
  /** Milliseconds since 1970; null when it is not known (format 1). */
  readonly enrolledAt: number | null;
  /** When it was reported lost; null while it opens. */
  readonly lostAt: number | null;
  /** Whether unlocking with it gives the person's signing key. */
  readonly canSign: boolean;
}

/** Whether a person could still get in when one of her ways is lost (ACC-52). */
export interface EnrolmentStatus {
  readonly ways: number;
  /** No second way of her own, no paper key, no two holders beside her. */
  readonly needsSecond: boolean;
}

/** What an unlock gives. Whoever was given it wipes it. */
export interface Unlocked {
  readonly dataKey: Secret;
  /** Null by paper key and by two people, and by a slot of format 1 beside another one: nobody signs then. */
  readonly personKeys: PersonKeys | null;
}

/** What changes in the list besides slots. */
export interface SlotListChange {
  readonly facility?: SlotFile['facility'];
  /** Names by person; people who are not enrolled are passed over. */
  readonly names?: ReadonlyMap<PersonId, string>;
}

/**
 * Whose seed goes into a new slot: keys she has just proved to have, so that all her slots give the same; or `new`: a person
 * who is enrolled for the first time, or lost everything. Her older slots end then.
 */
export type SlotKeys = PersonKeys | 'new';

/**
 * Who may open this workstation. Changing the list takes the data key, because the list is authenticated under it.
 * All methods fail with `store.disk-full` where they write, and with `store.wrong-key` when the list was changed by somebody
 * without the key. Whatever takes a way in away makes a rotation due.
 */
export interface CredentialSlots {
  readonly database: string;
  /** True when the present file was damaged and the one before it was read. */
  readonly isFromBackup: boolean;
  people(): readonly PersonAtTheDoor[];
  facility(): SlotFile['facility'];
  /** Of the list; grows with each change. Kept in the records, so that an older list put back is noticed (ACC-29). */
  revision(): number;
  keysOf(person: PersonId): readonly KeyOfPerson[];
  enrolmentStatus(person: PersonId): EnrolmentStatus;
  /** Raw Ed25519 public key; null when the person is unknown or has none yet. */
  signingKeyOf(person: PersonId): Uint8Array | null;
  /** What a browser or the system needs to ask a key of this person. None of it is secret. */
  webauthnKeysOf(
    person: PersonId,
  ): readonly { readonly slot: string; readonly credentialId: Uint8Array; readonly salt: Uint8Array }[];

  /**
   * Fails with `access.unknown-person`, `access.wrong-passphrase`, `access.too-many-attempts`, a device's error, or
   * `access.forbidden` (rule `holder-only`).
   */
  unlock(person: PersonId, proof: Proof): Promise<Result<Unlocked>>;
  unlockByPassphrase(person: PersonId, passphrase: string): Promise<Result<Unlocked>>;
  unlockByDevice(
    person: PersonId,
    device: CredentialDevice,
    operation: DeviceOperation,
  ): Promise<Result<Unlocked>>;
  /** `secret`: 32 bytes, the PRF of the key's slot; wiped. */
  unlockByWebauthn(person: PersonId, credentialId: Uint8Array, secret: Secret): Promise<Result<Unlocked>>;
  /** A person's own keys, without the data key: before another slot of hers is made, or a holder is asked. */
  provePerson(person: PersonId, proof: Proof): Promise<Result<PersonKeys>>;

  /** Adds the person, or replaces the passphrase of an enrolled one. The strength is the caller's to check. */
  enrolPassphrase(
    dataKey: Secret,
    person: EnrolledPerson,
    passphrase: string,
    keys: SlotKeys,
  ): Promise<Result<PersonKeys>>;
  /** Adds a key for the person, who touches it three times; nothing is written unless it opened again. */
  enrolDevice(
    dataKey: Secret,
    person: EnrolledPerson,
    device: CredentialDevice,
    operation: DeviceOperation,
    keys: SlotKeys,
    label?: string,
  ): Promise<Result<PersonKeys>>;
  /** The same for a key that the system or the browser asked. */
  enrolWebauthn(
    dataKey: Secret,
    person: EnrolledPerson,
    made: WebauthnEnrolment,
    keys: SlotKeys,
    label?: string,
  ): Promise<Result<PersonKeys>>;
  /**
   * Takes a slot away; as `lost` it is remembered. The last one that opens stays: `access.forbidden`. One that is `removed` though it
   * still opened, and whose loss puts somebody at risk, stays: `access.second-way-needed`.
   */
  removeSlot(dataKey: Secret, slot: string, why: 'removed' | 'broken' | 'lost'): Promise<Result<true>>;
  /**
   * Takes away all slots of a person. The last person stays: `access.forbidden`; also a holder without whom others are at risk:
   * `access.second-way-needed`, unless she was `revoked` elsewhere. An enrolment that is `undone` before it counted makes no
   * rotation due.
   */
  remove(dataKey: Secret, person: PersonId, why?: 'gone' | 'revoked' | 'undone'): Promise<Result<true>>;
  /** Writes only when something differs. */
  change(dataKey: Secret, change: SlotListChange): Promise<Result<true>>;

  /** From here on this paper key opens, and the one before it does not. It stays the caller's to wipe; it is kept nowhere. */
  keepPaperKey(dataKey: Secret, key: Secret): Promise<Result<true>>;
  /** Fails with `access.second-way-needed` while somebody has no other recovery. */
  removePaperKey(dataKey: Secret): Promise<Result<true>>;
  /** When the paper key was made; null when there is none. */
  paperKeyMadeAt(): number | null;
  /** Which groups of a paper key are mistyped, before it is tried; empty when it can be tried. */
  mistypedGroups(typed: string): PaperKeyMistake['groups'];
  /** Fails with `access.unknown-person` (no paper key), `access.wrong-passphrase` (`detail.groups`), `access.too-many-attempts`. */
  unlockByPaperKey(typed: string): Promise<Result<Unlocked>>;

  /**
   * People of whom any two can open together; none ends it. Fails with `access.forbidden` for fewer than two with a key, and with
   * `access.second-way-needed` while somebody has no other recovery.
   */
  setBreakGlassHolders(dataKey: Secret, holders: readonly PersonId[]): Promise<Result<true>>;
  breakGlassHolders(): readonly PersonId[];
  /** A holder's share. Fails like {@link unlock}, and with `access.forbidden` (rule `no-share`). */
  beginBreakGlass(person: PersonId, proof: Proof): Promise<Result<OpenedShare>>;
  /** Both shares are wiped. Fails with `access.forbidden` (rule `two-people`) when they are one person's or from before a change. */
  unlockByTwo(first: OpenedShare, second: OpenedShare): Promise<Result<Unlocked>>;

  /** Whether a way in was taken away since the data key was made. */
  isRotationDue(): boolean;
  /** Who would have no way in after a rotation: has not unlocked since format 1. */
  lockedOutByRotation(): readonly PersonId[];
  /**
   * Replaces the data key: records and list anew, in one step. The records must be closed. Gives the new key; the old one
   * stays the caller's to wipe. On failure everything is as it was.
   */
  rotate(dataKey: Secret, work: RotationWork): Promise<Result<Secret>>;
}

/** The first person of a new workstation. */
export interface FirstPerson extends EnrolledPerson {
  readonly passphrase: string;
}

/** Writes the slot file of a new workstation; gives the first person's keys. Fails with `store.disk-full`. */
export async function createSlotFile(
  environment: SlotsEnvironment,
  database: string,
  dataKey: Secret,
  first: FirstPerson,
): Promise<Result<PersonKeys>> {
  const keys = PersonKeys.make(environment.random);
  const empty: SlotList = {
    format: 2,
    database,
    generation: 1,
    revision: 1,
    isRotationDue: false,
    facility: null,
    people: [{ id: first.id, name: first.name, access: 'full', signingKey: toBase64(keys.publicKey) }],
    slots: [],
    oldSlots: [],
    paperKey: null,
    breakGlass: null,
    lost: [],
  };
  const owner = { person: first.id, keys, dataKey, label: '' };
  const slot = await makePassphraseSlot(environment, empty, owner, first.passphrase);
  const written = slot.ok
    ? await writeSlotFile(environment.folder, sealed(dataKey, { ...empty, slots: [slot.value] }))
    : slot;
  if (written.ok) return ok(keys);
  keys.wipe();
  return written;
}

/** Opens the slots of a folder; null when the workstation is not enrolled. Fails with `store.damaged` or `store.newer`. */
export async function openCredentialSlots(
  environment: SlotsEnvironment,
): Promise<Result<CredentialSlots | null>> {
  const read = await readSlotFile(environment.folder);
  if (!read.ok || read.value === null) return read.ok ? ok(null) : read;
  const attempts = await openAttemptLog(join(environment.folder, 'attempts.json'), environment.clock);
  return ok(keepSlots(environment, read.value, attempts));
}
