import type { AuditEntry, OutboxRow } from '#clinic/ports/replica.ts';
import type { DeviceId, Instant, OperationId, RecordId, Revision } from '#contracts/ids.ts';
import {
  type AnyRecord,
  type CollectionName,
  collectionNames,
  type RecordOf,
} from '#contracts/records/registry.ts';

export type Records = { readonly [C in CollectionName]: Map<RecordId, RecordOf<C>> };
export type Checkpoint = { readonly epoch: string; readonly seq: number };
type Receipt = { readonly seq: number; readonly rev: Revision; readonly at: Instant };

/** What stays when a process dies. Open it with {@link MemoryReplica}; one handle at a time. */
export class MemoryDisk {
  readonly records: Records = emptyRecords();
  readonly shadows: Records = emptyRecords();
  readonly outbox = new Map<OperationId, OutboxRow>();
  readonly receipts = new Map<string, Receipt>();
  readonly checkpoints = new Map<string, Checkpoint>();
  readonly settings = new Map<string, string>();
  readonly audit: AuditEntry[] = [];
  /** Hash of each entry, in their order. */
  readonly auditHashes: string[] = [];
  auditDevice: DeviceId | null = null;
  lastSeq = 0;
  /** New content is refused; what is upkeep still has room, as in the real store. */
  isFull = false;

  /** A second disk with the same content: the data folder copied to another machine. */
  copy(): MemoryDisk {
    const copy = new MemoryDisk();
    for (const name of collectionNames) {
      copyMap<RecordId, AnyRecord>(this.records[name], copy.records[name]);
      copyMap<RecordId, AnyRecord>(this.shadows[name], copy.shadows[name]);
    }
    copyMap(this.outbox, copy.outbox);
    copyMap(this.receipts, copy.receipts);
    copyMap(this.checkpoints, copy.checkpoints);
    copyMap(this.settings, copy.settings);
    copy.audit.push(...this.audit);
    copy.auditHashes.push(...this.auditHashes);
    copy.auditDevice = this.auditDevice;
    copy.lastSeq = this.lastSeq;
    return copy;
  }
}

function copyMap<Key, Value>(from: ReadonlyMap<Key, Value>, to: Map<NoInfer<Key>, NoInfer<Value>>): void {
  for (const [key, value] of from) to.set(key, value);
}

function emptyRecords(): Records {
  return {
    patients: new Map(),
    visits: new Map(),
    staff: new Map(),
    reference: new Map(),
    reviews: new Map(),
    requests: new Map(),
  };
}
