import { frameText } from '../feed/feed-text.ts';
import { type FeedItem, readFeed } from '../feed/read-feed.ts';
import type { Connection } from './connection.ts';
import { type GatewayContext, type Message, tellApplied, type Welcomed } from './conversation.ts';
import { collectionsOf } from './versions.ts';

/** Most bytes of record bodies in one frame. */
const maxFrameBytes = 1_000_000;

/** Answers what only version 1 says. */
export async function answerVersionOne(
  message: Message<'push' | 'pull'>,
  stage: Welcomed,
  connection: Connection,
  context: GatewayContext,
): Promise<void> {
  if (message.type === 'pull') return await pull(message, stage, connection, context);
  const outcome = await context.ingest.push(stage.device, stage.scope, message.rows);
  if (outcome.kind === 'refused') {
    tellApplied(outcome.applied ?? [], context);
    return connection.refuse(outcome.code, outcome.retry);
  }
  const sent = connection.send({ type: 'verdicts', batch: message.batch, verdicts: [...outcome.verdicts] });
  tellApplied(outcome.applied, context);
  await sent;
}

/** One frame, or silence if nothing is new (PULL-1). */
async function pull(
  { scope, lane, since, limit }: Message<'pull'>,
  stage: Welcomed,
  connection: Connection,
  context: GatewayContext,
): Promise<void> {
  if (scope !== stage.scope) return connection.refuse('access.forbidden', false);
  const { items, through, head } = await readFeed(context.database, {
    scope,
    lane,
    since,
    limit,
    bytes: maxFrameBytes,
    collections: collectionsOf(stage.protocol),
    hasWithdrawals: false,
  });
  if (since >= head) return;
  const frame = { epoch: context.epoch(), scope, lane, since, through, head };
  await connection.sendText(frameText(frame, items.filter(isForVersionOne)));
}

/** Version 1 knows facilities as the only kind of reference record. */
function isForVersionOne(item: FeedItem): boolean {
  if ('withdrawn' in item) return false;
  return item.collection !== 'reference' || JSON.parse(item.body).body?.kind === 'facility';
}
