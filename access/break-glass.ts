import type { Random } from '#clinic/ports/clock.ts';
import type { PersonId } from '#contracts/ids.ts';
import { Secret } from './secret.ts';
import { joinShares, splitInShares } from './shares.ts';
import { breakGlassBinding, shareBinding } from './slot-binding.ts';
import { doorKey, openBehind, publicDoor, sealBehind } from './slot-door.ts';
import { fromBase64, toBase64 } from './slot-field.ts';
import type { BreakGlass, Slot, SlotList } from './slot-file-format.ts';
import type { OpenedSlot } from './slot-opening.ts';

/** A holder's share, taken out of the list by her own slot. Alone it says nothing about any key. */
export interface OpenedShare {
  readonly holder: PersonId;
  readonly place: number;
  readonly value: Secret;
}

/**
 * The data key for two holders together (ACC-27): sealed behind a door whose private key is split in a share for each holder,
 * and each share sealed behind the doors of that holder's slots. Null when fewer than two of them have a slot.
 */
export function makeBreakGlass(
  list: SlotList,
  dataKey: Secret,
  holders: readonly PersonId[],
  random: Random,
): BreakGlass | null {
  const able = holders.filter((holder) => list.slots.some((slot) => slot.person === holder));
  if (able.length < 2) return null;
  using privateKey = Secret.draw(random, 32);
  const door = publicDoor(privateKey);
  const split = splitInShares(privateKey, able.length, random);
  try {
    const shares = able.flatMap((holder, at) => {
      const share = split[at];
      if (share === undefined) throw new Error('a share for each holder');
      const sealed = (slot: Slot) => sealedShare(list, slot, { ...share, door: toBase64(door) }, random);
      return list.slots.filter((slot) => slot.person === holder).map(sealed);
    });
    const dataKeySealed = sealBehind(door, dataKey, breakGlassBinding(list), random);
    return { door: toBase64(door), dataKey: toBase64(dataKeySealed), shares };
  } finally {
    for (const { value } of split) value.wipe();
  }
}

type NewShare = { readonly place: number; readonly value: Secret; readonly door: string };

function sealedShare(list: SlotList, slot: Slot, { place, value, door }: NewShare, random: Random) {
  const share = { holder: slot.person, place, slot: slot.id };
  const sealed = sealBehind(fromBase64(slot.door), value, shareBinding(list, share, door), random);
  return { ...share, sealed: toBase64(sealed) };
}

/** Who holds shares, in order of their places. */
export const holdersOf = (breakGlass: BreakGlass | null): readonly PersonId[] => [
  ...new Set(breakGlass?.shares.map(({ holder }) => holder) ?? []),
];

/** The list with shares for exactly the slots its holders have now. */
export function withCurrentShares(list: SlotList, dataKey: Secret, random: Random): SlotList {
  const { breakGlass } = list;
  if (breakGlass === null) return list;
  const holders = holdersOf(breakGlass);
  const wanted = list.slots.filter((slot) => holders.includes(slot.person)).map(({ id }) => id);
  const present = breakGlass.shares.map(({ slot }) => slot);
  if (wanted.length === present.length && wanted.every((id) => present.includes(id))) return list;
  return { ...list, breakGlass: makeBreakGlass(list, dataKey, holders, random) };
}

/** The share behind a slot that its owner has opened; undefined when she holds none. */
export function openShare(list: SlotList, { slot, secret }: OpenedSlot): OpenedShare | undefined {
  const { breakGlass } = list;
  const share = breakGlass?.shares.find((one) => one.slot === slot.id);
  if (breakGlass === null || share === undefined) return undefined;
  using door = doorKey(secret);
  const value = openBehind(door, fromBase64(share.sealed), shareBinding(list, share, breakGlass.door));
  return value && { holder: share.holder, place: share.place, value };
}

/** The data key by the shares of two holders; undefined when they are one person's, or from different splits. */
export function openByTwo(list: SlotList, first: OpenedShare, second: OpenedShare): Secret | undefined {
  const { breakGlass } = list;
  if (breakGlass === null || first.holder === second.holder || first.place === second.place) return undefined;
  using privateKey = joinShares(first, second);
  return openBehind(privateKey, fromBase64(breakGlass.dataKey), breakGlassBinding(list));
}
