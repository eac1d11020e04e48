import type { Lane } from '#contracts/records/record.ts';
import { type CollectionName, recordTypes } from '#contracts/records/registry.ts';

const oldAfterMs = 2 * 24 * 3_600_000;
const historyLane: Lane = 2;
const collectionsWithHistory: ReadonlySet<CollectionName> = new Set(['patients', 'visits']);

/**
 * The feed's lane of a record version (docs/specs/sync.md FLOW-4): its type's, except that patients and visits captured more
 * than two days before they reached the center are history.
 */
export function laneOf(collection: CollectionName, capturedAt: number, receivedAt: number): Lane {
  const isOld = collectionsWithHistory.has(collection) && receivedAt - capturedAt > oldAfterMs;
  return isOld ? historyLane : recordTypes[collection].lane;
}
