import { moveVisit } from '#clinic/actions/move-visit.ts';
import { recordVisit } from '#clinic/actions/record-visit.ts';
import { startVisit } from '#clinic/actions/start-visit.ts';
import { act } from '../acting.ts';
import { whileUnlocked } from './handler.ts';

/** The queue and what is written into visits. */
export const visitRequests = {
  'visits.start': whileUnlocked<'visits.start'>((input, session) => act(session, startVisit, input)),
  'visits.move': whileUnlocked<'visits.move'>((input, session) => act(session, moveVisit, input)),
  'visits.record': whileUnlocked<'visits.record'>((input, session) => act(session, recordVisit, input)),
};
