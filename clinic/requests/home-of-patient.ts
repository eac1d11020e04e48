import type { Instant, RecordId, Scope } from '#contracts/ids.ts';
import type { RecordOf } from '#contracts/records/registry.ts';
import type { ReplicaReader } from '../ports/replica.ts';
import { deriveRequest } from './request-state.ts';

/** Most requests that are looked at; far more than a facility has in a year. */
const mostRequests = 2_000;

/** Every request here, newest first. */
export const allRequests = (reader: Pick<ReplicaReader, 'find'>): readonly RecordOf<'requests'>[] =>
  reader.find('requests', { orderBy: [{ path: 'capturedAt', direction: 'desc' }], limit: mostRequests });

/**
 * Until when the copy of another facility's patient stays at facility `here`; null for good, as far as is known: the former
 * home of a patient who moved keeps its copy.
 */
export function copyStaysUntil(
  reader: Pick<ReplicaReader, 'find'>,
  here: Scope,
  patient: RecordId,
): Instant | null {
  const ends = allRequests(reader)
    .filter((request) => givesTo(request) === here)
    .flatMap(({ body }) => deriveRequest(body).grants)
    .filter((grant) => grant.patientId === patient && grant.home !== here)
    .map(({ until }) => until);
  if (ends.length === 0 || ends.includes(null)) return null;
  return Math.max(...ends.filter((end) => end !== null));
}

/** The facility that gets records by a request. */
function givesTo({ scope, body: { matter } }: RecordOf<'requests'>): Scope {
  return matter.kind === 'referral' ? matter.to : scope;
}
