import type { RecordId } from '#contracts/ids.ts';
import type { CollectionName } from '#contracts/records/registry.ts';
import { digestBuckets } from '#contracts/wire/protocol.ts';
import { listBucket, readDigests } from '../feed/digests.ts';
import { fetchRecords } from '../feed/fetch-records.ts';
import type { Connection } from './connection.ts';
import type { GatewayContext, Message, Welcomed } from './conversation.ts';

/** What a workstation asks outside the feed. */
export type Question = Message<'fetch' | 'digest' | 'list'>;

const recordsPerInventory = 10_000;
/** How often the digest is read anew because the scope moved on meanwhile. */
const digestAttempts = 3;
const nothing = '0'.repeat(32);

/** Answers a question about the newest versions of a scope (docs/specs/sync.md DIG). */
export async function answerQuestion(
  question: Question,
  stage: Welcomed,
  connection: Connection,
  context: GatewayContext,
): Promise<void> {
  if (question.scope !== stage.scope) return connection.refuse('access.forbidden', false);
  switch (question.type) {
    case 'digest':
      return await answerDigest(question, stage, connection, context);
    case 'list':
      return await answerList(question, connection, context);
    case 'fetch':
      return await answerFetch(question, connection, context);
  }
}

/** The flows are brought to the head first, so that the workstation can tell when it has what the digest is of (FLOW-1). */
async function answerDigest(
  { request, scope }: Message<'digest'>,
  stage: Welcomed,
  connection: Connection,
  { database }: GatewayContext,
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const digests = await readDigests(database, scope);
    await stage.flows?.bringToHead(scope);
    const seq = digests?.seq ?? 0;
    const hasMovedOn = stage.flows?.toldPositions(scope).some((told) => told > seq) === true;
    if (hasMovedOn && attempt < digestAttempts) continue;
    const buckets = digests?.buckets ?? Array.from({ length: digestBuckets }, () => nothing);
    return await connection.send({ type: 'digests', request, scope, seq, buckets: [...buckets] });
  }
}

async function answerList(
  { request, scope, bucket }: Message<'list'>,
  connection: Connection,
  { database }: GatewayContext,
): Promise<void> {
  const { seq, records } = await listBucket(database, scope, bucket);
  for (let first = 0; ; first += recordsPerInventory) {
    const part = records.slice(first, first + recordsPerInventory);
    const isLast = first + recordsPerInventory >= records.length;
    await connection.send({ type: 'inventory', request, seq, records: part, isLast });
    if (isLast) return;
  }
}

/** Bodies go out as the text they came in as. */
async function answerFetch(
  { request, scope, records }: Message<'fetch'>,
  connection: Connection,
  { database }: GatewayContext,
): Promise<void> {
  const found = await fetchRecords(database, scope, records);
  const documents = found.flatMap(({ collection, body }) =>
    body === null ? [] : [`{"collection":"${collection}","record":${body}}`],
  );
  const present = new Set(found.map(keyOf));
  const absent = records.filter((record) => !present.has(keyOf(record)));
  const fields = JSON.stringify({ type: 'fetched', request, absent });
  await connection.sendText(`${fields.slice(0, -1)},"documents":[${documents.join(',')}]}`);
}

const keyOf = ({ collection, id }: { readonly collection: CollectionName; readonly id: RecordId }) =>
  `${collection}/${id}`;
