import { describe, expect, it } from 'vitest';
import { parsePinfl, pinflCheckDigit, pinflContradictions } from './pinfl.ts';

/** Builds a sound number from its parts. */
function pinflOf(first: number, ddmmyy: string, tail: string): string {
  const digits = `${first}${ddmmyy}${tail}`;
  return `${digits}${pinflCheckDigit(digits)}`;
}

describe('PINFL', () => {
  it.each([
    [3, '120385', 'male', '1985-03-12'],
    [4, '120385', 'female', '1985-03-12'],
    [5, '290204', 'male', '2004-02-29'],
    [6, '311299', 'female', '2099-12-31'],
  ] as const)('reads century, sex and birth of %i%s', (first, ddmmyy, sex, birthDate) => {
    const digits = pinflOf(first, ddmmyy, '123456');
    expect(parsePinfl(digits)).toEqual({ ok: true, value: { digits, sex, birthDate } });
  });

  it('computes the check digit with weights 7, 3, 1', () => {
    // 3*7 + 1*3 + 2*1 + 0*7 + 3*3 + 8*1 + 5*7 + 1*3 + 2*1 + 3*7 + 4*3 + 5*1 + 6*7 = 163
    expect(pinflCheckDigit('3120385123456')).toBe(3);
  });

  it('refuses the example of the national guide that fails its own check digit', () => {
    expect(parsePinfl('40503855900021')).toEqual({ ok: false, error: 'pinfl.check-digit' });
  });

  it('does not accept the other example of the guide for the birth date it is given', () => {
    const parsed = parsePinfl('30211975910033');
    const isRefused =
      !parsed.ok ||
      pinflContradictions(parsed.value, { sex: 'male', birth: { date: '1975-02-11' } }).length > 0;
    expect(isRefused).toBe(true);
  });

  it('says why', () => {
    expect(parsePinfl('123')).toEqual({ ok: false, error: 'pinfl.length' });
    expect(parsePinfl('3120385123456a')).toEqual({ ok: false, error: 'pinfl.length' });
    expect(parsePinfl(pinflOf(7, '120385', '123456'))).toEqual({ ok: false, error: 'pinfl.century' });
    expect(parsePinfl(pinflOf(5, '290205', '123456'))).toEqual({ ok: false, error: 'pinfl.date' });
  });

  it('takes blanks and dashes', () => {
    const digits = pinflOf(3, '120385', '123456');
    const spaced = `${digits.slice(0, 7)} ${digits.slice(7, 10)}-${digits.slice(10)}`;
    expect(parsePinfl(spaced)).toMatchObject({ ok: true, value: { digits } });
  });

  it('detects every single wrong digit', () => {
    const digits = pinflOf(3, '120385', '123456');
    let seen = 0;
    for (let at = 0; at < 14; at += 1) {
      for (let digit = 0; digit < 10; digit += 1) {
        if (String(digit) === digits.charAt(at)) continue;
        const typed = digits.slice(0, at) + digit + digits.slice(at + 1);
        const parsed = parsePinfl(typed);
        if (parsed.ok) seen += 1;
      }
    }
    expect(seen).toBe(0);
  });

  it('agrees with a birth date known in part', () => {
    const parsed = parsePinfl(pinflOf(4, '120385', '123456'));
    if (!parsed.ok) throw new Error('refused');
    expect(pinflContradictions(parsed.value, { sex: 'female', birth: { date: '1985-03' } })).toEqual([]);
    expect(pinflContradictions(parsed.value, { sex: 'male', birth: { date: '1984' } })).toEqual([
      'sex',
      'birth',
    ]);
  });
});
