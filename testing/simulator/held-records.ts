import type { Scope } from '#contracts/ids.ts';
import type { AnyRecord } from '#contracts/records/registry.ts';

/** A version of a record as it stood on a disk. `key`: `collection/id`. */
export interface HeldVersion {
  readonly key: string;
  readonly record: AnyRecord;
}

/** The newest version of each record on one machine's disk, and what of it a restored center has to get back (SIM-17). */
export class HeldRecords {
  readonly #newest = new Map<string, AnyRecord>();
  /** By record and revision. */
  readonly #owed = new Map<string, HeldVersion>();

  /** What is durable on the disk from now on; undefined for a record that was taken off. */
  put(key: string, record: AnyRecord | undefined): void {
    if (record === undefined) this.#newest.delete(key);
    else this.#newest.set(key, record);
  }

  /**
   * The center was restored: what this machine holds now is owed too. Copies are owed by their home, and reference records are
   * the center's own. `uncertain`: records of a transaction of which nobody knows yet whether it is on the disk.
   */
  centerRestored(scope: Scope, uncertain: ReadonlySet<string>): void {
    for (const [key, record] of this.#newest) {
      if (record.scope !== scope || uncertain.has(key) || key.startsWith('reference/')) continue;
      this.#owed.set(`${key}/${record.rev}`, { key, record });
    }
  }

  /** What has returned is owed no more. */
  returned(hasReturned: (held: HeldVersion) => boolean): void {
    for (const [version, held] of this.#owed) if (hasReturned(held)) this.#owed.delete(version);
  }

  /** What it held when the center was restored, if that had not returned when the center was lost again. */
  get owed(): readonly HeldVersion[] {
    return [...this.#owed.values()];
  }

  copy(): HeldRecords {
    const copy = new HeldRecords();
    for (const [key, record] of this.#newest) copy.put(key, record);
    for (const [version, held] of this.#owed) copy.#owed.set(version, held);
    return copy;
  }
}
