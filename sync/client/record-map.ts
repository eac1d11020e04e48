import type { RecordId } from '#contracts/ids.ts';
import type { CollectionName } from '#contracts/records/registry.ts';
import type { RecordRef } from './record-key.ts';

/** A value for each of some records. Thousands of rows ask it: unlike `recordKey` it makes no text of its own to look one up. */
export class RecordMap<Value> {
  readonly #byCollection = new Map<CollectionName, Map<RecordId, Value>>();

  get size(): number {
    let size = 0;
    for (const values of this.#byCollection.values()) size += values.size;
    return size;
  }

  get({ collection, id }: RecordRef): Value | undefined {
    return this.#byCollection.get(collection)?.get(id);
  }

  has({ collection, id }: RecordRef): boolean {
    return this.#byCollection.get(collection)?.has(id) === true;
  }

  set({ collection, id }: RecordRef, value: Value): void {
    const values = this.#byCollection.get(collection);
    if (values === undefined) this.#byCollection.set(collection, new Map([[id, value]]));
    else values.set(id, value);
  }

  delete({ collection, id }: RecordRef): void {
    this.#byCollection.get(collection)?.delete(id);
  }

  clear(): void {
    this.#byCollection.clear();
  }

  values(): readonly Value[] {
    return [...this.#byCollection.values()].flatMap((values) => [...values.values()]);
  }
}
