import { ok } from '#contracts/result.ts';
import { whileUnlocked } from './handler.ts';

const now = whileUnlocked<'sync.now'>((_input, _session, workstation) => {
  workstation.exchange()?.hurry();
  return ok({});
});

/** The exchange with the center. */
export const syncRequests = { 'sync.now': now };
