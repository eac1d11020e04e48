import type { ReplicaReader } from '#clinic/ports/replica.ts';
import type { Delivery } from '#contracts/bridge/views.ts';
import type { AnyRecord, CollectionName } from '#contracts/records/registry.ts';

/** Reads how far records got. Looks at the quarantine once, so make one per answer. */
export type DeliveryReader = (collection: CollectionName, record: AnyRecord) => Delivery;

/**
 * How far the very versions that are shown got (WS-8). One with an unsent write, or that was refused, is only saved, whatever came
 * before. Only a receipt of this version counts: one that another computer wrote is at the center, and since when is not known here.
 */
export function deliveryReader(reader: ReplicaReader): DeliveryReader {
  const { quarantined } = reader.outbox.counts();
  const refused = new Set(
    quarantined === 0
      ? []
      : reader.outbox.byState('quarantined', quarantined).map((row) => `${row.collection} ${row.record.rev}`),
  );
  return (collection, record) => {
    const isRefused = refused.has(`${collection} ${record.rev}`);
    if (isRefused || reader.outbox.pendingOf(collection, record.id).length > 0)
      return { state: 'saved', savedAt: record.capturedAt };
    const receipt = reader.outbox.receipt(collection, record.id);
    if (receipt?.rev !== record.rev) return { state: 'at-center' };
    return { state: 'received', receivedAt: receipt.at };
  };
}
