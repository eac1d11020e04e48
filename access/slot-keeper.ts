import type { PersonId } from '#contracts/ids.ts';
import type { AttemptLog } from './attempts.ts';
import { holdersOf } from './break-glass.ts';
import type { CredentialSlots, KeyOfPerson, SlotsEnvironment } from './credential-slots.ts';
import { decodeCredential } from './enrolled-credential.ts';
import { HeldSlots } from './held-slots.ts';
import { readPaperKey } from './paper-key.ts';
import { isAtRisk } from './second-way.ts';
import { slotChanging } from './slot-changing.ts';
import { fromBase64 } from './slot-field.ts';
import type { ReadSlotFile } from './slot-file.ts';
import { type AnySlot, opensAlone, slotsOf } from './slot-list.ts';
import { lockedOutByRotation } from './slot-rotation.ts';
import { slotUnlocking } from './slot-unlocking.ts';

/** The slots of a file that was read. */
export function keepSlots(
  environment: SlotsEnvironment,
  read: ReadSlotFile,
  attempts: AttemptLog,
): CredentialSlots {
  const held = new HeldSlots(environment, read);
  return { ...slotReading(held), ...slotUnlocking(held, attempts), ...slotChanging(held) };
}

type Reading =
  | 'database'
  | 'isFromBackup'
  | 'people'
  | 'facility'
  | 'revision'
  | 'keysOf'
  | 'enrolmentStatus'
  | 'signingKeyOf'
  | 'webauthnKeysOf'
  | 'paperKeyMadeAt'
  | 'mistypedGroups'
  | 'breakGlassHolders'
  | 'isRotationDue'
  | 'lockedOutByRotation';

/** What the list says, to anybody: nothing of it is secret. */
function slotReading(held: HeldSlots): Pick<CredentialSlots, Reading> {
  return {
    database: held.list.database,
    isFromBackup: held.isFromBackup,
    people: () =>
      held.list.people.map(({ id, name, access }) => {
        const methods = [...new Set(slotsOf(held.list, id).map((slot) => slot.method))];
        return { id, name, access, methods };
      }),
    facility: () => held.list.facility,
    revision: () => held.list.revision,
    keysOf: (person) => [...slotsOf(held.list, person).map(keyShown), ...lostKeysOf(held, person)],
    enrolmentStatus: (person) => {
      const ways = slotsOf(held.list, person).filter(opensAlone).length;
      return { ways, needsSecond: isAtRisk(held.list, person) };
    },
    signingKeyOf: (person) => held.signingKeyOf(person),
    webauthnKeysOf: (person) => webauthnKeysOf(held, person),
    paperKeyMadeAt: () => held.list.paperKey?.madeAt ?? null,
    mistypedGroups: (typed) => {
      const read = readPaperKey(typed);
      if (!read.ok) return read.error.groups;
      read.value.wipe();
      return [];
    },
    breakGlassHolders: () => holdersOf(held.list.breakGlass),
    isRotationDue: () => held.list.isRotationDue,
    lockedOutByRotation: () => lockedOutByRotation(held.list),
  };
}

function keyShown(slot: AnySlot): KeyOfPerson {
  const { id, method } = slot;
  const isOld = 'wrapped' in slot;
  return {
    slot: id,
    method,
    label: isOld ? '' : slot.label,
    enrolledAt: isOld ? null : slot.enrolledAt,
    lostAt: null,
    canSign: !isOld && slot.seed !== null,
  };
}

const lostKeysOf = (held: HeldSlots, person: PersonId): readonly KeyOfPerson[] =>
  held.list.lost
    .filter((key) => key.person === person)
    .map(({ person: _, ...key }) => ({ ...key, canSign: false }));

function webauthnKeysOf(held: HeldSlots, person: PersonId): ReturnType<CredentialSlots['webauthnKeysOf']> {
  return slotsOf(held.list, person).flatMap((slot) => {
    if (slot.method !== 'fido2') return [];
    const credential = decodeCredential(fromBase64(slot.credential));
    if (credential === undefined) return [];
    return [{ slot: slot.id, credentialId: credential.id, salt: fromBase64(slot.salt) }];
  });
}
