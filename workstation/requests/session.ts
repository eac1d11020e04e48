import { ok } from '#contracts/result.ts';
import { base64OfKey } from '../draft-keys.ts';
import { type RequestHandler, whileUnlocked } from './handler.ts';

const enrol: RequestHandler<'workstation.enrol'> = (input, { workstation }) => workstation.enrol(input);

const unlock: RequestHandler<'session.unlock'> = (input, { workstation }) => workstation.unlock(input);

const lock: RequestHandler<'session.lock'> = async (_input, { workstation }) => {
  await workstation.lock();
  return ok({});
};

const touch = whileUnlocked<'session.touch'>((_input, _session, workstation) => {
  workstation.touch();
  return ok({});
});

const emergency = whileUnlocked<'session.emergency'>(async ({ reason }, session, workstation) => {
  await workstation.allowEmergency(session, reason);
  return ok({});
});

const draftKey = whileUnlocked<'drafts.key'>((_input, session, workstation) =>
  ok({ key: base64OfKey(workstation.draftKey(session)) }),
);

/** Who is at work. */
export const sessionRequests = {
  'workstation.enrol': enrol,
  'session.unlock': unlock,
  'session.lock': lock,
  'session.touch': touch,
  'session.emergency': emergency,
  'drafts.key': draftKey,
};
