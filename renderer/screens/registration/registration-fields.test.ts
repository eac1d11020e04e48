import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { DaySchema } from '#contracts/ids.ts';
import { checkFields, newFields } from './registration-fields.ts';

const today = v.parse(DaySchema, '2026-06-03');
const echo = (id: string) => id;
const typed = {
  ...newFields('', today),
  family: 'Karimova',
  given: 'Dilnoza',
  birth: '12.3.85',
  sex: 'female',
} as const;

describe('a new form', () => {
  it('takes what was searched for to where it fits', () => {
    expect(newFields('karimova dilnoza rustam qizi', today)).toMatchObject({
      family: 'Karimova',
      given: 'Dilnoza',
      patronymic: 'Rustam qizi',
    });
    expect(newFields('41203850420012', today)).toMatchObject({ pinfl: '41203850420012', family: '' });
    expect(newFields('12.3.85', today)).toMatchObject({ birth: '12.3.85', family: '' });
    expect(newFields('90 123 45 67', today)).toMatchObject({ phone: '90 123 45 67', family: '' });
  });
});

describe('what is typed', () => {
  it('becomes a registration', () => {
    expect(
      checkFields(echo, { ...typed, phone: '90 1234567', mahallaCode: '17332555' }, today, null),
    ).toEqual({
      mistakes: [],
      registration: {
        name: { family: 'Karimova', given: 'Dilnoza' },
        sex: 'female',
        birth: { date: '1985-03-12' },
        phone: '+998901234567',
        address: { mahalla: '17332555' },
        hasConsent: false,
        allergyStatus: 'not-recorded',
      },
    });
  });

  it('is refused with one line for each field, in the order of the form', () => {
    const { registration, mistakes } = checkFields(
      echo,
      { ...newFields('', today), phone: '12' },
      today,
      null,
    );
    expect(registration).toBeNull();
    expect(mistakes).toEqual([
      { fieldId: 'family', words: 'issue.family.required' },
      { fieldId: 'given', words: 'issue.given.required' },
      { fieldId: 'birth', words: 'issue.birth.required' },
      { fieldId: 'sex-female', words: 'issue.sex.required' },
      { fieldId: 'phone', words: 'issue.phone.invalid' },
    ]);
  });

  it('tells a date that is none from one that is missing', () => {
    expect(checkFields(echo, { ...typed, birth: '31.02.1985' }, today, null).mistakes).toEqual([
      { fieldId: 'birth', words: 'issue.birth.not-a-day' },
    ]);
  });

  it('must agree with the PINFL', () => {
    const pinfl = '41203850420014';
    const { mistakes } = checkFields(echo, { ...typed, pinfl, sex: 'male' }, today, null);
    expect(mistakes[0]?.fieldId).toBe('pinfl');
  });
});
