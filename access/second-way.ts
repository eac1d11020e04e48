import type { PersonId } from '#contracts/ids.ts';
import { holdersOf } from './break-glass.ts';
import type { SlotList } from './slot-file-format.ts';
import { opensAlone, slotsOf } from './slot-list.ts';

/** Ways in by which nobody is shut out when one of them is lost (ACC-52). */
export const enoughWays = 2;

/**
 * Whether the records open without any way of this person: by the paper key, or by two holders who are somebody else. Her own share
 * is sealed behind the very way that is lost.
 */
export function isRecoverable(list: SlotList, person: PersonId): boolean {
  const holders = holdersOf(list.breakGlass).filter(
    (holder) => holder !== person && list.slots.some((slot) => slot.person === holder),
  );
  return list.paperKey !== null || holders.length >= 2;
}

/** Whether losing one thing would shut this person out. Who holds a share only never opens alone, and is not. */
export function isAtRisk(list: SlotList, person: PersonId): boolean {
  const isHolderOnly = list.people.find(({ id }) => id === person)?.access === 'holder-only';
  const ways = slotsOf(list, person).filter(opensAlone).length;
  return !isHolderOnly && ways < enoughWays && !isRecoverable(list, person);
}

/** Whether somebody is at risk after a change who was not before it. */
export function putsSomebodyAtRisk(before: SlotList, after: SlotList): boolean {
  return after.people.some(({ id }) => isAtRisk(after, id) && !isAtRisk(before, id));
}
