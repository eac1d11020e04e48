import { randomBytes } from 'node:crypto';
import * as v from 'valibot';
import { WebSocket } from 'ws';
import type { DeviceId, Scope } from '#contracts/ids.ts';
import { lanes } from '#contracts/records/record.ts';
import { ChallengeSchema, WelcomeSchema } from '#contracts/wire/center-messages.ts';
import type { PackingDictionary } from '#sync/client/message-packing.ts';
import { createPacker, type Packer } from '#sync/packing/packer.ts';
import { enrol, type Identity, proofFor } from '#testing/center/wire-client.ts';

/** A workstation's wire without a store: packs, offers, follows, and looks at nothing else. */
export interface LoadClient {
  readonly scope: Scope;
  readonly device: DeviceId;
  /** Packs a message; every packed message has to be sent, in this order. */
  pack(message: unknown): Uint8Array;
  sendPacked(bytes: Uint8Array): void;
  /** Sends the packed offer of that batch number and waits for its outcomes. */
  offer(batch: number, packed: Uint8Array, limitMs?: number): Promise<readonly unknown[]>;
  /** Follows all lanes of its scope from `since`. */
  follow(since: number, isLinkFast?: true): void;
  /** Documents received by the followed flows so far. */
  received(): number;
  /** Resolves with the code when the connection ends. */
  readonly ended: Promise<number>;
  close(): void;
}

/** Portions granted at once, of how many bytes; half of them used up brings as many more. On a fast link what a workstation asks there. */
const usual = { credit: 32, portionBytes: 64 * 1024 };
const fast = { credit: 8, portionBytes: 512 * 1024, isLinkFast: true };
/** As the workstation's transport does; keeps the answer of the center's ping alive by itself. */
const OutcomesSchema = v.object({
  type: v.literal('outcomes'),
  batch: v.number(),
  outcomes: v.array(v.unknown()),
});
const PortionSchema = v.object({
  type: v.literal('portion'),
  flow: v.number(),
  documents: v.array(v.unknown()),
});
const TypedSchema = v.object({ type: v.string() });

/** Enrols with `code`, connects and follows all lanes of its scope from their heads if told to. */
export async function openLoadClient(
  url: string,
  code: string,
  dictionary: PackingDictionary | null,
  follows: boolean,
): Promise<LoadClient> {
  return await connectLoadClient(url, await enrol(url, code), dictionary, follows);
}

/** Connects as an enrolled device. */
export async function connectLoadClient(
  url: string,
  identity: Identity,
  dictionary: PackingDictionary | null,
  follows: boolean,
): Promise<LoadClient> {
  const socket = new WebSocket(url, { perMessageDeflate: false, maxPayload: 8 * 1024 * 1024 });
  const inbox = createInbox(socket);
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  const text = (message: unknown) => socket.send(JSON.stringify(message));
  const dictionaries = dictionary === null ? [] : [dictionary.version];
  text({ type: 'hello', protocol: 2, program: 'load', packings: ['zstd'], dictionaries });
  text(proofFor(identity, v.parse(ChallengeSchema, await inbox.first())));
  const welcome = v.parse(WelcomeSchema, await inbox.first());
  identity.ticket = welcome.ticket;
  const packer = createPacker('zstd', welcome.dictionary == null ? null : (dictionary?.bytes ?? null));
  const client = run(socket, inbox, packer, identity);
  client.sendPacked(client.pack({ type: 'confirm-ticket', ticket: welcome.ticket }));
  if (follows) client.follow(welcome.scopes[0]?.head ?? 0);
  return client;
}

type Inbox = ReturnType<typeof createInbox>;

/** Keeps what arrives until somebody takes it. */
function createInbox(socket: WebSocket) {
  const waiting: Buffer[] = [];
  let take: ((data: Buffer) => void) | undefined;
  socket.on('message', (data: Buffer) => {
    if (take === undefined) waiting.push(data);
    else take(data);
  });
  return {
    /** The next message, which is text. */
    first: () =>
      new Promise<unknown>((resolve, reject) => {
        socket.once('close', () => reject(new Error('the center ended the connection')));
        const given = (data: Buffer) => {
          take = undefined;
          resolve(JSON.parse(data.toString('utf8')));
        };
        const next = waiting.shift();
        if (next === undefined) take = given;
        else given(next);
      }),
    all: (receive: (data: Buffer) => void) => {
      take = receive;
      for (const data of waiting.splice(0)) receive(data);
    },
  };
}

function run(socket: WebSocket, inbox: Inbox, packer: Packer, identity: Identity): LoadClient {
  const offers = new Map<number, (outcomes: readonly unknown[] | Error) => void>();
  const used = new Map<number, number>();
  let received = 0;
  let size: typeof usual | typeof fast = usual;
  const ended = new Promise<number>((resolve) => {
    socket.once('close', (code) => {
      for (const settle of offers.values()) settle(new Error(`the center ended the connection (${code})`));
      resolve(code);
    });
  });
  const send = (bytes: Uint8Array) => socket.send(bytes);
  const grant = (flow: number) => {
    const count = (used.get(flow) ?? 0) + 1;
    used.set(flow, count % (size.credit / 2));
    if (count === size.credit / 2)
      send(packer.pack(JSON.stringify({ type: 'grant', flow, ...size, credit: count })));
  };
  inbox.all((data) => {
    const message: unknown = JSON.parse(packer.unpack(data));
    const { type } = v.parse(TypedSchema, message);
    if (type === 'outcomes') {
      const { batch, outcomes } = v.parse(OutcomesSchema, message);
      offers.get(batch)?.(outcomes);
    } else if (type === 'portion') {
      const { flow, documents } = v.parse(PortionSchema, message);
      received += documents.length;
      grant(flow);
    } else if (type === 'refused') socket.close();
  });
  return {
    scope: identity.scope,
    device: identity.device,
    // The loopback is a fast link, and a workstation packs accordingly.
    pack: (message) => packer.pack(JSON.stringify(message), true),
    sendPacked: send,
    offer: (batch, packed, limitMs = 120_000) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => settle(new Error('no outcomes')), limitMs);
        const settle = (outcomes: readonly unknown[] | Error) => {
          clearTimeout(timer);
          offers.delete(batch);
          if (outcomes instanceof Error) reject(outcomes);
          else resolve(outcomes);
        };
        offers.set(batch, settle);
        send(packed);
      }),
    follow: (since, isLinkFast) => {
      size = isLinkFast === undefined ? usual : fast;
      const { scope } = identity;
      for (const lane of lanes)
        send(packer.pack(JSON.stringify({ type: 'follow', flow: lane, scope, lane, since, ...size })));
    },
    received: () => received,
    ended,
    close: () => socket.close(),
  };
}

/** Bytes for ids of the load. */
export const loadRandom = { bytes: (length: number) => new Uint8Array(randomBytes(length)) };
