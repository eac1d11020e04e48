import { ReplicaFailure } from '#clinic/ports/replica-failure.ts';
import { SessionEnd } from '#sync/client/session-end.ts';

/**
 * Whether a transaction may come to nothing for such a reason: a disk that is full at that moment, or a message of the center that
 * does not fit. Everything else is a defect, of the product or of the simulator.
 */
export const isUsualRefusal = (refusal: unknown, isDiskFull: boolean): boolean =>
  refusal instanceof SessionEnd || (isDiskFullRefusal(refusal) && isDiskFull);

export const isDiskFullRefusal = (refusal: unknown): boolean =>
  refusal instanceof ReplicaFailure && refusal.error.code === 'store.disk-full';
