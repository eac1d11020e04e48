import type { AuditAction } from '#contracts/bridge/audit.ts';

/** What a clinic's head looks at first: records opened without one's own way in, without consent, or beyond a limit. */
const emergencyActions: ReadonlySet<string> = new Set<AuditAction>([
  'session.break-glass',
  'session.emergency',
  'requests.break-glass',
]);

/** Whether a line of the trail tells of an emergency. */
export const isEmergency = (action: string): boolean => emergencyActions.has(action);
