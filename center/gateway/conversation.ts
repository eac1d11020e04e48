import type { ClientMessage } from '#contracts/wire/client-messages.ts';
import { oldestProtocolVersion, protocolVersion } from '#contracts/wire/protocol.ts';
import type { EnrolmentDesk } from '../enrolment.ts';
import type { NewsBus } from '../feed/bus.ts';
import type { DurableReader } from '../feed/durability.ts';
import { type PullRequest, readFrame, readScopeHead } from '../feed/pull.ts';
import type { CenterIdentity } from '../identity.ts';
import type { Ingest } from '../ingest/push-batch.ts';
import type { Effects } from '../ports.ts';
import type { Database } from '../postgres/database.ts';
import type { Connection, Stage } from './connection.ts';
import type { DeviceBook } from './device-book.ts';
import type { GatewayLimits } from './limits.ts';

/** What conversations are held with. */
export interface GatewayContext {
  readonly database: Database;
  readonly identity: CenterIdentity;
  readonly ingest: Ingest;
  readonly devices: DeviceBook;
  readonly desk: EnrolmentDesk;
  readonly bus: NewsBus;
  readonly durableThrough: DurableReader;
  readonly epoch: () => string;
  readonly effects: Effects;
  readonly limits: GatewayLimits;
  /** False while too many enrolments failed lately. */
  readonly mayEnrol: () => boolean;
  readonly enrolmentFailed: () => void;
}

type Message<Type extends ClientMessage['type']> = Extract<ClientMessage, { type: Type }>;
type Welcomed = Extract<Stage, { kind: 'welcomed' }>;
type Challenged = Extract<Stage, { kind: 'challenged' }>;

/** Answers one message. What does not fit the stage of the connection ends it (docs/specs/center.md GAT-2). */
export async function handle(
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
  if (stage.kind === 'welcomed') {
    if (message.type === 'confirm-ticket') return await confirmTicket(message, stage, connection, context);
    if (message.type === 'push') return await push(message, stage, connection, context);
    if (message.type === 'pull') return await pull(message, stage, connection, context);
    if (message.type === 'status') return await note(message, stage, context);
  }
  connection.refuse('sync.unknown-message', false);
}

async function greet(
  hello: Message<'hello'>,
  connection: Connection,
  context: GatewayContext,
): Promise<void> {
  if (hello.protocol < oldestProtocolVersion || hello.protocol > protocolVersion) {
    return connection.refuse('sync.protocol-mismatch', false, protocolVersion);
  }
  const nonce = Buffer.from(context.effects.random.bytes(32)).toString('hex');
  const program = hello.program.replaceAll(/\p{C}/gu, ' ');
  connection.stage = { kind: 'challenged', nonce, program };
  await connection.send({ type: 'challenge', protocol: protocolVersion, center: context.identity.id, nonce });
}

async function enrol(
  request: Message<'enrol'>,
  connection: Connection,
  context: GatewayContext,
): Promise<void> {
  if (!context.mayEnrol()) return connection.refuse('sync.overloaded', true);
  const enrolled = await context.desk.enrol(request);
  if (!enrolled.ok) {
    context.enrolmentFailed();
    return connection.refuse(enrolled.error.code, false);
  }
  context.bus.publish({ kind: 'page' });
  await connection.send({ type: 'enrolled', ...enrolled.value, centerKey: context.identity.publicKey });
}

async function prove(
  proof: Message<'prove'>,
  stage: Challenged,
  connection: Connection,
  context: GatewayContext,
): Promise<void> {
  const { identity, devices, bus, database, epoch, effects } = context;
  const admitted = await devices.admit(proof, { ...stage, center: identity.id });
  if (!admitted.ok) {
    const { code } = admitted.error;
    if (code === 'sync.device-cloned') bus.publish({ kind: 'device-out', device: proof.device, code });
    bus.publish({ kind: 'page' });
    return connection.refuse(code, false);
  }
  const { scope, ticket } = admitted.value;
  connection.stage = { kind: 'welcomed', device: proof.device, scope };
  bus.publish({ kind: 'device-in', device: proof.device, connection: connection.id });
  const { head } = await readScopeHead(database, scope);
  const at = effects.clock.now();
  await connection.send({ type: 'welcome', epoch: epoch(), ticket, scopes: [{ scope, head }], at });
  await connection.send({ type: 'durable', scope, seq: await context.durableThrough(scope) });
}

async function confirmTicket(
  message: Message<'confirm-ticket'>,
  stage: Welcomed,
  connection: Connection,
  context: GatewayContext,
): Promise<void> {
  const confirmed = await context.devices.confirm(stage.device, message.ticket);
  if (!confirmed.ok) connection.refuse(confirmed.error.code, true);
}

async function push(
  message: Message<'push'>,
  stage: Welcomed,
  connection: Connection,
  context: GatewayContext,
): Promise<void> {
  const outcome = await context.ingest.push(stage.device, stage.scope, message.rows);
  if (outcome.kind === 'refused') return connection.refuse(outcome.code, outcome.retry);
  await connection.send({ type: 'verdicts', batch: message.batch, verdicts: [...outcome.verdicts] });
  if (outcome.applied.length === 0) return context.bus.publish({ kind: 'page' });
  for (const { scope, from, head, lanes } of outcome.applied) {
    context.bus.publish({ kind: 'head', scope, from, head, lanes: [...lanes] });
  }
}

async function pull(
  request: PullRequest,
  stage: Welcomed,
  connection: Connection,
  context: GatewayContext,
): Promise<void> {
  if (request.scope !== stage.scope) return connection.refuse('access.forbidden', false);
  const frame = await readFrame(context.database, request, context.epoch());
  if (frame !== undefined) await connection.sendText(frame);
}

async function note(status: Message<'status'>, stage: Welcomed, context: GatewayContext): Promise<void> {
  await context.devices.report(stage.device, status);
  context.bus.publish({ kind: 'page' });
}
