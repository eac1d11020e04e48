import type { PersonId } from '#contracts/ids.ts';
import { holdersOf, makeBreakGlass } from './break-glass.ts';
import type { SlotsEnvironment } from './credential-slots.ts';
import type { Secret } from './secret.ts';
import { paperKeyBinding } from './slot-binding.ts';
import { sealBehind } from './slot-door.ts';
import { fromBase64, toBase64 } from './slot-field.ts';
import type { SlotList } from './slot-file-format.ts';
import { slotsOf } from './slot-list.ts';
import { resealed } from './slot-making.ts';

/**
 * The list for a new data key: sealed behind the door of every slot that is left, nobody present; the paper key and the two
 * holders likewise, with new shares (ACC-24). Slots of format 1 have no door and end.
 */
export function rotatedList(environment: SlotsEnvironment, list: SlotList, next: Secret): SlotList {
  const renewed: SlotList = {
    ...list,
    generation: list.generation + 1,
    revision: list.revision + 1,
    isRotationDue: false,
    oldSlots: [],
  };
  const slots = list.slots.map((slot) => resealed(slot, renewed, next, environment));
  const holders = holdersOf(list.breakGlass);
  return {
    ...renewed,
    slots,
    paperKey: resealedPaperKey(environment, renewed, next),
    breakGlass: makeBreakGlass({ ...renewed, slots }, next, holders, environment.random),
  };
}

function resealedPaperKey({ random }: SlotsEnvironment, list: SlotList, next: Secret): SlotList['paperKey'] {
  const { paperKey } = list;
  if (paperKey === null) return null;
  const sealed = sealBehind(fromBase64(paperKey.door), next, paperKeyBinding(list, paperKey.id), random);
  return { ...paperKey, dataKey: toBase64(sealed) };
}

/** Who has a slot now and would have none after a rotation: she did not unlock since format 1. */
export const lockedOutByRotation = (list: SlotList): readonly PersonId[] =>
  list.people
    .map(({ id }) => id)
    .filter((id) => slotsOf(list, id).length > 0 && !list.slots.some((slot) => slot.person === id));
