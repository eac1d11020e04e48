import type { Random } from '#clinic/ports/clock.ts';

const consonants = 'bdfgklmnprstvz';
const vowels = 'aeiou';
const groups = 4;

/**
 * A passphrase that can be read off a terminal and typed: four groups of two syllables, about 49 bits. It is written to the
 * training file in the clear, so it guards synthetic people only.
 */
export function readablePassphrase(random: Random): string {
  return Array.from({ length: groups }, () => syllable(random) + syllable(random)).join('-');
}

const syllable = (random: Random): string => oneOf(consonants, random) + oneOf(vowels, random);

/** Without bias: bytes beyond the last whole multiple are drawn again, at most a hundred times. */
function oneOf(letters: string, random: Random): string {
  const fair = 256 - (256 % letters.length);
  for (let drawn = 0; drawn < 100; drawn += 1) {
    const [byte = 255] = random.bytes(1);
    if (byte < fair) return letters.charAt(byte % letters.length);
  }
  throw new Error('the source of randomness gives the same byte again and again');
}
