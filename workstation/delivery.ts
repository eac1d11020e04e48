import type { ReplicaReader } from '#clinic/ports/replica.ts';
import type { Delivery } from '#contracts/bridge/views.ts';
import type { AnyRecord, CollectionName } from '#contracts/records/registry.ts';

/** Reads how far records got. Looks at the quarantine once, so make one per answer. */
export type DeliveryReader = (collection: CollectionName, record: AnyRecord) => Delivery;

/**
 * How far records got (WS-8). A record with an unsent or quarantined write is not received, whatever came before. One that
 * was never written here came from the center; its time of receipt there is not known here, so the time of capture stands in.
 */
export function deliveryReader(reader: ReplicaReader): DeliveryReader {
  const { quarantined } = reader.outbox.counts();
  const refused = new Set(
    quarantined === 0
      ? []
      : reader.outbox.byState('quarantined', quarantined).map((row) => `${row.collection} ${row.record.rev}`),
  );
  return (collection, record) => {
    const savedAt = record.capturedAt;
    const isRefused = refused.has(`${collection} ${record.rev}`);
    if (isRefused || reader.outbox.pendingOf(collection, record.id).length > 0)
      return { savedAt, receivedAt: null };
    return { savedAt, receivedAt: reader.outbox.receipt(collection, record.id)?.at ?? savedAt };
  };
}
