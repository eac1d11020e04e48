import { ReplicaFailure } from '#clinic/ports/replica-failure.ts';
import { type AppError, appError } from '#contracts/errors.ts';
import type { Workstation } from './workstation.ts';

/**
 * What the screen is told of something that was thrown: the replica's own code, or `internal.failure` with the number
 * under which the log has it. A damaged database also locks the workstation, so that nothing is written on top.
 */
export function expectedFailure(workstation: Workstation, error: unknown): AppError {
  if (error instanceof ReplicaFailure) {
    if (error.error.code === 'store.damaged') workstation.reportDamage(error.error);
    return error.error;
  }
  return appError('internal.failure', { incident: workstation.parts.log.incident(error) });
}
