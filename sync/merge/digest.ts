import { hash } from 'node:crypto';
import type { RecordId, Revision } from '#contracts/ids.ts';
import type { CollectionName } from '#contracts/records/registry.ts';
import { digestBuckets } from '#contracts/wire/protocol.ts';

/**
 * The digest of a set of records: the exclusive or of the first 128 bits of SHA-256 over collection, LF, id, LF, revision of
 * each (docs/specs/sync.md DIG-1). Adding a record twice takes it out again. Finds accidents, not forgers.
 */
export class RecordDigest {
  readonly #words = new Uint32Array(4);

  toggle(collection: CollectionName, id: RecordId, rev: Revision): void {
    // As hex it takes half the time: no buffer is made.
    const digest = hash('sha256', `${collection}\n${id}\n${rev}`, 'hex');
    for (let word = 0; word < 4; word += 1) {
      this.#words[word] =
        (this.#words[word] ?? 0) ^ Number.parseInt(digest.slice(word * 8, word * 8 + 8), 16);
    }
  }

  /** 32 lower-case hex digits. */
  toString(): string {
    return [...this.#words].map((word) => word.toString(16).padStart(8, '0')).join('');
  }
}

/** The bucket a record is compared in: the last byte of its id, which is random, modulo the number of buckets. */
export const bucketOf = (id: RecordId): number => Number.parseInt(id.slice(-2), 16) % digestBuckets;
