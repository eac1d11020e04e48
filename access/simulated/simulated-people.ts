import type { OpenedShare } from '../break-glass.ts';
import type { CredentialSlots, EnrolledPerson } from '../credential-slots.ts';
import { newPaperKey, printPaperKey } from '../paper-key.ts';
import type { PersonKeys } from '../person-keys.ts';
import { byFinger, keyTouched, type SlotsRig } from './simulated-slots.ts';

// What people of slots made for a test do before it begins. It has to succeed: the code of a failure is thrown.

export const byWords = (passphrase: string) => ({ method: 'passphrase', passphrase }) as const;

/** Somebody who opens together with another holder, never alone. */
export const asHolder = (person: EnrolledPerson) => ({ ...person, access: 'holder-only' }) as const;

/** Her own keys, proved by her passphrase. */
export async function provedByWords(
  slots: CredentialSlots,
  { id }: Pick<EnrolledPerson, 'id'>,
  words: string,
): Promise<PersonKeys> {
  const proved = await slots.provePerson(id, byWords(words));
  if (!proved.ok) throw new Error(proved.error.code);
  return proved.value;
}

/** A holder's share, opened by her passphrase. */
export async function shareByWords(
  slots: CredentialSlots,
  { id }: Pick<EnrolledPerson, 'id'>,
  words: string,
): Promise<OpenedShare> {
  const share = await slots.beginBreakGlass(id, byWords(words));
  if (!share.ok) throw new Error(share.error.code);
  return share.value;
}

/** Enrols a key beside her passphrase; whether that is taken is for the test to look at. */
export const enrolKeyBeside = async (
  rig: SlotsRig,
  slots: CredentialSlots,
  person: EnrolledPerson,
  words: string,
) => {
  const keys = await provedByWords(slots, person, words);
  return slots.enrolDevice(rig.dataKey(), person, keyTouched('right-finger'), byFinger, keys);
};

/** A new paper key that counts, as it is printed. */
export async function keepPaperKey(rig: SlotsRig, slots: CredentialSlots): Promise<string> {
  using key = newPaperKey(rig.environment.random);
  const kept = await slots.keepPaperKey(rig.dataKey(), key);
  if (!kept.ok) throw new Error(kept.error.code);
  return printPaperKey(key);
}
