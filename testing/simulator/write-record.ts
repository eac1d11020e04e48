import type { OutboxDraft } from '#clinic/ports/replica.ts';
import type { OperationId, RecordId, Revision } from '#contracts/ids.ts';
import type { AnyRecord, CollectionName } from '#contracts/records/registry.ts';
import { canonicalJson } from '#sync/merge/canonical-json.ts';

/** Fields of which every written value is new in a world, so that an overwrite can be traced to who had seen what. */
export const tracedFields: Readonly<Partial<Record<CollectionName, readonly string[]>>> = {
  patients: ['name', 'phone', 'address', 'voided', 'replacedBy', 'fromLater'],
  visits: ['reason'],
};

/** Lists whose items are only ever added. Written out, so that a wrong merge policy of a record type shows too. */
const itemFields: Readonly<Partial<Record<CollectionName, readonly string[]>>> = {
  patients: ['allergies', 'problems'],
  visits: ['entries', 'signatures'],
  reviews: ['decisions'],
  requests: ['events'],
};

export type Item = Readonly<Record<string, unknown>> & { readonly id: string };

export const fieldsOfItems = (collection: CollectionName): readonly string[] => itemFields[collection] ?? [];

/** Where an item stands, as {@link WriteRecord.hadSeen} takes it. */
export const itemPlace = (field: string, item: string): string => `${field}/${item}`;

export function itemsOf(record: AnyRecord | undefined, field: string): readonly Item[] {
  const items = fieldsOf(record)[field];
  return Array.isArray(items) ? items.filter(isItem) : [];
}

export const itemsById = (record: AnyRecord | undefined, field: string): ReadonlyMap<string, Item> =>
  new Map(itemsOf(record, field).map((item) => [item.id, item]));

const isItem = (value: unknown): value is Item =>
  typeof value === 'object' && value !== null && 'id' in value && typeof value.id === 'string';

/** One durable write of a workstation: an action of a person, or a merge by the exchange. */
export interface DurableWrite extends OutboxDraft {
  /** Name of the machine it was written on. */
  readonly machine: string;
  /** Order of writing in the whole world. */
  readonly order: number;
  readonly isAction: boolean;
}

/** Remembers every durable write of a world, and what its author saw in each traced field before. */
export class WriteRecord {
  readonly #writes = new Map<OperationId, DurableWrite>();
  readonly #asides = new Set<OperationId>();
  /** What authors of a value had seen in its place, by record, field and value. */
  readonly #seenBefore = new Map<string, Set<string>>();

  /** Another operation took its place before the center had it, perhaps (PUSH-13). */
  putAside(op: OperationId): void {
    this.#asides.add(op);
  }

  wasPutAside(op: OperationId): boolean {
    return this.#asides.has(op);
  }

  get size(): number {
    return this.#writes.size;
  }

  all(): Iterable<DurableWrite> {
    return this.#writes.values();
  }

  get(op: OperationId): DurableWrite | undefined {
    return this.#writes.get(op);
  }

  /** Notes a write that is durable on its workstation. `before` is what the author saw. */
  note(draft: OutboxDraft, before: AnyRecord | undefined, machine: string, isAction: boolean): void {
    if (this.#writes.has(draft.op)) throw new Error(`operation ${draft.op} was written twice`);
    this.#writes.set(draft.op, { ...draft, machine, isAction, order: this.#writes.size });
    if (isAction) this.#noteSeen(draft, before);
  }

  #noteSeen({ collection, record }: OutboxDraft, before: AnyRecord | undefined): void {
    for (const field of tracedFields[collection] ?? [])
      this.#noteChange(collection, record.id, field, fieldsOf(before)[field], fieldsOf(record)[field]);
    for (const field of fieldsOfItems(collection)) {
      const was = itemsById(before, field);
      for (const [item, value] of itemsById(record, field))
        this.#noteChange(collection, record.id, itemPlace(field, item), was.get(item), value);
    }
  }

  #noteChange(
    collection: CollectionName,
    id: RecordId,
    place: string,
    before: unknown,
    after: unknown,
  ): void {
    const [was, is] = [textOf(before), textOf(after)];
    if (was === is) return;
    const key = keyOf(collection, id, place, is);
    this.#seenBefore.set(key, (this.#seenBefore.get(key) ?? new Set()).add(was));
  }

  /** Whether whoever wrote `after` into the field, or in the {@link itemPlace}, had seen `before` there, now or earlier in the same line of edits. */
  hadSeen(collection: CollectionName, id: RecordId, field: string, before: unknown, after: unknown): boolean {
    const wanted = textOf(before);
    const reached = new Set<string>();
    const waiting = [textOf(after)];
    for (let text = waiting.pop(); text !== undefined; text = waiting.pop()) {
      if (text === wanted) return true;
      if (reached.has(text)) continue;
      reached.add(text);
      waiting.push(...(this.#seenBefore.get(keyOf(collection, id, field, text)) ?? []));
    }
    return false;
  }
}

/** What is unusual about a version: who wrote it and on what. */
export const describeWrite = ({ op, collection, record, baseRev, machine, isAction }: DurableWrite): string =>
  `${isAction ? 'action' : 'merge'} ${op} on ${machine}: ${collection}/${record.id} ${short(baseRev)} -> ${short(record.rev)}`;

export const short = (rev: Revision | null | undefined): string =>
  rev === null || rev === undefined ? 'nothing' : rev.slice(0, 10);

/** Fields of a record's body by name. */
export const fieldsOf = (record: AnyRecord | undefined): Readonly<Record<string, unknown>> => ({
  ...record?.body,
});

/** JSON text, or a word that is none for a field that is not there: taking a value away is a change like others. */
export const textOf = (value: unknown): string => (value === undefined ? 'nothing' : canonicalJson(value));
const keyOf = (...parts: readonly string[]): string => parts.join('\n');
