import type { CommitNotice } from '#clinic/ports/replica.ts';
import type { RecordId } from '#contracts/ids.ts';
import type { CollectionName } from '#contracts/records/registry.ts';

/** What a transaction did, and how to undo it. */
export class Changes {
  readonly #undo: (() => void)[] = [];
  readonly #records: { collection: CollectionName; id: RecordId }[] = [];
  #outboxChanged = false;
  #settingsChanged = false;
  #hasEnded = false;

  set<Key, Value>(map: Map<Key, Value>, key: Key, value: Value): void {
    this.#check();
    const before = map.get(key);
    const had = map.has(key);
    map.set(key, value);
    this.#undo.push(() => (had && before !== undefined ? map.set(key, before) : map.delete(key)));
  }

  delete<Key, Value>(map: Map<Key, Value>, key: Key): void {
    this.#check();
    const before = map.get(key);
    if (!map.delete(key) || before === undefined) return;
    this.#undo.push(() => map.set(key, before));
  }

  also(undo: () => void): void {
    this.#check();
    this.#undo.push(undo);
  }

  record(collection: CollectionName, id: RecordId): void {
    this.#records.push({ collection, id });
  }

  outbox(): void {
    this.#outboxChanged = true;
  }

  setting(): void {
    this.#settingsChanged = true;
  }

  undo(): void {
    this.#hasEnded = true;
    for (const step of this.#undo.reverse()) step();
  }

  end(): void {
    this.#hasEnded = true;
  }

  notice(): CommitNotice {
    return {
      records: this.#records,
      outboxChanged: this.#outboxChanged,
      settingsChanged: this.#settingsChanged,
    };
  }

  #check(): void {
    if (this.#hasEnded) throw new Error('the transaction has ended');
  }
}
