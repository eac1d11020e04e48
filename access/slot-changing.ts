import { type AppError, appError } from '#contracts/errors.ts';
import type { PersonId } from '#contracts/ids.ts';
import { fail, ok, type Result } from '#contracts/result.ts';
import { holdersOf, makeBreakGlass } from './break-glass.ts';
import type { CredentialSlots, EnrolledPerson, SlotKeys, SlotListChange } from './credential-slots.ts';
import { decodeCredential } from './enrolled-credential.ts';
import { forbidden, type HeldSlots, secondWayNeeded, wrongList } from './held-slots.ts';
import { PersonKeys } from './person-keys.ts';
import { type RotationWork, rotatePair } from './rotation.ts';
import { enoughWays, isRecoverable, putsSomebodyAtRisk } from './second-way.ts';
import { Secret } from './secret.ts';
import { toBase64 } from './slot-field.ts';
import { writeSlotFile } from './slot-file.ts';
import type { Slot, SlotList } from './slot-file-format.ts';
import {
  type AnySlot,
  canSomebodyOpen,
  opensAlone,
  sealed,
  slotsOf,
  withLost,
  withoutSlots,
  withPerson,
} from './slot-list.ts';
import { makeDeviceSlot, makeKeySlot, makePassphraseSlot, type SlotOwner } from './slot-making.ts';
import { withPaperKey } from './slot-paper.ts';
import { rotatedList } from './slot-rotation.ts';

type Changing =
  | 'enrolPassphrase'
  | 'enrolDevice'
  | 'enrolWebauthn'
  | 'removeSlot'
  | 'remove'
  | 'change'
  | 'keepPaperKey'
  | 'removePaperKey'
  | 'setBreakGlassHolders'
  | 'rotate';

/** Everything that changes the list, and so takes the data key. */
export function slotChanging(held: HeldSlots): Pick<CredentialSlots, Changing> {
  const { environment } = held;
  return {
    enrolPassphrase: (dataKey, person, passphrase, keys) =>
      enrol(held, { dataKey, person, keys, label: '', isPassphrase: true }, (list, owner) =>
        makePassphraseSlot(environment, list, owner, passphrase),
      ),
    enrolDevice: (dataKey, person, device, operation, keys, label = '') =>
      enrol(held, { dataKey, person, keys, label, isPassphrase: false }, (list, owner) =>
        makeDeviceSlot(environment, list, owner, device, operation),
      ),
    enrolWebauthn: (dataKey, person, made, keys, label = '') =>
      enrol(held, { dataKey, person, keys, label, isPassphrase: false }, (list, owner) =>
        decodeCredential(made.credential) === undefined
          ? fail(appError('access.finger-not-recognised', { rule: 'not-a-credential' }))
          : makeKeySlot(environment, list, owner, 'fido2', made),
      ),
    removeSlot: (dataKey, slot, why) => held.inTurn(() => removeSlot(held, dataKey, slot, why)),
    remove: (dataKey, person, why = 'gone') => held.inTurn(() => removePerson(held, dataKey, person, why)),
    change: (dataKey, change) => held.inTurn(() => changeList(held, dataKey, change)),
    keepPaperKey: (dataKey, key) =>
      held.inTurn(() => held.write(dataKey, withPaperKey(held.environment, held.list, dataKey, key))),
    removePaperKey: (dataKey) => held.inTurn(() => removePaperKey(held, dataKey)),
    setBreakGlassHolders: (dataKey, holders) => held.inTurn(() => setHolders(held, dataKey, holders)),
    rotate: (dataKey, work) => held.inTurn(() => rotate(held, dataKey, work)),
  };
}

interface EnrolmentOrder {
  readonly dataKey: Secret;
  readonly person: EnrolledPerson;
  readonly keys: SlotKeys;
  readonly label: string;
  readonly isPassphrase: boolean;
}

type MakeSlot = (list: SlotList, owner: SlotOwner) => Result<Slot> | Promise<Result<Slot>>;

/** The slot is made before its turn: while somebody looks for her finger, others must be able to unlock. */
async function enrol(held: HeldSlots, order: EnrolmentOrder, make: MakeSlot): Promise<Result<PersonKeys>> {
  const { dataKey, person, keys, label } = order;
  const refusal = refusalOf(held, order);
  if (refusal !== undefined) return fail(refusal);
  const { list } = held;
  const access = accessOf(list, person);
  const own = keys === 'new' ? PersonKeys.make(held.environment.random) : keys.copy();
  const owner = { person: person.id, keys: own, dataKey: access === 'full' ? dataKey : null, label };
  let written: Result<unknown> = fail(appError('access.locked'));
  try {
    // A key of hers may be made hers anew where everything that she had ends.
    const isEnded = (old: AnySlot) => old.person === person.id && keys === 'new';
    const made = await make(withoutSlots(list, isEnded), owner);
    written = made.ok ? await held.inTurn(() => addSlot(held, order, own, made.value, list)) : made;
    return written.ok ? ok(own) : written;
  } finally {
    if (!written.ok) own.wipe();
  }
}

/** `madeFor`: the list that the slot was made for. */
async function addSlot(
  held: HeldSlots,
  order: EnrolmentOrder,
  own: PersonKeys,
  slot: Slot,
  madeFor: SlotList,
): Promise<Result<true>> {
  const { dataKey, person, keys } = order;
  const refusal = refusalOf(held, order);
  if (refusal !== undefined) return fail(refusal);
  const access = accessOf(held.list, person);
  const isOtherMeanwhile =
    held.list.generation !== madeFor.generation || (access === 'full') !== (slot.dataKey !== null);
  if (isOtherMeanwhile) return fail(appError('bridge.busy'));
  // Her slots so far hold another seed: a person has one signing key.
  const isEnded = (old: AnySlot) => old.person === person.id && keys === 'new';
  const entry = { id: person.id, name: person.name, access, signingKey: toBase64(own.publicKey) };
  return held.write(dataKey, withSlot(withPerson(withoutSlots(held.list, isEnded), entry), slot));
}

const accessOf = ({ people }: SlotList, person: EnrolledPerson): 'full' | 'holder-only' =>
  person.access ?? people.find(({ id }) => id === person.id)?.access ?? 'full';

function refusalOf(held: HeldSlots, order: EnrolmentOrder): AppError | undefined {
  const { dataKey, person, keys } = order;
  if (dataKey.isWiped) return appError('access.locked');
  if (!held.isAuthentic(dataKey)) return wrongList();
  const listed = held.list.people.find(({ id }) => id === person.id);
  if (keys !== 'new' && !held.isOwn(person.id, keys)) return forbidden('other-person');
  const isOtherAccess =
    person.access !== undefined && listed !== undefined && person.access !== listed.access;
  if (isOtherAccess) return forbidden('other-access');
  return leavesOneWay(held.list, order) ? secondWayNeeded() : undefined;
}

/** Told before a key is touched, and again when it is written: a paper key may have gone meanwhile. */
function leavesOneWay(list: SlotList, { person, keys, isPassphrase }: EnrolmentOrder): boolean {
  if (person.isSecondDemanded !== true || accessOf(list, person) !== 'full') return false;
  const stays = (slot: AnySlot) =>
    keys !== 'new' && opensAlone(slot) && !(isPassphrase && slot.method === 'passphrase');
  const others = slotsOf(list, person.id).filter(stays).length;
  return others + 1 < enoughWays && !isRecoverable(list, person.id);
}

/** A passphrase takes the place of the one before; keys stand side by side. */
function withSlot(list: SlotList, slot: Slot): SlotList {
  const isReplaced = (old: AnySlot) =>
    slot.method === 'passphrase' && old.method === 'passphrase' && old.person === slot.person;
  const left = withoutSlots(list, isReplaced);
  return { ...left, slots: [...left.slots, slot] };
}

async function removeSlot(
  held: HeldSlots,
  dataKey: Secret,
  id: string,
  why: 'removed' | 'broken' | 'lost',
): Promise<Result<true>> {
  const slot = [...held.list.slots, ...held.list.oldSlots].find((one) => one.id === id);
  if (slot === undefined) return fail(appError('access.unknown-person'));
  const left = withoutSlots(held.list, (one) => one.id === id);
  if (!canSomebodyOpen(left)) return fail(forbidden('last-person'));
  // What is lost or broken is gone already: keeping it listed would help nobody.
  if (why === 'removed' && putsSomebodyAtRisk(held.list, left)) return fail(secondWayNeeded());
  return held.write(dataKey, why === 'lost' ? withLost(left, slot, held.now()) : left);
}

async function removePerson(
  held: HeldSlots,
  dataKey: Secret,
  person: PersonId,
  why: 'gone' | 'revoked' | 'undone',
): Promise<Result<true>> {
  const { list } = held;
  const people = list.people.filter((enrolled) => enrolled.id !== person);
  if (people.length === list.people.length) return fail(appError('access.unknown-person'));
  const left = withoutSlots(list, (slot) => slot.person === person);
  if (!canSomebodyOpen(left)) return fail(forbidden('last-person'));
  const lost = left.lost.filter((key) => key.person !== person);
  const isRotationDue = why === 'undone' ? list.isRotationDue : left.isRotationDue;
  const next = { ...left, people, lost, isRotationDue };
  if (why === 'gone' && putsSomebodyAtRisk(list, next)) return fail(secondWayNeeded());
  return held.write(dataKey, next);
}

async function changeList(held: HeldSlots, dataKey: Secret, change: SlotListChange): Promise<Result<true>> {
  const people = held.list.people.map((person) => ({
    ...person,
    name: change.names?.get(person.id) ?? person.name,
  }));
  const next = { ...held.list, people, facility: change.facility ?? held.list.facility };
  if (JSON.stringify(next) === JSON.stringify(held.list)) return ok(true);
  return held.write(dataKey, next);
}

async function removePaperKey(held: HeldSlots, dataKey: Secret): Promise<Result<true>> {
  if (held.list.paperKey === null) return ok(true);
  const next = { ...held.list, paperKey: null, isRotationDue: true };
  return putsSomebodyAtRisk(held.list, next) ? fail(secondWayNeeded()) : held.write(dataKey, next);
}

async function setHolders(
  held: HeldSlots,
  dataKey: Secret,
  holders: readonly PersonId[],
): Promise<Result<true>> {
  const { list, environment } = held;
  const wanted = [...new Set(holders)];
  const isAble = (holder: PersonId) => list.slots.some((slot) => slot.person === holder);
  if (wanted.length === 1 || !wanted.every(isAble)) return fail(forbidden('two-people'));
  const hasLeft = holdersOf(list.breakGlass).some((holder) => !wanted.includes(holder));
  const breakGlass = wanted.length === 0 ? null : makeBreakGlass(list, dataKey, wanted, environment.random);
  const next = { ...list, breakGlass, isRotationDue: list.isRotationDue || hasLeft };
  return putsSomebodyAtRisk(list, next) ? fail(secondWayNeeded()) : held.write(dataKey, next);
}

async function rotate(held: HeldSlots, dataKey: Secret, work: RotationWork): Promise<Result<Secret>> {
  if (!held.isAuthentic(dataKey)) return fail(wrongList());
  const next = new Secret(Uint8Array.from(held.environment.random.bytes(32)));
  const list = rotatedList(held.environment, held.list, next);
  const candidate = sealed(next, list);
  const writeList = (folder: string) => writeSlotFile(folder, candidate);
  let rotated: Result<true> = fail(forbidden('last-person'));
  try {
    if (canSomebodyOpen(list)) rotated = await rotatePair(work, { dataKey, next, writeList });
    if (rotated.ok) held.take(candidate);
    return rotated.ok ? ok(next) : rotated;
  } finally {
    if (!rotated.ok) next.wipe();
  }
}
