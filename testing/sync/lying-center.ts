import { crc32 } from 'node:zlib';
import * as v from 'valibot';
import { type CenterMessage, CenterMessageSchema } from '#contracts/wire/center-messages.ts';
import { type ClientMessage, ClientMessageSchema } from '#contracts/wire/client-messages.ts';
import { protocolVersion } from '#contracts/wire/protocol.ts';
import { createPacker, type Packer } from '#sync/packing/packer.ts';
import type { Transport, WireMessage } from '#sync/transports/transport.ts';
import type { SeededRandom } from '#testing/district/seeded-random.ts';
import { facility, type SyncWorld } from './sync-world.ts';
import { framed } from './wire-bombs.ts';
import { brokenBytes, brokenText } from './wire-mutations.ts';

/** How far a center speaks as an honest one does; what it says from there on is a lie. */
export type HonestUpTo = 'hello' | 'challenge' | 'welcome' | 'portion';

type MessageOf<Type extends CenterMessage['type']> = Extract<CenterMessage, { readonly type: Type }>;

/** One lie, and what has to come of it: a code that ends the connection, or null if the client is to go on. */
export interface Lie {
  readonly fault: string;
  readonly message: WireMessage;
  readonly code: string | null;
}

export interface LyingCenterParts {
  readonly world: SyncWorld;
  readonly dice: SeededRandom;
  readonly honestUpTo: HonestUpTo;
  readonly packing: 'zstd' | 'deflate' | 'none';
  /** A document of the feed that an honest first portion brings. */
  readonly news: { readonly seq: number; readonly record: unknown };
  /** The first lie after the welcome, instead of one that is thrown. */
  readonly firstLie?: Uint8Array;
  /** A lie is about to be told. */
  readonly speaks: () => void;
  /** The client read a lie; whether that ended the connection is known a moment later. */
  readonly heard: (lie: Lie, hasEnded: () => boolean) => void;
}

const mostLies = 12;
const uuid = '0199b000-0000-7000-8000-000000000001';
const rev = '1-00000000000000000000000000000000';

/** A connection to a center that lies from some moment on. Nothing it says in the end may be believed. */
export function lyingCenter(parts: LyingCenterParts): Transport {
  return new LyingConnection(parts).transport;
}

interface HeldFlow {
  expected: number;
  readonly lane: number;
}

class LyingConnection {
  readonly #parts: LyingCenterParts;
  #receive: (message: WireMessage) => void = () => undefined;
  #closed: () => void = () => undefined;
  #isClosed = false;
  #packer: Packer | undefined;
  /** Reads what this center says, as the client does. */
  #mirror: Packer | undefined;
  #asked: 'hello' | 'prove' | undefined;
  #isWelcomed = false;
  #lies = 0;
  #isLying = false;
  readonly #flows = new Map<number, HeldFlow>();
  #lastFlow = 0;
  readonly #offers = new Map<number, number>();
  readonly #requests = new Set<number>();
  readonly transport: Transport;

  constructor(parts: LyingCenterParts) {
    this.#parts = parts;
    const close = () => this.#close();
    this.transport = {
      unsentBytes: 0,
      send: (message) => {
        if (!this.#isClosed) queueMicrotask(() => this.#hear(message));
      },
      onMessage: (receive) => {
        this.#receive = receive;
      },
      onClose: (closed) => {
        this.#closed = closed;
      },
      close,
    };
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#closed();
  }

  #hear(received: WireMessage): void {
    if (this.#isClosed) return;
    const text = typeof received === 'string' ? received : (this.#packer?.unpack(received) ?? '');
    const message = v.parse(ClientMessageSchema, JSON.parse(text));
    this.#note(message);
    const { honestUpTo } = this.#parts;
    if (message.type === 'hello' && honestUpTo !== 'hello') this.#challenge();
    else if (message.type === 'prove' && honestUpTo !== 'challenge') this.#welcome(message.ticket);
    else if (message.type === 'follow' && honestUpTo === 'portion') this.#portion(message.flow);
    else if (message.type !== 'confirm-ticket') this.#beginToLie();
  }

  #note(message: ClientMessage): void {
    this.#asked = message.type === 'hello' || message.type === 'prove' ? message.type : undefined;
    if (message.type === 'follow') {
      for (const [number, { lane }] of this.#flows) if (lane === message.lane) this.#flows.delete(number);
      this.#flows.set(message.flow, { expected: message.since, lane: message.lane });
      this.#lastFlow = message.flow;
    }
    if (message.type === 'offer') this.#offers.set(message.batch, message.rows.length);
    if (message.type === 'digest' || message.type === 'list' || message.type === 'fetch')
      this.#requests.add(message.request);
  }

  #say(message: CenterMessage): void {
    const text = JSON.stringify(message);
    this.#receive(this.#packed(text));
  }

  /** As it travels; the mirror follows. */
  #packed(text: string): WireMessage {
    if (this.#packer === undefined) return text;
    const bytes = packedOrStored(this.#packer, text);
    if (this.#mirror !== undefined) textOf(this.#mirror, bytes);
    return bytes;
  }

  #challenge(): void {
    const { world, dice } = this.#parts;
    const nonce = Buffer.from(dice.bytes(32)).toString('hex');
    this.#say({ type: 'challenge', protocol: protocolVersion, center: world.center.id, nonce });
  }

  /** The ticket is the one that was shown: for the honest center nothing has happened. */
  #welcome(ticket: string): void {
    const { world, packing } = this.#parts;
    this.#asked = undefined;
    this.#say({
      type: 'welcome',
      epoch: world.center.epoch,
      ticket,
      scopes: [{ scope: facility, head: world.head() }],
      at: world.time.now(),
      packing,
      dictionary: null,
      offlineLimitMs: world.center.offlineLimitMs,
    });
    this.#isWelcomed = true;
    if (packing !== 'none') {
      this.#packer = createPacker(packing, null);
      this.#mirror = createPacker(packing, null);
    }
    if (this.#parts.honestUpTo === 'welcome') this.#beginToLie();
  }

  #portion(number: number): void {
    const { world, news } = this.#parts;
    const flow = this.#flows.get(number);
    if (flow === undefined) return;
    const head = world.head();
    const isNew = flow.lane === 1 && flow.expected < news.seq;
    const documents = isNew ? [{ seq: news.seq, collection: 'patients' as const, record: news.record }] : [];
    const crc = crc32(JSON.stringify(documents));
    const { epoch } = world.center;
    const since = flow.expected;
    flow.expected = head;
    this.#say({ type: 'portion', flow: number, epoch, since, through: head, head, crc, documents });
  }

  #beginToLie(): void {
    if (this.#isLying) return;
    this.#isLying = true;
    this.#lieSoon();
  }

  #lieSoon(): void {
    const { time } = this.#parts.world;
    time.after(1, () => {
      if (this.#isClosed) return;
      if (this.#lies >= mostLies) return this.#close();
      const lie = this.#nextLie();
      this.#lies += 1;
      this.#parts.speaks();
      this.#receive(lie.message);
      time.after(1, () => this.#parts.heard(lie, () => this.#isClosed));
      if (lie.code === null) this.#lieSoon();
    });
  }

  #nextLie(): Lie {
    const { dice, firstLie } = this.#parts;
    if (firstLie !== undefined && this.#lies === 0 && this.#isWelcomed) {
      return { fault: 'bomb', message: firstLie, code: 'sync.unknown-message' };
    }
    if (dice.chance(0.2)) return this.#brokenBytes();
    for (;;) {
      const template = dice.pick(this.#templates());
      const { fault, text } = dice.chance(0.2)
        ? { fault: 'right shape', text: JSON.stringify(template) }
        : brokenText(template, dice);
      const [mended, more] = dice.chance(1 / 2) ? withCrc(text) : [text, ''];
      // As it arrives: half characters become others on the way.
      const arriving = this.#packer === undefined ? mended : Buffer.from(mended).toString('utf8');
      const code = this.#codeOf(arriving);
      if (code === undefined) continue;
      return { fault: fault + more, message: this.#packed(mended), code };
    }
  }

  /** Packed and broken, or as nobody agreed to. */
  #brokenBytes(): Lie {
    const { dice } = this.#parts;
    const text = JSON.stringify({ type: 'hint', scope: facility, head: 4 });
    const code = 'sync.unknown-message';
    if (this.#packer === undefined || this.#mirror === undefined) {
      const packed = createPacker('zstd', null).pack(text);
      return { fault: 'bytes', message: brokenBytes(packed, dice), code };
    }
    if (dice.chance(0.1)) return { fault: 'text', message: text, code };
    const message = brokenBytes(this.#packer.pack(text), dice);
    // A flipped bit of padding means the same, and the hint is taken.
    return { fault: 'bytes', message, code: textOf(this.#mirror, message) === text ? null : code };
  }

  /** What an honest center might say now, of each kind. */
  #templates(): readonly unknown[] {
    const { world, dice } = this.#parts;
    const { epoch } = world.center;
    const at = world.time.now();
    const [batch, rows] = [...this.#offers].at(-1) ?? [1, 1];
    const [flow, { expected: since }] = [...this.#flows].at(dice.integer(0, 3)) ?? [1, { expected: 0 }];
    const request = [...this.#requests].at(-1) ?? 1;
    const position = { epoch, since, through: since + 1, head: since + 1 };
    const document = { seq: since + 1, collection: 'patients', record: this.#parts.news.record };
    const scopes = [{ scope: facility, head: world.head() }];
    const ok = { verdict: 'ok', op: uuid, rev, seq: 1, at };
    return [
      { type: 'challenge', protocol: protocolVersion, center: world.center.id, nonce: '0'.repeat(64) },
      { type: 'welcome', epoch, ticket: '0'.repeat(64), scopes, at, packing: 'zstd', dictionary: null },
      { type: 'wipe', device: uuid, signature: 'A'.repeat(88) },
      { type: 'refused', code: 'sync.overloaded', retry: true },
      { type: 'refused', code: 'sync.device-revoked', retry: false },
      { type: 'verdicts', batch, verdicts: [ok] },
      { type: 'outcomes', batch, at, outcomes: Array.from({ length: rows + dice.integer(-1, 1) }, () => 1) },
      { type: 'outcomes', batch: batch + dice.integer(1, 9), at, outcomes: Array(rows).fill(1) },
      {
        type: 'outcomes',
        batch,
        at,
        outcomes: [{ verdict: 'conflict', record: {} }, ...Array(rows).fill(2)],
      },
      { type: 'frame', ...position, scope: facility, lane: 1, crc: 0, documents: [document] },
      { type: 'portion', flow, ...position, crc: 0, documents: [document] },
      { type: 'portion', flow, ...position, epoch: uuid, crc: 0, documents: [document] },
      { type: 'portion', flow, ...position, since: since + 1, crc: 0, documents: [] },
      { type: 'portion', flow: flow + 4, ...position, crc: 0, documents: [document, document] },
      { type: 'portion', flow, ...position, crc: 0, documents: [document, document] },
      {
        type: 'portion',
        flow,
        ...position,
        crc: 0,
        documents: [{ ...document, withdrawn: uuid, seq: since }],
      },
      {
        type: 'fetched',
        request: request + 1,
        documents: [{ collection: 'patients', record: {} }],
        absent: [],
      },
      { type: 'digests', request, scope: facility, seq: 1, buckets: Array(64).fill('0'.repeat(32)) },
      { type: 'inventory', request: request + 1, seq: 1, records: [['patients', uuid, rev]], isLast: true },
      { type: 'hint', scope: facility, head: 4 },
      { type: 'durable', scope: facility, seq: 2 },
    ];
  }

  /** What has to come of it; undefined for what a client has to believe, because an honest center might say it. */
  #codeOf(text: string): string | null | undefined {
    const unknown = 'sync.unknown-message';
    const message = parsed(text);
    if (message === undefined) return unknown;
    switch (message.type) {
      case 'refused':
        return message.code;
      case 'hint':
      case 'durable':
        return null;
      case 'portion':
        return this.#codeOfPortion(message);
      case 'challenge':
        return this.#asked === 'hello' ? this.#codeOfChallenge(message) : unknown;
      case 'welcome':
        return this.#asked === 'prove' ? undefined : unknown;
      case 'outcomes':
        return this.#offers.get(message.batch) === message.outcomes.length ? undefined : unknown;
      case 'fetched':
      case 'digests':
      case 'inventory':
        return this.#requests.has(message.request) ? undefined : unknown;
      default:
        return unknown;
    }
  }

  #codeOfChallenge({ protocol, center }: MessageOf<'challenge'>): string | undefined {
    if (protocol !== protocolVersion) return 'sync.protocol-mismatch';
    return center === this.#parts.world.center.id ? undefined : 'sync.device-unknown';
  }

  #codeOfPortion(portion: MessageOf<'portion'>): string | null | undefined {
    const flow = this.#flows.get(portion.flow);
    // The number of a flow that another one took the place of.
    const isFormer = this.#isWelcomed && portion.flow <= this.#lastFlow;
    if (flow === undefined) return isFormer ? null : 'sync.unknown-message';
    const { epoch, since, through, head, documents } = portion;
    const ends = [since, ...documents.map(({ seq }) => seq)];
    const isAscending = ends.every((seq, index) => index === 0 || seq > (ends[index - 1] ?? 0));
    const fits =
      epoch === this.#parts.world.center.epoch &&
      since === flow.expected &&
      isAscending &&
      (ends.at(-1) ?? 0) <= through &&
      through <= head;
    return fits ? undefined : 'sync.unknown-message';
  }
}

/** Undefined for what does not unpack. */
function textOf(packer: Packer, message: Uint8Array): string | undefined {
  try {
    return packer.unpack(message);
  } catch {
    return undefined;
  }
}

function packedOrStored(packer: Packer, text: string): Uint8Array {
  try {
    return packer.pack(text);
  } catch {
    const utf8 = Buffer.from(text);
    return framed(0, utf8, utf8);
  }
}

const WithDocuments = v.looseObject({ documents: v.array(v.unknown()), crc: v.unknown() });

/** The same with a checksum that fits, so that what is behind that check is looked at. */
function withCrc(text: string): readonly [text: string, more: string] {
  const message = v.safeParse(WithDocuments, parsedJson(text));
  if (!message.success) return [text, ''];
  const { documents } = message.output;
  return [
    JSON.stringify({ ...message.output, crc: crc32(JSON.stringify(documents)) }),
    ' under its checksum',
  ];
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A message of the protocol whose checksum fits. */
function parsed(text: string): CenterMessage | undefined {
  const raw = parsedJson(text);
  const message = v.safeParse(CenterMessageSchema, raw);
  if (!message.success) return undefined;
  const { output } = message;
  if (output.type !== 'portion' && output.type !== 'frame') return output;
  const documents = JSON.stringify(v.parse(WithDocuments, raw).documents);
  return crc32(documents) === output.crc ? output : undefined;
}
