import type { Audience } from '#contracts/bridge/requests.ts';
import { type AppError, appError } from '#contracts/errors.ts';
import type { Session } from './session.ts';

/** Why a session may not ask something, or null when it may (BRI-5). The contract lists who may. */
export function refusal(audience: Audience, session: Session | null): AppError | null {
  if (audience === 'anyone') return null;
  if (session === null) return appError('access.locked');
  return session.roles.some((role) => audience.includes(role)) ? null : appError('access.forbidden');
}
