import { describe, expect, it } from 'vitest';
import { writeCount, writeHealed, writeMoment, writeSpan } from './writing.js';

describe('PAGE-6: dates and numbers without Intl', () => {
  it('writes counts in groups', () => {
    expect(writeCount('ru', 1_234_567)).toBe('1\u00a0234\u00a0567');
    expect(writeCount('en', 1_234_567)).toBe('1,234,567');
    expect(writeCount('uz-Latn', 999)).toBe('999');
  });

  it('writes moments by the clock of Uzbekistan', () => {
    const at = Date.UTC(2026, 1, 3, 19, 30, 5);
    expect(writeMoment(at, at + 1_000)).toBe('00:30:05');
    expect(writeMoment(at, at - 3_600_000)).toBe('04.02.2026 00:30:05');
  });

  it('writes spans in their largest unit, with a sign', () => {
    expect(writeSpan('en', 400)).toBe('0\u00a0s');
    expect(writeSpan('en', -90_000)).toBe('−2\u00a0min');
    expect(writeSpan('ru', 3 * 86_400_000)).toBe('+3\u00a0дн');
  });
});

describe('DIG-6: healed records in words', () => {
  it('says how many there are', () => {
    expect(writeHealed('en', 1_234)).toBe('records healed: 1,234');
    expect(writeHealed('ru', 1)).toBe('записей исправлено автоматически: 1');
  });

  it('says nothing where there are none, or where nobody told', () => {
    expect(writeHealed('en', 0)).toBeNull();
    expect(writeHealed('en', null)).toBeNull();
  });
});
