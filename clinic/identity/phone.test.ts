import { describe, expect, it } from 'vitest';
import { formatPhone, normalizePhone } from './phone.ts';

describe('telephone numbers', () => {
  it.each([
    '901234567',
    '90 123 45 67',
    '+998 (90) 123-45-67',
    '998901234567',
    '00998901234567',
    '8 90 123 45 67',
  ])('%s is one number', (typed) => {
    expect(normalizePhone(typed)).toBe('+998901234567');
  });

  it.each(['', '12345', '+7 901 123 45 67', '90123456a', '9012345678', '+99890123456'])(
    '%s is none',
    (typed) => {
      expect(normalizePhone(typed)).toBeUndefined();
    },
  );

  it('shows numbers in groups and reads them back', () => {
    expect(formatPhone('+998901234567')).toBe('+998 90 123 45 67');
    expect(normalizePhone(formatPhone('+998712345678'))).toBe('+998712345678');
    expect(formatPhone('?')).toBe('?');
  });
});
