import { describe, expect, it } from 'vitest';
import { hashCode, makeCode, readCode, spellCode } from './enrolment-code.ts';

describe('ENR-1: enrolment codes', () => {
  it('are ten characters of Crockford base 32', () => {
    const bytes = Uint8Array.from([0, 1, 9, 10, 17, 18, 31, 32, 255, 128]);
    expect(makeCode({ bytes: () => bytes })).toBe('019AHJZ0Z0');
  });

  it('are read as they are typed', () => {
    expect(readCode('019ah-jz0z0')).toBe('019AHJZ0Z0');
    expect(readCode(' oI9AH JZ oZO ')).toBe('019AHJZ0Z0');
    expect(readCode('ol9ahjz0z0')).toBe('019AHJZ0Z0');
    expect(readCode(spellCode('019AHJZ0Z0'))).toBe('019AHJZ0Z0');
  });

  it.each(['', 'ABC', '019AHJZ0Z', '019AHJZ0Z00', '019AHJZ0U0', 'АБВГДЕЖЗИК', '019AHJZ0Z\u0000'])(
    '%j is none',
    (typed) => {
      expect(readCode(typed)).toBeUndefined();
    },
  );

  it('are kept as a hash that is another one at every center', () => {
    expect(hashCode('one', 'A')).toMatch(/^[0-9a-f]{64}$/);
    expect(hashCode('one', 'A')).not.toBe(hashCode('two', 'A'));
  });
});
