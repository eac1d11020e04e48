import { timingSafeEqual } from 'node:crypto';
import type { Instant, PersonId } from '#contracts/ids.ts';
import { macUnderDataKey } from './key-wrapping.ts';
import type { Secret } from './secret.ts';
import { fromBase64, toBase64 } from './slot-field.ts';
import { type ListedPerson, mostLost, type Slot, type SlotFile, type SlotList } from './slot-file-format.ts';
import { type OldSlot, type OldSlotFile, oldListText } from './slot-file-format-1.ts';

/** A slot file as it was read. */
export type AnySlotFile = SlotFile | OldSlotFile;
export type AnySlot = Slot | OldSlot;

/** The list of any format, as the newest one. */
export function listOf(file: AnySlotFile): SlotList {
  if (file.format === 2) {
    const { mac: _, ...list } = file;
    return list;
  }
  const { database, facility, people, slots } = file;
  return {
    format: 2,
    database,
    generation: 1,
    revision: 1,
    isRotationDue: false,
    facility,
    people: people.map((person) => ({ ...person, access: 'full', signingKey: null })),
    slots: [],
    oldSlots: slots,
    paperKey: null,
    breakGlass: null,
    lost: [],
  };
}

/** The list as it was sealed, or somebody changed it without having the key (ACC-3). */
export function isAuthentic(dataKey: Secret, file: AnySlotFile): boolean {
  return timingSafeEqual(fromBase64(file.mac), macOf(dataKey, file));
}

/** The list with its MAC under the data key. */
export const sealed = (dataKey: Secret, list: SlotList): SlotFile => ({
  ...list,
  mac: toBase64(macOf(dataKey, list)),
});

function macOf(dataKey: Secret, file: SlotList | OldSlotFile): Uint8Array {
  if (file.format === 1) return macUnderDataKey(dataKey, 'slot list', file.database, oldListText(file));
  const { format, ...list } = file;
  const members = Object.entries(list).filter(([name]) => name !== 'mac');
  const text = canonicalText(Object.fromEntries(members));
  return macUnderDataKey(dataKey, `slot list of format ${format}`, file.database, text);
}

/** JSON with the members of every object in order: one text for one content, and no field can be forgotten. */
function canonicalText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const members = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalText(member)}`).join(',')}}`;
}

/** All slots of a person. */
export const slotsOf = (list: SlotList, person: PersonId): readonly AnySlot[] => [
  ...list.slots.filter((slot) => slot.person === person),
  ...list.oldSlots.filter((slot) => slot.person === person),
];

/** Whether the slot alone opens the records. */
export const opensAlone = (slot: AnySlot): boolean => 'wrapped' in slot || slot.dataKey !== null;

/** Whether anybody could still open the records by herself. */
export const canSomebodyOpen = (list: SlotList): boolean =>
  [...list.slots, ...list.oldSlots].some(opensAlone);

/** The person listed or listed anew. */
export function withPerson(list: SlotList, person: ListedPerson): SlotList {
  const isListed = list.people.some(({ id }) => id === person.id);
  const people = isListed
    ? list.people.map((listed) => (listed.id === person.id ? person : listed))
    : [...list.people, person];
  return { ...list, people };
}

/** A list without these slots; the data key is due to be replaced when one of them opened something. */
export function withoutSlots(list: SlotList, isGone: (slot: AnySlot) => boolean): SlotList {
  const hadAny = [...list.slots, ...list.oldSlots].some(isGone);
  return {
    ...list,
    isRotationDue: list.isRotationDue || hadAny,
    slots: list.slots.filter((slot) => !isGone(slot)),
    oldSlots: list.oldSlots.filter((slot) => !isGone(slot)),
  };
}

/** Remembers a slot as lost: shown to its owner, worth nothing. The oldest are forgotten. */
export function withLost(list: SlotList, slot: AnySlot, lostAt: Instant): SlotList {
  const isOld = 'wrapped' in slot;
  const { id, person, method } = slot;
  const entry = { slot: id, person, method, lostAt };
  const known = { label: isOld ? '' : slot.label, enrolledAt: isOld ? null : slot.enrolledAt };
  return { ...list, lost: [...list.lost, { ...entry, ...known }].slice(-mostLost) };
}
