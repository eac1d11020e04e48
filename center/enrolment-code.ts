import { createHash } from 'node:crypto';
import type { Random } from './ports.ts';

/** Crockford's base 32: no I, L, O, U. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const codeLength = 10;

/** A new code: 50 bits of randomness in ten characters. */
export function makeCode(random: Random): string {
  return [...random.bytes(codeLength)].map((byte) => alphabet.charAt(byte % alphabet.length)).join('');
}

/** For reading aloud: `ABCDE-FGHJK`. */
export const spellCode = (code: string) => `${code.slice(0, 5)}-${code.slice(5)}`;

/**
 * What was typed, as the center printed it: any case, blanks and hyphens ignored, O read as 0, I and L as 1. Undefined if
 * it cannot be a code.
 */
export function readCode(typed: string): string | undefined {
  const code = typed.toUpperCase().replaceAll(/[\s-]/g, '').replaceAll('O', '0').replaceAll(/[IL]/g, '1');
  const isCode = code.length === codeLength && [...code].every((character) => alphabet.includes(character));
  return isCode ? code : undefined;
}

/** What the center keeps instead of the code. */
export const hashCode = (center: string, code: string) =>
  createHash('sha256').update(`hamshira enrolment code v1\n${center}\n${code}`).digest('hex');
