import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import type { AppError } from '#contracts/errors.ts';
import { type RecordId, type Scope, ScopeSchema } from '#contracts/ids.ts';
import type { RecordOf } from '#contracts/records/registry.ts';
import type { Result } from '#contracts/result.ts';
import { searchFacilities } from '../facilities/facilities.ts';
import { pinflCheckDigit } from '../identity/pinfl.ts';
import { newRecordId } from '../ids.ts';
import { canCancel, deriveRequest } from '../requests/request-state.ts';
import type { ActionPlan } from './action.ts';
import { createMemoryReader, type MemoryReader, strangeId, testContext } from './memory-reader.ts';
import { registerPatient } from './register-patient.ts';
import { answerReferral, askAccess, askMove, cancelRequest, referPatient } from './requests.ts';
import { startVisit } from './start-visit.ts';

const first13 = '4120385123456';
const pinfl = `${first13}${pinflCheckDigit(first13)}`;
const wrongPinfl = `${first13}${(pinflCheckDigit(first13) + 1) % 10}`;
const there: Scope = v.parse(ScopeSchema, 'ABC000002');
const elsewhere: Scope = v.parse(ScopeSchema, 'ABC000003');
/** A doctor of the other facility. */
const otherContext = { ...testContext, scope: there };

function applied(reader: MemoryReader, result: Result<ActionPlan, AppError>): RecordId {
  if (!result.ok) throw new Error(`refused: ${result.error.code}`);
  reader.apply(result.value);
  return result.value.subject;
}

const codeOf = (result: Result<unknown, AppError>) => (result.ok ? 'ok' : result.error.code);

/** A facility's reader with a patient and the neighbours. */
function clinic() {
  const reader = createMemoryReader();
  const patientId = applied(
    reader,
    registerPatient(
      reader,
      {
        name: { family: 'Qodirova', given: 'Gulnora' },
        sex: 'female',
        birth: { date: '1985-03-12' },
        hasConsent: true,
        allergyStatus: 'not-recorded',
      },
      testContext,
    ),
  );
  for (const [code, name, district] of [
    [testContext.scope, 'Yangiobod QVP', '1718203'],
    [there, 'Samarqand viloyat shifoxonasi', '1718401'],
    [elsewhere, 'Oqtosh poliklinikasi', '1718203'],
  ] as const) {
    const id = newRecordId(testContext.newId);
    const names = { 'uz-Latn': name, 'uz-Cyrl': name, ru: name, en: name };
    const body = { kind: 'facility' as const, code, name: names, district, mahallas: [], isTraining: true };
    reader.apply({ subject: id, writes: [{ collection: 'reference', id, body, audit: 'test' }] });
  }
  const request = (id: RecordId): RecordOf<'requests'> => {
    const found = reader.get('requests', id);
    if (found === undefined) throw new Error('not written');
    return found;
  };
  const refer = (to: Scope = there) =>
    referPatient(reader, { patientId, to, reason: ' yurak ', urgency: 'urgent' }, testContext);
  return { reader, patientId, request, refer };
}

describe('referring', () => {
  it('writes a request that was sent, with the reason trimmed', () => {
    const { reader, refer, request, patientId } = clinic();
    const { body } = request(applied(reader, refer()));
    expect(body.matter).toEqual({ kind: 'referral', patientId, to: there, reason: 'yurak' });
    expect(body.events).toMatchObject([{ kind: 'sent', by: testContext.person, at: testContext.now }]);
    expect(deriveRequest(body)).toMatchObject({ state: 'sent', isOpen: true, until: null });
  });

  it('refuses this facility, unknown facilities, strangers and another patient’s visit', () => {
    const { reader, refer, patientId } = clinic();
    expect(codeOf(refer(testContext.scope))).toBe('request.wrong-state');
    expect(codeOf(refer(v.parse(ScopeSchema, 'ZZZ000009')))).toBe('record.invalid');
    const input = { to: there, reason: 'x', urgency: 'routine' as const };
    expect(codeOf(referPatient(reader, { ...input, patientId: strangeId }, testContext))).toBe(
      'record.not-found',
    );
    expect(codeOf(referPatient(reader, { ...input, patientId, visitId: strangeId }, testContext))).toBe(
      'record.not-found',
    );
    const visit = applied(
      reader,
      startVisit(reader, { patientId, reason: '', urgency: 'routine', state: 'arrived' }, testContext),
    );
    expect(codeOf(referPatient(reader, { ...input, patientId, visitId: visit }, testContext))).toBe('ok');
  });
});

describe('answering', () => {
  it('goes through seen, accepted, attended to answered, each once, and no further', () => {
    const { reader, refer, request } = clinic();
    const id = applied(reader, refer());
    const say = (answer: Parameters<typeof answerReferral>[1]['answer']) =>
      answerReferral(reader, { id, answer }, otherContext);
    for (const answer of [
      { kind: 'seen' },
      { kind: 'accepted' },
      { kind: 'attended' },
      { kind: 'answered', text: 'EKG me’yorda' },
    ] as const) {
      applied(reader, say(answer));
      expect(codeOf(say(answer))).toBe('request.wrong-state');
    }
    expect(deriveRequest(request(id).body)).toMatchObject({ state: 'answered', isOpen: false });
    expect(codeOf(say({ kind: 'declined', note: 'kech' }))).toBe('request.wrong-state');
    expect(codeOf(cancelRequest(reader, { id, reason: 'xato' }, testContext))).toBe('request.wrong-state');
  });

  it('is for the facility it was sent to alone', () => {
    const { reader, refer } = clinic();
    const id = applied(reader, refer());
    expect(codeOf(answerReferral(reader, { id, answer: { kind: 'seen' } }, testContext))).toBe(
      'request.wrong-state',
    );
    const stranger = { ...testContext, scope: elsewhere };
    expect(codeOf(answerReferral(reader, { id, answer: { kind: 'seen' } }, stranger))).toBe(
      'request.wrong-state',
    );
  });

  it('is possible as soon as the patient is found, also if the center did not know the patient at first', () => {
    const { reader, refer, request } = clinic();
    const { body } = request(applied(reader, refer()));
    const [sent] = body.events;
    if (sent === undefined || body.matter.kind !== 'referral') throw new Error('no referral');
    const { id, at, by } = sent;
    const notFound = { id, at, by, kind: 'not-found' as const };
    const { patientId } = body.matter;
    const granted = { id, at, by, kind: 'granted' as const, patientId, home: testContext.scope, until: null };
    expect(deriveRequest({ ...body, events: [sent, notFound] })).toMatchObject({
      state: 'not-found',
      isOpen: false,
    });
    expect(deriveRequest({ ...body, events: [sent, notFound, granted] })).toMatchObject({
      state: 'sent',
      isOpen: true,
    });
  });

  it('counts the first closing event when both facilities close it', () => {
    const { reader, refer, request } = clinic();
    const id = applied(reader, refer());
    const cancelled = applied(reader, cancelRequest(reader, { id, reason: 'xato' }, testContext));
    const { body } = request(cancelled);
    const [sentEvent, cancel] = body.events;
    const decline = { ...sentEvent, kind: 'declined' as const, note: 'joy yo‘q' };
    if (sentEvent === undefined || cancel === undefined) throw new Error('no events');
    const declined = { ...sentEvent, ...decline };
    expect(deriveRequest({ ...body, events: [sentEvent, declined, cancel] }).state).toBe('declined');
    expect(deriveRequest({ ...body, events: [sentEvent, cancel, declined] }).state).toBe('cancelled');
  });
});

describe('asking for records', () => {
  it('keeps ground and reason, also for the audit trail', () => {
    const { reader } = clinic();
    const asked = askAccess(reader, { pinfl, ground: 'break-glass', reason: 'hushsiz' }, testContext);
    if (!asked.ok) throw new Error(JSON.stringify(asked.error));
    expect(asked.value.writes).toMatchObject([{ audit: 'requests.break-glass', reason: 'hushsiz' }]);
    expect(
      codeOf(askAccess(reader, { pinfl: wrongPinfl, ground: 'consent', reason: 'x' }, testContext)),
    ).toBe('record.invalid');
  });
});

describe('moving', () => {
  it('is asked once at a time, by the home or the facility that takes', () => {
    const { reader, patientId, request } = clinic();
    const input = { patientId, to: there, reason: 'ko‘chdi' };
    const stranger = { ...testContext, scope: elsewhere };
    expect(codeOf(askMove(reader, input, stranger))).toBe('request.wrong-state');
    expect(codeOf(askMove(reader, { ...input, to: testContext.scope }, testContext))).toBe(
      'request.wrong-state',
    );
    const id = applied(reader, askMove(reader, input, testContext));
    expect(codeOf(askMove(reader, input, testContext))).toBe('request.wrong-state');
    applied(reader, cancelRequest(reader, { id, reason: 'qoldi' }, testContext));
    expect(deriveRequest(request(id).body)).toMatchObject({ state: 'cancelled', isOpen: false });
    expect(codeOf(askMove(reader, input, otherContext))).toBe('ok');
  });
});

describe('what the center found nobody for', () => {
  /** A move that was asked for here and answered in vain `daysAgo`. */
  function inVain(daysAgo = 0) {
    const { reader, patientId, request } = clinic();
    const input = { patientId, to: there, reason: 'ko‘chdi' };
    const id = applied(reader, askMove(reader, input, testContext));
    const { body } = request(id);
    const [sent] = body.events;
    if (sent === undefined) throw new Error('nothing was sent');
    const at = testContext.now - daysAgo * 86_400_000;
    const events = [sent, { id: sent.id, at, by: sent.by, kind: 'not-found' as const }];
    reader.apply({
      subject: id,
      writes: [{ collection: 'requests', id, body: { ...body, events }, audit: 'test' }],
    });
    const asked = { ...input, to: elsewhere };
    return { reader, id, request, asked };
  }

  it('may be taken back once', () => {
    const { reader, id, request } = inVain();
    const takeBack = () => cancelRequest(reader, { id, reason: 'qoldi' }, testContext);
    expect(canCancel(request(id).body)).toBe(true);
    applied(reader, takeBack());
    expect(deriveRequest(request(id).body)).toMatchObject({ state: 'cancelled', isOpen: false });
    expect(canCancel(request(id).body)).toBe(false);
    expect(codeOf(takeBack())).toBe('request.wrong-state');
  });

  it('may be taken back of referrals too, and not of access', () => {
    const { reader, refer, request } = clinic();
    const { body } = request(applied(reader, refer()));
    const events = body.events.map((event) => ({ ...event, kind: 'not-found' as const }));
    expect(canCancel({ ...body, events })).toBe(true);
    const access = { kind: 'access' as const, pinfl, ground: 'consent' as const, reason: 'x' };
    const asked = askAccess(reader, access, testContext);
    const { matter } = request(applied(reader, asked)).body;
    expect(canCancel({ matter, events })).toBe(false);
  });

  it('stands in the way of another wish until it is taken back', () => {
    const { reader, id, asked } = inVain();
    expect(codeOf(askMove(reader, asked, testContext))).toBe('request.wrong-state');
    applied(reader, cancelRequest(reader, { id, reason: 'qoldi' }, testContext));
    expect(codeOf(askMove(reader, asked, testContext))).toBe('ok');
  });

  it('stands in nobody’s way when it waits no more, or at another facility, which alone could take it back', () => {
    const late = inVain(31);
    expect(codeOf(askMove(late.reader, late.asked, testContext))).toBe('ok');
    const stillWaits = inVain(29);
    expect(codeOf(askMove(stillWaits.reader, stillWaits.asked, testContext))).toBe('request.wrong-state');
    const others = inVain();
    expect(codeOf(askMove(others.reader, { ...others.asked, to: there }, otherContext))).toBe('ok');
  });
});

describe('choosing a facility', () => {
  it('puts the own district first, leaves out this facility, and finds in any script', () => {
    const { reader } = clinic();
    const search = (text: string) =>
      searchFacilities(reader, testContext.scope, text, 10).map(({ code }) => code);
    expect(search('')).toEqual([elsewhere, there]);
    expect(search('самарканд шифо')).toEqual([there]);
    expect(search('samar')).toEqual([there]);
    expect(search('ABC000003')).toEqual([elsewhere]);
    expect(search('1718401')).toEqual([there]);
    expect(search('9999999')).toEqual([]);
    expect(search('nukus')).toEqual([]);
  });
});
