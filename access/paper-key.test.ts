import { webcrypto } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { paperKeyLength, printPaperKey, readPaperKey } from './paper-key.ts';
import { Secret } from './secret.ts';

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const randomKey = () => new Secret(webcrypto.getRandomValues(new Uint8Array(paperKeyLength)));
const groupsWrong = (typed: string): readonly number[] => {
  const read = readPaperKey(typed);
  return read.ok ? [] : read.error.groups;
};

describe('paper key', () => {
  test('printed and typed again it is the same, whatever the case, hyphens and look-alikes', () => {
    for (let round = 0; round < 200; round += 1) {
      const key = randomKey();
      const printed = printPaperKey(key);
      expect(printed).toMatch(/^([0-9A-HJKMNP-TV-Z]{5}-){7}[0-9A-HJKMNP-TV-Z]{5}$/);
      const typings = [
        printed,
        printed.toLowerCase(),
        printed.replaceAll('-', ' '),
        printed.replaceAll('-', ''),
        ` ${printed.replaceAll('0', 'O').replaceAll('1', 'l')}\n`,
        printed.replaceAll('-', ' — '),
      ];
      for (const typed of typings) {
        const read = readPaperKey(typed);
        expect(read.ok && Buffer.from(read.value.reveal())).toEqual(Buffer.from(key.reveal()));
      }
    }
  });

  test('known answer: 20 bytes of zeros, and of ones', () => {
    const zeros = printPaperKey(new Secret(new Uint8Array(20)));
    expect(zeros).toBe('00001-00002-00003-00004-00005-00006-00007-00008');
    expect(printPaperKey(new Secret(new Uint8Array(20).fill(255))).replace(/.(-|$)/g, '$1')).toBe(
      Array.from({ length: 8 }, () => 'ZZZZ').join('-'),
    );
  });

  test('every single wrong symbol is found, in its group', () => {
    const printed = printPaperKey(randomKey());
    for (let at = 0; at < printed.length; at += 1) {
      if (printed[at] === '-') continue;
      for (const symbol of alphabet) {
        if (symbol === printed[at]) continue;
        const typed = printed.slice(0, at) + symbol + printed.slice(at + 1);
        expect(groupsWrong(typed)).toEqual([Math.floor(at / 6) + 1]);
      }
    }
  });

  test('neighbours that changed places are found, in their group', () => {
    for (let round = 0; round < 50; round += 1) {
      const printed = printPaperKey(randomKey());
      for (let at = 0; at + 1 < printed.length; at += 1) {
        const [first, second] = [printed.charAt(at), printed.charAt(at + 1)];
        if (first === second || first === '-' || second === '-') continue;
        const typed = printed.slice(0, at) + second + first + printed.slice(at + 2);
        expect(groupsWrong(typed)).toEqual([Math.floor(at / 6) + 1]);
      }
    }
  });

  test('two groups that changed places are found, both', () => {
    const groups = printPaperKey(randomKey()).split('-');
    for (let first = 0; first < groups.length; first += 1) {
      for (let second = first + 1; second < groups.length; second += 1) {
        const swapped = groups.map((group, at) =>
          at === first ? groups[second] : at === second ? groups[first] : group,
        );
        expect(groupsWrong(swapped.join('-'))).toEqual([first + 1, second + 1]);
      }
    }
  });

  test('missing, added, short and strange groups are told', () => {
    const printed = printPaperKey(randomKey());
    expect(groupsWrong('')).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(groupsWrong(printed.slice(0, -6))).toEqual([8]);
    expect(groupsWrong(printed.slice(0, -1))).toEqual([8]);
    expect(groupsWrong(`${printed}-00000`)).toEqual([9]);
    expect(groupsWrong(printed.replace(/^./, 'U'))).toEqual([1]);
    expect(groupsWrong('я'.repeat(100_000)).length).toBeGreaterThan(0);
  });
});
