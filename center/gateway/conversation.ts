import type { ClientMessage } from '#contracts/wire/client-messages.ts';
import type { HeadBook } from '../audit/head-book.ts';
import type { EnrolmentDesk } from '../enrolment.ts';
import type { NewsBus } from '../feed/bus.ts';
import type { DurableReader } from '../feed/durability.ts';
import type { FeedReader } from '../feed/shared-reads.ts';
import type { CenterIdentity } from '../identity.ts';
import type { Applied } from '../ingest/batch.ts';
import type { CheckedOffer } from '../ingest/offered-rows.ts';
import type { Ingest } from '../ingest/push-batch.ts';
import type { Effects } from '../ports.ts';
import type { Database } from '../postgres/database.ts';
import type { KnownHomes } from '../sharing/known-homes.ts';
import type { StaffDesk } from '../staff/staff-keys.ts';
import { answerQuestion, type Question } from './answer-questions.ts';
import { answerVersionOne } from './answer-version-one.ts';
import type { Connection, Stage } from './connection.ts';
import type { DeviceBook } from './device-book.ts';
import { enrol, greet, noteWiped, prove } from './handshake.ts';
import type { Answer, ReadMessage } from './intake.ts';
import type { GatewayLimits } from './limits.ts';
import type { Dictionary } from './packings.ts';

/** What conversations are held with. */
export interface GatewayContext {
  readonly database: Database;
  readonly identity: CenterIdentity;
  readonly ingest: Ingest;
  readonly devices: DeviceBook;
  readonly heads: HeadBook;
  readonly staff: StaffDesk;
  readonly desk: EnrolmentDesk;
  readonly bus: NewsBus;
  readonly durableThrough: DurableReader;
  readonly readFeed: FeedReader;
  readonly homesKnownTo: KnownHomes['of'];
  readonly epoch: () => string;
  readonly effects: Effects;
  readonly limits: GatewayLimits;
  /** Packing dictionaries of this center. */
  readonly dictionaries: () => readonly Dictionary[];
  /** How long a workstation may work without a welcome (WIP-2). */
  readonly offlineLimitMs: number;
  /** False while too many enrolments failed lately. */
  readonly mayEnrol: () => boolean;
  readonly enrolmentFailed: () => void;
}

/** A message of one type. */
export type Message<Type extends ClientMessage['type']> = Extract<ClientMessage, { type: Type }>;
/** The stage of a workstation that proved itself. */
export type Welcomed = Extract<Stage, { kind: 'welcomed' }>;

/**
 * Begins to deal with a message that may have to wait for others: does what needs nothing but the message itself, and returns
 * the rest. So the rows of one offer are checked while PostgreSQL is busy with the offer before.
 */
export function begin(
  { message, spans }: ReadMessage,
  connection: Connection,
  context: GatewayContext,
): Answer {
  const { stage } = connection;
  if (message.type !== 'offer' || stage.kind !== 'welcomed' || stage.protocol === 1) {
    return () => handle(message, connection, context);
  }
  const checked = context.ingest.check(message.rows, spans);
  // Whoever runs the rest hears of a failure; a connection that ends before does not care.
  checked.catch(() => undefined);
  return async (letNext) => {
    const offer = await checked;
    if (offer === undefined) return connection.refuse('sync.unknown-message', false);
    await takeOffer({ batch: message.batch, offer, letNext }, stage, connection, context);
  };
}

/** Answers one message. What does not fit the stage of the connection ends it (docs/specs/center.md GAT-2). */
async function handle(
  message: ClientMessage,
  connection: Connection,
  context: GatewayContext,
): Promise<void> {
  const { stage } = connection;
  if (stage.kind === 'opened' && message.type === 'hello') return await greet(message, connection, context);
  if (stage.kind === 'challenged') {
    if (message.type === 'enrol') return await enrol(message, connection, context);
    if (message.type === 'prove') return await prove(message, stage, connection, context);
  }
  if (stage.kind === 'wiping' && message.type === 'wiped') {
    return await noteWiped(message, stage, connection, context);
  }
  if (stage.kind === 'welcomed') {
    if (message.type === 'confirm-ticket') return await confirmTicket(message, stage, connection, context);
    if (message.type === 'status') return await note(message, stage, connection, context);
    if (stage.protocol === 1) {
      if (message.type === 'push' || message.type === 'pull')
        return await answerVersionOne(message, stage, connection, context);
    } else if (isQuestion(message)) return await answerQuestion(message, stage, connection, context);
  }
  connection.refuse('sync.unknown-message', false);
}

/** Messages that are answered beside the offers. */
export const isQuestion = (message: ClientMessage): message is Question =>
  message.type === 'fetch' || message.type === 'digest' || message.type === 'list';

/** Deals with messages that have no answer of their own, so that they never wait for one. False if it is none of these. */
export function handleAtOnce(message: ClientMessage, connection: Connection): boolean {
  const { stage } = connection;
  if (stage.kind !== 'welcomed' || stage.flows === undefined) return false;
  if (message.type === 'grant') {
    stage.flows.grant(message.flow, message.credit, message.portionBytes, message.isLinkFast);
    return true;
  }
  if (message.type !== 'follow') return false;
  if (message.scope !== stage.scope) connection.refuse('access.forbidden', false);
  else if (!stage.flows.follow(message)) connection.refuse('sync.unknown-message', false);
  return true;
}

async function takeOffer(
  { batch, offer, letNext }: { batch: number; offer: CheckedOffer; letNext: () => void },
  stage: Welcomed,
  connection: Connection,
  context: GatewayContext,
): Promise<void> {
  // Nobody else's connection to PostgreSQL is taken for it.
  const asked = () => {
    if (context.database.waiting() === 0) letNext();
  };
  const outcome = await context.ingest.applyOffer(stage.device, stage.scope, offer, asked);
  if (outcome.kind === 'refused') {
    tellApplied(outcome.applied ?? [], context);
    return connection.refuse(outcome.code, outcome.retry);
  }
  const { at, outcomes } = outcome;
  for (const { scope, from, head } of outcome.own) stage.flows?.passOver(scope, from, head);
  const sent = connection.send({ type: 'outcomes', batch, at, outcomes });
  // What was committed is everybody's news, whether or not this workstation reads its answer.
  tellApplied(outcome.applied, context);
  await sent;
}

/** Tells everyone what a batch wrote. */
export function tellApplied(applied: readonly Applied[], { bus }: GatewayContext): void {
  if (applied.length === 0) bus.publish({ kind: 'page' });
  for (const { scope, from, head, lanes } of applied) {
    bus.publish({ kind: 'head', scope, from, head, lanes: [...lanes] });
  }
}

async function confirmTicket(
  message: Message<'confirm-ticket'>,
  stage: Welcomed,
  connection: Connection,
  context: GatewayContext,
): Promise<void> {
  const confirmed = await context.devices.confirm(stage.device, message.ticket);
  if (confirmed.ok) return;
  const { code } = confirmed.error;
  connection.refuse(code, code === 'sync.proof-refused');
}

/** Before anything it brings is kept, its sender has to be one that may still say something (DEV-1). */
async function note(
  status: Message<'status'>,
  stage: Welcomed,
  connection: Connection,
  context: GatewayContext,
): Promise<void> {
  const { device, scope } = stage;
  const reported = await context.devices.report(device, status);
  if (!reported.ok) return connection.refuse(reported.error.code, false);
  if (status.audit !== undefined && (await context.heads.note(scope, device, status.audit))) {
    context.effects.log(`The audit trail of workstation ${device} is not the one that was told before.`);
  }
  for (const key of status.staffKeys ?? []) await context.staff.addKey(scope, key);
  context.bus.publish({ kind: 'page' });
}
