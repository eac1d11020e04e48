import { describe, expect, it } from 'vitest';
import type { Registration } from '#contracts/bridge/requests.ts';
import type { AppError } from '#contracts/errors.ts';
import type { RecordId } from '#contracts/ids.ts';
import type { Result } from '#contracts/result.ts';
import { pinflCheckDigit } from '../identity/pinfl.ts';
import type { ActionPlan } from './action.ts';
import { amendPatient } from './amend-patient.ts';
import { enrolPerson } from './enrol-person.ts';
import { createMemoryReader, type MemoryReader, strangeId, testContext } from './memory-reader.ts';
import { recordAllergy } from './record-allergy.ts';
import { registerPatient } from './register-patient.ts';

const first13 = '4120385123456';
const pinfl = `${first13}${pinflCheckDigit(first13)}`;
const registration: Registration = {
  name: { family: "jo'rayeva", given: 'SHAHLO', patronymic: 'Karim qizi' },
  sex: 'female',
  birth: { date: '1985-03-12' },
  hasConsent: true,
  allergyStatus: 'not-recorded',
};

function applied(reader: MemoryReader, result: Result<ActionPlan, AppError>): RecordId {
  if (!result.ok) throw new Error(`refused: ${result.error.code}`);
  reader.apply(result.value);
  return result.value.subject;
}

function registered(reader: MemoryReader, entered: Registration = registration) {
  const id = applied(reader, registerPatient(reader, entered, testContext));
  const body = () => {
    const record = reader.get('patients', id);
    if (record === undefined) throw new Error('not written');
    return record;
  };
  return { id, record: body };
}

const codeOf = (result: Result<unknown, AppError>) => (result.ok ? 'ok' : result.error.code);
const issuesOf = (result: Result<unknown, AppError>) => (result.ok ? [] : result.error.detail?.issues);

describe('registering a patient', () => {
  it('keeps names as Uzbek writes them and gives a temporary number without PINFL', () => {
    const { record } = registered(createMemoryReader());
    expect(record().body.name).toEqual({
      family: 'Jo\u02bbrayeva',
      given: 'Shahlo',
      patronymic: 'Karim qizi',
    });
    expect(record().body.temporaryNumber).toMatch(/^[0-9a-f-]{36}$/);
    expect(record().body.consent).toEqual({ given: true, at: testContext.now, by: testContext.person });
    expect(record().body.allergyStatus).toBe('not-recorded');
  });

  it('takes a sound PINFL and then needs no temporary number', () => {
    const { record } = registered(createMemoryReader(), { ...registration, pinfl });
    expect(record().body.pinfl).toBe(pinfl);
    expect('temporaryNumber' in record().body).toBe(false);
  });

  it('refuses a PINFL that fails its check digit or contradicts sex or birth', () => {
    const reader = createMemoryReader();
    const wrong = `${first13}${(pinflCheckDigit(first13) + 1) % 10}`;
    const register = (entered: Registration) => registerPatient(reader, entered, testContext);
    expect(issuesOf(register({ ...registration, pinfl: wrong }))).toEqual(['pinfl.check-digit']);
    expect(issuesOf(register({ ...registration, pinfl, sex: 'male' }))).toEqual(['pinfl.contradicts-sex']);
    expect(issuesOf(register({ ...registration, pinfl, birth: { date: '1985-03-13' } }))).toEqual([
      'pinfl.contradicts-birth',
    ]);
  });

  it('refuses a day that does not exist, and takes a birth after the clock', () => {
    const reader = createMemoryReader();
    const bad = { ...registration, birth: { date: '2023-02-30' } };
    expect(issuesOf(registerPatient(reader, bad, testContext))).toEqual(['birth.not-a-day']);
    const newborn = { ...registration, birth: { date: '2027-01-01' } };
    expect(codeOf(registerPatient(reader, newborn, testContext))).toBe('ok');
  });

  it('registers a second bearer of a PINFL and asks for a review', () => {
    const reader = createMemoryReader();
    const before = registered(reader, { ...registration, pinfl });
    const result = registerPatient(reader, { ...registration, pinfl }, testContext);
    if (!result.ok) throw new Error('refused');
    const review = result.value.writes.find((write) => write.collection === 'reviews');
    expect(result.value.writes).toHaveLength(2);
    expect(review?.body).toMatchObject({
      subject: { collection: 'patients', id: before.id },
      question: { kind: 'possible-duplicate', other: result.value.subject },
      decisions: [],
    });
  });
});

describe('amending a patient', () => {
  it('changes what the form holds, clears what it leaves out, keeps the rest', () => {
    const reader = createMemoryReader();
    const { id, record } = registered(reader, { ...registration, phone: '+998901234567' });
    applied(
      reader,
      recordAllergy(reader, { id, allergy: { status: 'known', substance: 'Penitsillin' } }, testContext),
    );
    const number = record().body.temporaryNumber;
    const changes = { ...registration, name: { family: 'Aliyeva', given: 'Shahlo' }, pinfl };
    applied(reader, amendPatient(reader, { id, baseRev: record().rev, changes }, testContext));
    expect(record().body).toMatchObject({
      name: { family: 'Aliyeva', given: 'Shahlo' },
      pinfl,
      temporaryNumber: number,
      allergyStatus: 'known',
    });
    expect('phone' in record().body).toBe(false);
    expect(record().body.allergies).toHaveLength(1);
  });

  it('refuses an edit of a revision that is no longer the newest', () => {
    const reader = createMemoryReader();
    const { id, record } = registered(reader);
    const baseRev = record().rev;
    applied(reader, amendPatient(reader, { id, baseRev, changes: registration }, testContext));
    const again = amendPatient(reader, { id, baseRev, changes: registration }, testContext);
    expect(codeOf(again)).toBe('record.changed-meanwhile');
    expect(codeOf(amendPatient(reader, { id: strangeId, baseRev, changes: registration }, testContext))).toBe(
      'record.not-found',
    );
  });

  it('lets other fields change beside an unsound PINFL of an import, but no new unsound one', () => {
    const reader = createMemoryReader();
    const { id, record } = registered(reader);
    const unsound = '40503855900021';
    const imported = { ...record().body, pinfl: unsound };
    reader.apply({ subject: id, writes: [{ collection: 'patients', id, body: imported, audit: 'import' }] });
    const amend = (changes: Registration) =>
      amendPatient(reader, { id, baseRev: record().rev, changes }, testContext);
    expect(codeOf(amend({ ...registration, pinfl: unsound, phone: '+998901234567' }))).toBe('ok');
    expect(codeOf(amend({ ...registration, pinfl: '40503855900022' }))).toBe('record.invalid');
  });
});

describe('recording an allergy', () => {
  it('goes through known, entered in error, none known', () => {
    const reader = createMemoryReader();
    const { id, record } = registered(reader);
    const allergy = (input: Parameters<typeof recordAllergy>[1]['allergy']) =>
      recordAllergy(reader, { id, allergy: input }, testContext);
    applied(reader, allergy({ status: 'known', substance: ' Penitsillin ', severity: 'severe' }));
    expect(record().body.allergies[0]).toMatchObject({ substance: 'Penitsillin', severity: 'severe' });
    expect(codeOf(allergy({ status: 'none-known' }))).toBe('record.invalid');
    const allergyId = record().body.allergies[0]?.id;
    if (allergyId === undefined) throw new Error('no allergy');
    applied(reader, allergy({ status: 'entered-in-error', allergyId }));
    expect(record().body).toMatchObject({
      allergyStatus: 'not-recorded',
      allergies: [{ enteredInError: true }],
    });
    expect(codeOf(allergy({ status: 'entered-in-error', allergyId }))).toBe('record.invalid');
    applied(reader, allergy({ status: 'none-known' }));
    expect(record().body.allergyStatus).toBe('none-known');
  });
});

describe('enrolling staff', () => {
  it('writes the staff record under the id that answers', () => {
    const reader = createMemoryReader();
    const input = {
      name: { family: 'KARIMOVA', given: 'nodira' },
      roles: ['nurse' as const, 'nurse' as const],
    };
    const id = applied(reader, enrolPerson(reader, input, testContext));
    expect(reader.get('staff', id)?.body).toEqual({
      name: { family: 'Karimova', given: 'Nodira' },
      roles: ['nurse'],
      active: true,
    });
  });
});
