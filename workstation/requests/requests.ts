import { answerReferral, askAccess, askMove, cancelRequest, referPatient } from '#clinic/actions/requests.ts';
import { searchFacilities } from '#clinic/facilities/facilities.ts';
import { ok } from '#contracts/result.ts';
import { act } from '../acting.ts';
import { whileUnlocked } from './handler.ts';

const findFacilities = whileUnlocked<'facilities.search'>(({ text, limit }, { replica, scope }) =>
  ok({ facilities: [...searchFacilities(replica, scope, text, limit)] }),
);

/** What leads beyond this facility: referrals, access to others' records, moves. */
export const requestRequests = {
  'facilities.search': findFacilities,
  'requests.refer': whileUnlocked<'requests.refer'>((input, session) => act(session, referPatient, input)),
  'requests.answer': whileUnlocked<'requests.answer'>((input, session) =>
    act(session, answerReferral, input),
  ),
  'requests.cancel': whileUnlocked<'requests.cancel'>((input, session) => act(session, cancelRequest, input)),
  'requests.ask-access': whileUnlocked<'requests.ask-access'>((input, session) =>
    act(session, askAccess, input),
  ),
  'requests.move-patient': whileUnlocked<'requests.move-patient'>((input, session) =>
    act(session, askMove, input),
  ),
};
