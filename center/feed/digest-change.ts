import type { RecordId, Revision } from '#contracts/ids.ts';
import type { CollectionName } from '#contracts/records/registry.ts';
import { digestBuckets } from '#contracts/wire/protocol.ts';
import { bucketOf, RecordDigest } from '#sync/merge/digest.ts';

const emptyBucket = '0'.repeat(32);
const hexDigits = emptyBucket.length * digestBuckets;

/** How a transaction changes the digests of a scope (docs/specs/sync.md DIG-1). */
export class DigestChange {
  readonly #buckets = new Map<number, RecordDigest>();

  /** The newest version of a record went from `before` to `after`; null for none. */
  replace(collection: CollectionName, id: RecordId, before: Revision | null, after: Revision | null): void {
    const number = bucketOf(id);
    const bucket = this.#buckets.get(number) ?? new RecordDigest();
    this.#buckets.set(number, bucket);
    if (before !== null) bucket.toggle(collection, id, before);
    if (after !== null) bucket.toggle(collection, id, after);
  }

  /** All buckets side by side, 2,048 hex digits: what `scope_head.digests` is combined with. */
  toHex(): string {
    let text = '';
    for (let number = 0; number < digestBuckets; number += 1) {
      text += this.#buckets.get(number)?.toString() ?? emptyBucket;
    }
    return text;
  }
}

/** The buckets in `scope_head.digests` as PostgreSQL writes it in hex: 32 digits each. */
export function bucketsOf(hex: string): readonly string[] {
  if (hex.length !== hexDigits) throw new Error('The digests of a scope have another length.');
  return Array.from({ length: digestBuckets }, (_unused, number) => hex.slice(number * 32, number * 32 + 32));
}
