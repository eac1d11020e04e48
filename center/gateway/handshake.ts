import type { DeviceId, Scope } from '#contracts/ids.ts';
import type { CenterMessage } from '#contracts/wire/center-messages.ts';
import { oldestProtocolVersion, protocolVersion, wipePreamble } from '#contracts/wire/protocol.ts';
import { describeFailure } from '../describe-failure.ts';
import { readScopeHead } from '../feed/read-feed.ts';
import { durableMessages } from './announcements.ts';
import type { Connection, Stage } from './connection.ts';
import type { GatewayContext, Message } from './conversation.ts';
import { Flows } from './flows.ts';
import { choosePacking } from './packings.ts';
import { collectionsOf } from './versions.ts';

type Challenged = Extract<Stage, { kind: 'challenged' }>;
type Wiping = Extract<Stage, { kind: 'wiping' }>;
type Welcome = Extract<CenterMessage, { type: 'welcome' }>;

/** Answers `hello` in the workstation's version, if it is served (VER-2). */
export async function greet(
  hello: Message<'hello'>,
  connection: Connection,
  context: GatewayContext,
): Promise<void> {
  const { protocol } = hello;
  if (protocol < oldestProtocolVersion || protocol > protocolVersion) {
    return connection.refuse('sync.protocol-mismatch', false, protocolVersion);
  }
  const nonce = Buffer.from(context.effects.random.bytes(32)).toString('hex');
  const program = hello.program.replaceAll(/\p{C}/gu, ' ');
  const packings = { packings: hello.packings ?? [], dictionaries: hello.dictionaries ?? [] };
  connection.stage = { kind: 'challenged', protocol, nonce, program, packings };
  await connection.send({ type: 'challenge', protocol, center: context.identity.id, nonce });
}

/** Answers `enrol`. */
export async function enrol(
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

/** Answers `prove`: a welcome, an order to erase, or a refusal. */
export async function prove(
  proof: Message<'prove'>,
  stage: Challenged,
  connection: Connection,
  context: GatewayContext,
): Promise<void> {
  const { identity, devices, bus } = context;
  const { device } = proof;
  const admitted = await devices.admit(proof, { ...stage, center: identity.id });
  if (!admitted.ok) {
    const { code } = admitted.error;
    if (code === 'sync.device-cloned') bus.publish({ kind: 'device-out', device, code });
    bus.publish({ kind: 'page' });
    return connection.refuse(code, false);
  }
  if (admitted.value.kind === 'wipe') return await orderToErase(device, stage, connection, context);
  await welcome({ device, ...admitted.value }, stage, connection, context);
}

/** The order names the nonce of this connection, so that it cannot be played again (WIP-1). */
async function orderToErase(
  device: DeviceId,
  { nonce }: Challenged,
  connection: Connection,
  { identity }: GatewayContext,
): Promise<void> {
  connection.stage = { kind: 'wiping', device };
  const signature = identity.sign([wipePreamble, device, nonce].join('\n'));
  await connection.send({ type: 'wipe', device, signature });
}

/** The workstation says that nothing is left on it. */
export async function noteWiped(
  { device }: Message<'wiped'>,
  stage: Wiping,
  connection: Connection,
  { devices, bus }: GatewayContext,
): Promise<void> {
  if (device !== stage.device) return connection.refuse('sync.unknown-message', false);
  await devices.confirmWiped(device);
  bus.publish({ kind: 'page' });
  connection.close();
}

interface Admitted {
  readonly device: DeviceId;
  readonly scope: Scope;
  readonly ticket: string;
}

async function welcome(
  { device, scope, ticket }: Admitted,
  { protocol, packings }: Challenged,
  connection: Connection,
  context: GatewayContext,
): Promise<void> {
  const { bus, database, epoch, effects, offlineLimitMs } = context;
  connection.stage = { kind: 'admitted', device };
  bus.publish({ kind: 'device-in', device, connection: connection.id });
  const { head } = await readScopeHead(database, scope);
  const watermarks = await durableMessages(scope, context);
  const kept = protocol >= 3 ? await context.heads.newest(scope, device) : null;
  const message: Welcome = {
    type: 'welcome',
    epoch: epoch(),
    ticket,
    scopes: [{ scope, head }],
    at: effects.clock.now(),
    ...(kept === null ? {} : { audit: kept }),
  };
  if (protocol === 1) {
    connection.stage = { kind: 'welcomed', protocol, device, scope, flows: undefined };
    connection.sendNow(JSON.stringify(message));
  } else {
    const chosen = choosePacking(packings, context.dictionaries());
    connection.stage = {
      kind: 'welcomed',
      protocol,
      device,
      scope,
      flows: flowsOver(connection, protocol, context),
    };
    const { packing, dictionary } = chosen;
    connection.sendNow(JSON.stringify({ ...message, packing, dictionary, offlineLimitMs } satisfies Welcome));
    // The welcome itself is text; everything after it is packed as it says.
    if (chosen.packer !== undefined) connection.packWith(chosen.packer);
  }
  for (const watermark of watermarks) connection.sendNow(JSON.stringify(watermark));
}

function flowsOver(connection: Connection, protocol: number, context: GatewayContext): Flows {
  const { readFeed, epoch, limits, effects } = context;
  return new Flows({
    readFeed,
    epoch,
    collections: collectionsOf(protocol),
    line: {
      get hasRoom() {
        return connection.isOpen && connection.unsentBytes <= limits.aheadBytes;
      },
      send: connection.sendUtf8,
      failed: (error) => {
        effects.log(`Reading a feed failed: ${describeFailure(error)}`);
        connection.refuse('internal.failure', true);
      },
    },
  });
}
