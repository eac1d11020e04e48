import type { RecordId, Revision } from '#contracts/ids.ts';
import type { CollectionName } from '#contracts/records/registry.ts';
import type { CenterMessage } from '#contracts/wire/center-messages.ts';
import type { ClientMessage } from '#contracts/wire/client-messages.ts';
import { bucketOf } from '#sync/merge/digest.ts';
import { digestsOf, type ScopeState, versionsOf } from './memory-center-state.ts';

type Question = Extract<ClientMessage, { readonly type: 'fetch' | 'digest' | 'list' }>;

/** Most records in one inventory message; small, so that tests meet several. */
const inventoryRecords = 50;

/** What the center answers about a scope (DIG-1, DIG-3, DIG-4). */
export function answersTo(question: Question, state: ScopeState): readonly CenterMessage[] {
  switch (question.type) {
    case 'digest': {
      const { request, scope } = question;
      return [{ type: 'digests', request, scope, seq: state.head, buckets: digestsOf(state) }];
    }
    case 'fetch':
      return [fetched(question, state)];
    case 'list':
      return inventory(question, state);
  }
}

function fetched(
  { request, records }: Extract<Question, { readonly type: 'fetch' }>,
  { documents }: ScopeState,
): CenterMessage {
  const found = records.map((ref) => ({ ref, document: documents.get(`${ref.collection}/${ref.id}`) }));
  return {
    type: 'fetched',
    request,
    documents: found.flatMap(({ ref: { collection }, document }) =>
      document === undefined ? [] : [{ collection, record: document.record }],
    ),
    absent: found.flatMap(({ ref, document }) => (document === undefined ? [ref] : [])),
  };
}

function inventory(
  { request, bucket }: Extract<Question, { readonly type: 'list' }>,
  { head, documents }: ScopeState,
): readonly CenterMessage[] {
  const records = versionsOf(documents)
    .filter(({ id }) => bucketOf(id) === bucket)
    .map(({ collection, id, rev }): [CollectionName, RecordId, Revision] => [collection, id, rev]);
  const pages = Array.from({ length: Math.max(1, Math.ceil(records.length / inventoryRecords)) }, (_, page) =>
    records.slice(page * inventoryRecords, (page + 1) * inventoryRecords),
  );
  return pages.map((page, index) => ({
    type: 'inventory',
    request,
    seq: head,
    records: page,
    isLast: index === pages.length - 1,
  }));
}
