import type { Result } from '#contracts/result.ts';
import { fail, ok } from '#contracts/result.ts';
import type { CardReading, CardTrouble } from '../ports.ts';

/** GET DATA for the card's UID (PC/SC part 3, section 3.2.2.1.3): the reader itself answers. */
export const uidCommand: Uint8Array = Uint8Array.of(0xff, 0xca, 0x00, 0x00, 0x00);

/** Longest answer that is looked at: 256 bytes and the status word. */
export const longestAnswer = 258;
/** UIDs have 4, 7 or 10 bytes (ISO/IEC 14443-3) or 8 (ISO/IEC 15693, FeliCa). */
const uidLengths: readonly number[] = [4, 7, 8, 10];
/** ISO/IEC 14443-3, table 4: a first byte of 08 marks a number that was drawn for this one time. */
const randomUidStart = 0x08;

/** What to do with an answer to {@link uidCommand}. */
export type UidAnswer =
  /** The number, or why there is none. */
  | { readonly done: Result<CardReading, CardTrouble> }
  /** Send this next. Never answered to an answer to `next`. */
  | { readonly next: Uint8Array };

/**
 * Reads a card's answer. `isFirst`: it answers {@link uidCommand} itself and not what was sent next, so that a card cannot keep the
 * reader busy for ever.
 */
export function readUidAnswer(answer: Uint8Array, isFirst: boolean): UidAnswer {
  const statusAt = answer.length - 2;
  if (statusAt < 0 || answer.length > longestAnswer) return trouble('no-number');
  const [high = 0, low = 0] = answer.subarray(statusAt);
  if (high === 0x90 && low === 0x00) return { done: readUid(answer.subarray(0, statusAt)) };
  // ISO/IEC 7816-4, 5.1.3: more is waiting, or the expected length was not right.
  if (isFirst && high === 0x61) return { next: Uint8Array.of(0x00, 0xc0, 0x00, 0x00, low) };
  if (isFirst && high === 0x6c) return { next: Uint8Array.of(...uidCommand.subarray(0, 4), low) };
  // 62 and 63: taken away in the middle. Everything else: a card without such a number (6A 81), one with contacts (6D 00).
  return trouble(high === 0x62 || high === 0x63 ? 'again' : 'no-number');
}

function readUid(uid: Uint8Array): Result<CardReading, CardTrouble> {
  if (!uidLengths.includes(uid.length) || uid.every((byte) => byte === 0)) return fail('no-number');
  if (uid.length === 4 && uid[0] === randomUidStart) return fail('changing-number');
  return ok({ reader: 'smart-card', number: Buffer.from(uid).toString('hex').toUpperCase() });
}

const trouble = (why: CardTrouble): UidAnswer => ({ done: fail(why) });
