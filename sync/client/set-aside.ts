import * as v from 'valibot';
import type { ReplicaReader, ReplicaTransaction } from '#clinic/ports/replica.ts';
import { InstantSchema, ScopeSchema } from '#contracts/ids.ts';
import { LaneSchema } from '#contracts/records/record.ts';
import { CollectionNameSchema } from '#contracts/records/registry.ts';

const settingsKey = 'sync.set-aside';
/** Most documents kept with their content; more are only counted. The center has them all. */
const maxKept = 50;
const maxContentLength = 64 * 1024;

const SetAsideSchema = v.object({
  count: v.number(),
  documents: v.array(
    v.object({
      scope: ScopeSchema,
      lane: LaneSchema,
      seq: v.number(),
      collection: CollectionNameSchema,
      at: InstantSchema,
      paths: v.array(v.string()),
      /** JSON text, if it was not too long. */
      content: v.optional(v.string()),
    }),
  ),
});
type SetAside = v.InferOutput<typeof SetAsideSchema>;
/** A document of the center that this program cannot read. */
export type UnusableDocument = Omit<SetAside['documents'][number], 'content'> & { readonly record: unknown };

const nothing: SetAside = { count: 0, documents: [] };

/** How many documents of the center could not be used so far, and those that were kept. */
export function readSetAside(reader: ReplicaReader): SetAside {
  const text = reader.settings.get(settingsKey);
  return text === undefined ? nothing : v.parse(SetAsideSchema, JSON.parse(text));
}

/** Keeps documents that fit no schema, in the transaction that moves the checkpoint past them (PULL-3, PULL-4). */
export function setAside(transaction: ReplicaTransaction, documents: readonly UnusableDocument[]): void {
  if (documents.length === 0) return;
  const before = readSetAside(transaction);
  const kept = documents.map(({ record, ...rest }) => {
    const content = JSON.stringify(record) ?? '';
    return content.length <= maxContentLength ? { ...rest, content } : rest;
  });
  const after: SetAside = {
    count: before.count + documents.length,
    documents: [...before.documents, ...kept].slice(0, maxKept),
  };
  transaction.settings.set(settingsKey, JSON.stringify(after));
}
