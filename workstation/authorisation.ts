import type { Audience } from '#contracts/bridge/contract.ts';
import type { LiveViewName } from '#contracts/bridge/live-views.ts';
import type { RequestName } from '#contracts/bridge/requests.ts';
import { type AppError, appError } from '#contracts/errors.ts';
import type { Session } from './session.ts';

/** Why a session may not ask something, or null when it may (BRI-5). The contract lists who may. */
export function refusal(audience: Audience, session: Session | null): AppError | null {
  if (audience === 'anyone') return null;
  if (session === null) return appError('access.locked');
  return session.roles.some((role) => audience.includes(role)) ? null : appError('access.forbidden');
}

/** What needs no record, and so is answered beyond the offline limit too. */
const withoutRecords: ReadonlySet<RequestName | LiveViewName> = new Set([
  'workstation.enrol',
  'access.door',
  'access.cancel',
  'access.webauthn-options',
  'session.break-glass',
  'workstation.state',
  'session.unlock',
  'session.lock',
  'session.touch',
  'session.emergency',
  'drafts.key',
  'sync.now',
  'sync.state',
]);

/** Refuses what shows or writes records while the workstation must connect first (WIP-2). */
export function refusalBeyondLimit(name: RequestName | LiveViewName, mustConnect: boolean): AppError | null {
  return mustConnect && !withoutRecords.has(name) ? appError('sync.offline-too-long') : null;
}
