import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import * as v from 'valibot';
import { type RawData, WebSocket } from 'ws';
import { rawPublicKey } from '#center/identity.ts';
import type { DeviceId, Scope } from '#contracts/ids.ts';
import { type CenterMessage, CenterMessageSchema } from '#contracts/wire/center-messages.ts';
import { proofPreamble } from '#contracts/wire/protocol.ts';
import type { Packer } from '#sync/packing/packer.ts';

/** What a workstation keeps between connections. */
export interface Identity {
  readonly key: KeyObject;
  readonly device: DeviceId;
  readonly scope: Scope;
  ticket: string;
}

export type MessageOf<Type extends CenterMessage['type']> = Extract<CenterMessage, { type: Type }>;

/** One raw connection to a center: sends anything, keeps everything that came. */
export interface WireClient {
  send(message: unknown): void;
  /** Sends a text as a message is sent: packed, if that was agreed. */
  sendText(text: string): void;
  sendRaw(data: string | Buffer): void;
  /** The next message of that type, in order; rejects when the connection closes or after `waitMs`. */
  next<Type extends CenterMessage['type']>(type: Type, waitMs?: number): Promise<MessageOf<Type>>;
  /** Messages that came and were not asked for yet. */
  readonly waiting: readonly CenterMessage[];
  readonly closed: Promise<number>;
  /** Hears every message the moment it comes. */
  onMessage(told: (message: CenterMessage) => void): void;
  /** From now on every message of both directions is packed. */
  packWith(packer: Packer): void;
  /** Stops reading from the socket. */
  pause(): void;
  resume(): void;
  close(): Promise<void>;
}

/** Opens a connection; nothing is sent by itself. */
export async function openWire(url: string): Promise<WireClient> {
  const socket = new WebSocket(url, { maxPayload: 32 * 1024 * 1024 });
  const waiting: CenterMessage[] = [];
  const wakeUps = new Set<() => void>();
  const wakeAll = () => {
    for (const wake of wakeUps) wake();
  };
  let packer: Packer | undefined;
  let hear: (message: CenterMessage) => void = () => undefined;
  const textOf = (data: RawData, isBinary: boolean) => {
    if (isBinary !== (packer !== undefined)) throw new Error('packed as was not agreed');
    const bytes = Buffer.isBuffer(data) ? data : Buffer.from(data.toString());
    return packer === undefined ? bytes.toString('utf8') : packer.unpack(bytes);
  };
  socket.on('message', (data, isBinary) => {
    const message = v.parse(CenterMessageSchema, JSON.parse(textOf(data, isBinary)));
    hear(message);
    waiting.push(message);
    wakeAll();
  });
  const closed = new Promise<number>((resolve) => socket.on('close', (code) => resolve(code)));
  void closed.then(wakeAll);
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  socket.on('error', () => undefined);
  const take = <Type extends CenterMessage['type']>(type: Type): MessageOf<Type> | undefined => {
    const isWanted = (message: CenterMessage): message is MessageOf<Type> => message.type === type;
    const found = waiting.find(isWanted);
    if (found !== undefined) waiting.splice(waiting.indexOf(found), 1);
    return found;
  };
  const sendText = (text: string) => socket.send(packer === undefined ? text : packer.pack(text));
  return {
    send: (message) => sendText(JSON.stringify(message)),
    sendText,
    onMessage: (told) => {
      hear = told;
    },
    packWith: (chosen) => {
      packer = chosen;
    },
    sendRaw: (data) => socket.send(data),
    next: (type, waitMs = 10_000) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => finish(new Error(`no ${type} within ${waitMs} ms`)), waitMs);
        const finish = (outcome: MessageOf<typeof type> | Error) => {
          clearTimeout(timer);
          wakeUps.delete(look);
          if (outcome instanceof Error) reject(outcome);
          else resolve(outcome);
        };
        const look = () => {
          const found = take(type);
          if (found !== undefined) finish(found);
          else if (socket.readyState === socket.CLOSED) {
            finish(
              new Error(
                `closed before ${type}; came: ${waiting.map((message) => JSON.stringify(message).slice(0, 200))}`,
              ),
            );
          }
        };
        wakeUps.add(look);
        look();
      }),
    waiting,
    closed,
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    close: async () => {
      socket.close();
      setTimeout(() => socket.terminate(), 500).unref();
      await closed;
    },
  };
}

/** Says hello in version 1 and waits for the challenge. */
export async function greet(client: WireClient): Promise<MessageOf<'challenge'>> {
  client.send({ type: 'hello', protocol: 1, program: 'wire client' });
  return await client.next('challenge');
}

/** A new Ed25519 key and its raw public half, base64. */
export function newKey(): { readonly key: KeyObject; readonly publicKey: string } {
  const { privateKey } = generateKeyPairSync('ed25519');
  return { key: privateKey, publicKey: rawPublicKey(privateKey).toString('base64') };
}

/** A copy of a key, as on a cloned disk. */
export const copyKey = (key: KeyObject): KeyObject =>
  createPrivateKey(key.export({ format: 'pem', type: 'pkcs8' }));

/** Enrols a new workstation and closes the connection. */
export async function enrol(url: string, code: string, label = 'test'): Promise<Identity> {
  const client = await openWire(url);
  try {
    await greet(client);
    const { key, publicKey } = newKey();
    client.send({ type: 'enrol', code, publicKey, label });
    const { device, scope, ticket } = await client.next('enrolled');
    return { key, device, scope, ticket };
  } finally {
    await client.close();
  }
}

/** The `prove` message for a challenge. */
export function proofFor(identity: Identity, challenge: MessageOf<'challenge'>) {
  const { device, ticket } = identity;
  const text = [proofPreamble, challenge.nonce, device, challenge.center, ticket].join('\n');
  const signature = sign(null, Buffer.from(text, 'utf8'), identity.key).toString('base64');
  return { type: 'prove', device, ticket, signature } as const;
}

/** A connection that was welcomed, and the welcome. */
export interface WelcomedClient extends WireClient {
  readonly welcome: MessageOf<'welcome'>;
  /** Pushes rows and waits for their verdicts. */
  push(rows: readonly unknown[], waitMs?: number): Promise<MessageOf<'verdicts'>['verdicts']>;
  pull(lane: number, since: number, limit?: number): Promise<MessageOf<'frame'>>;
}

/** Connects as `identity`, takes the new ticket and, unless told otherwise, confirms it. */
export async function connect(url: string, identity: Identity, confirms = true): Promise<WelcomedClient> {
  const client = await openWire(url);
  client.send(proofFor(identity, await greet(client)));
  const welcome = await client.next('welcome');
  identity.ticket = welcome.ticket;
  if (confirms) client.send({ type: 'confirm-ticket', ticket: welcome.ticket });
  let batch = 0;
  return {
    ...client,
    welcome,
    push: async (rows, waitMs) => {
      batch += 1;
      client.send({ type: 'push', batch, rows });
      const answer = await client.next('verdicts', waitMs);
      if (answer.batch !== batch) throw new Error(`verdicts of batch ${answer.batch} instead of ${batch}`);
      return answer.verdicts;
    },
    pull: async (lane, since, limit = 500) => {
      client.send({ type: 'pull', scope: identity.scope, lane, since, limit });
      return await client.next('frame');
    },
  };
}

/** The code of the refusal that answers a proof. */
export async function refusalOf(url: string, identity: Identity): Promise<string> {
  const client = await openWire(url);
  client.send(proofFor(identity, await greet(client)));
  const refused = await client.next('refused');
  await client.closed;
  return refused.code;
}

/** 64 hex digits that are nobody's ticket. */
export const strangeTicket = () => randomBytes(32).toString('hex');
