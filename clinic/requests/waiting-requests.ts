import type { Scope } from '#contracts/ids.ts';
import type { ReplicaReader } from '../ports/replica.ts';
import { allRequests } from './home-of-patient.ts';
import { deriveRequest } from './request-state.ts';

/** How many referrals to facility `here` nobody has accepted or declined yet. */
export const countWaitingRequests = (reader: Pick<ReplicaReader, 'find'>, here: Scope): number =>
  allRequests(reader).filter(({ body }) => {
    if (body.matter.kind !== 'referral' || body.matter.to !== here) return false;
    const { state } = deriveRequest(body);
    return state === 'sent' || state === 'seen';
  }).length;
