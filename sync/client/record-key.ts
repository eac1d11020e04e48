import type { RecordId } from '#contracts/ids.ts';
import type { CollectionName } from '#contracts/records/registry.ts';

/** One record, whatever its version. */
export interface RecordRef {
  readonly collection: CollectionName;
  readonly id: RecordId;
}

/** Text that names a record in a map. */
export const recordKey = ({ collection, id }: RecordRef): string => `${collection}/${id}`;
