import * as v from 'valibot';
import type { Clock, Random, Timers } from '#clinic/ports/clock.ts';
import type { DeviceId, RecordId, Revision, Scope } from '#contracts/ids.ts';
import type { CollectionName } from '#contracts/records/registry.ts';
import type { CenterMessage } from '#contracts/wire/center-messages.ts';
import { type ClientMessage, ClientMessageSchema } from '#contracts/wire/client-messages.ts';
import { oldestProtocolVersion, protocolVersion } from '#contracts/wire/protocol.ts';
import type { PackingChoice } from '#sync/client/message-packing.ts';
import { wipeText } from '#sync/client/wipe-order.ts';
import type { Ticket } from '#sync/device-identity.ts';
import type { Transport, WireMessage } from '#sync/transports/transport.ts';
import { uuidV7 } from '#sync/uuid-v7.ts';
import type { Challenged, Connection, Welcomed } from './memory-center-connection.ts';
import { deviceOf, MemoryDevices } from './memory-center-devices.ts';
import { MemoryFlows } from './memory-center-flows.ts';
import { judgeOffered, judgePushed, type Moods, placeDocument } from './memory-center-ingest.ts';
import { choosePacking, textOf } from './memory-center-packing.ts';
import { answersTo } from './memory-center-questions.ts';
import {
  type CenterState,
  type Device,
  type HistoryEntry,
  hex,
  parseJson,
  type Refusal,
  readFrame,
  restored,
  type ScopeState,
} from './memory-center-state.ts';

type MessageOf<Type extends ClientMessage['type']> = Extract<ClientMessage, { readonly type: Type }>;

/**
 * The center by the letter of contracts/wire and docs/specs/sync.md, in memory, one message at a time. Everything it takes
 * is durable at once. {@link backUp} and {@link restore} play the loss of its newest writes.
 */
export class MemoryCenter {
  readonly id: string;
  readonly moods: Moods = { isRefused: () => false, putOff: () => 'no' };
  readonly statuses = new Map<DeviceId, MessageOf<'status'>>();
  /** Newest and oldest version it speaks; tests of VER-2 change them. */
  protocol = protocolVersion;
  oldestProtocol = oldestProtocolVersion;
  /** How it packs; without it messages stay text. */
  packing: PackingChoice | undefined;
  offlineLimitMs = 90 * 24 * 60 * 60_000;
  readonly #time: Clock & Timers;
  readonly #random: Random;
  readonly #devices: MemoryDevices;
  readonly #connections = new Set<Connection>();
  #state: CenterState;

  constructor(time: Clock & Timers, random: Random) {
    this.#time = time;
    this.#random = random;
    this.id = uuidV7(time.now(), random);
    this.#devices = new MemoryDevices(this.id, random);
    this.#state = {
      epoch: uuidV7(time.now(), random),
      devices: new Map(),
      codes: new Map(),
      scopes: new Map(),
      pushLog: new Map(),
      quarantine: [],
    };
  }

  get epoch(): string {
    return this.#state.epoch;
  }

  /** Takes a new connection. */
  accept(transport: Transport): void {
    const flows = new MemoryFlows({
      epoch: () => this.#state.epoch,
      scope: (scope) => this.#scope(scope),
      send: (message) => this.#send(connection, message),
      unsentBytes: () => transport.unsentBytes,
      later: (run) => {
        this.#time.after(20, () => {
          if (this.#connections.has(connection)) run();
        });
      },
    });
    const connection: Connection = { transport, flows, stage: { kind: 'opened' }, packer: undefined };
    this.#connections.add(connection);
    transport.onClose(() => this.#connections.delete(connection));
    transport.onMessage((message) => this.#receive(connection, message));
  }

  /** Ends every connection; what is durable stays. */
  restart(): void {
    for (const { transport } of this.#connections) transport.close();
    this.#connections.clear();
  }

  /** A backup: everything as it is now. */
  backUp(): CenterState {
    return structuredClone(this.#state);
  }

  /**
   * Puts a backup back under a new epoch. What came after it is gone; the tickets of that time mean nothing. An operator
   * may forget the new epoch.
   */
  restore(backup: CenterState, isEpochForgotten = false): void {
    const epoch = isEpochForgotten ? this.#state.epoch : uuidV7(this.#time.now(), this.#random);
    this.#state = restored(backup, epoch);
    this.restart();
  }

  /** Makes an enrolment code for a facility. */
  issueCode(scope: Scope): string {
    const code = this.#devices.issueCode(this.#state, scope);
    this.#scope(scope);
    return code;
  }

  revoke(device: DeviceId): void {
    this.#device(device).isRevoked = true;
    for (const connection of this.#connections) {
      const { stage } = connection;
      if (stage.kind === 'welcomed' && stage.device === device)
        this.#refuse(connection, 'sync.device-revoked', false);
    }
  }

  /** Has the device erase its records when it comes next (WIP-1). */
  orderWipe(device: DeviceId): void {
    this.#device(device).wipe = 'ordered';
  }

  isWiped(device: DeviceId): boolean {
    return this.#device(device).wipe === 'done';
  }

  isCloned(device: DeviceId): boolean {
    return this.#device(device).isCloned;
  }

  /** Declares everything a scope holds safely backed up, and says so. */
  declareDurable(scope: Scope): void {
    const state = this.#scope(scope);
    state.durable = state.head;
    this.#tellScope(scope, { type: 'durable', scope, seq: state.durable });
  }

  head(scope: Scope): number {
    return this.#scope(scope).head;
  }

  /** Newest versions of a scope, by `collection/id`. */
  documents(scope: Scope): ReadonlyMap<string, { readonly rev: Revision; readonly record: unknown }> {
    return this.#scope(scope).documents;
  }

  history(scope: Scope): readonly HistoryEntry[] {
    return this.#scope(scope).history;
  }

  quarantine(): readonly { readonly device: DeviceId; readonly row: unknown }[] {
    return this.#state.quarantine;
  }

  /** Puts a document into the feed as it is, readable or not, as a center of another version might. */
  plant(scope: Scope, collection: CollectionName, id: RecordId, rev: Revision, record: unknown): void {
    placeDocument(this.#scope(scope), { collection, id, rev, record }, this.#time.now());
    this.#tellNews(scope);
  }

  /** The record belongs to the scope no more (SHR-6). */
  withdraw(scope: Scope, collection: CollectionName, id: RecordId): void {
    const state = this.#scope(scope);
    if (!state.documents.delete(`${collection}/${id}`)) return;
    state.head += 1;
    state.feed.push({ seq: state.head, lane: 1, collection, id, rev: null });
    this.#tellNews(scope);
  }

  /** Loses or alters what it holds without anybody noticing: no position is taken. */
  corrupt(scope: Scope, change: (documents: ScopeState['documents']) => void): void {
    change(this.#scope(scope).documents);
  }

  /** Sends any text to every connected device. */
  say(text: string): void {
    for (const { transport, packer } of this.#connections) transport.send(packer?.pack(text) ?? text);
  }

  #receive(connection: Connection, received: WireMessage): void {
    if (!this.#connections.has(connection)) return;
    const text = textOf(connection.packer, received);
    const message = v.safeParse(ClientMessageSchema, text === undefined ? undefined : parseJson(text));
    if (!message.success) this.#refuse(connection, 'sync.unknown-message', false);
    else this.#handle(connection, message.output);
  }

  #handle(connection: Connection, message: ClientMessage): void {
    const { stage } = connection;
    if (stage.kind === 'opened' && message.type === 'hello') this.#greet(connection, message);
    else if (stage.kind === 'challenged' && message.type === 'enrol') this.#enrol(connection, message);
    else if (stage.kind === 'challenged' && message.type === 'prove') this.#prove(connection, stage, message);
    else if (stage.kind === 'wiping' && message.type === 'wiped') this.#wiped(connection, stage.device);
    else if (stage.kind === 'welcomed') this.#serve(connection, stage, message);
    else this.#refuse(connection, 'sync.unknown-message', false);
  }

  #serve(connection: Connection, stage: Welcomed, message: ClientMessage): void {
    if ('scope' in message && message.scope !== stage.scope) {
      this.#refuse(connection, 'access.forbidden', false);
      return;
    }
    if (message.type === 'confirm-ticket') this.#confirm(connection, stage.device, message.ticket);
    else if (message.type === 'status') this.statuses.set(stage.device, message);
    else if (stage.version >= 2) this.#serveNew(connection, stage, message);
    else if (message.type === 'push') this.#push(connection, stage, message);
    else if (message.type === 'pull') this.#pull(connection, message);
    else this.#refuse(connection, 'sync.unknown-message', false);
  }

  /** Version 2. */
  #serveNew(connection: Connection, stage: Welcomed, message: ClientMessage): void {
    switch (message.type) {
      case 'offer':
        this.#offer(connection, stage, message);
        break;
      case 'follow':
        connection.flows.follow(message);
        break;
      case 'grant':
        connection.flows.grant(message);
        break;
      case 'fetch':
      case 'digest':
      case 'list':
        this.#answer(connection, message);
        break;
      default:
        this.#refuse(connection, 'sync.unknown-message', false);
    }
  }

  #greet(connection: Connection, hello: MessageOf<'hello'>): void {
    if (hello.protocol < this.oldestProtocol || hello.protocol > this.protocol) {
      this.#refuse(connection, 'sync.protocol-mismatch', false, this.protocol);
      return;
    }
    const nonce = hex(this.#random.bytes(32));
    connection.stage = { kind: 'challenged', nonce, hello };
    this.#send(connection, { type: 'challenge', protocol: hello.protocol, center: this.id, nonce });
  }

  #enrol(connection: Connection, message: MessageOf<'enrol'>): void {
    const enrolled = this.#devices.enrol(this.#state, message, this.#time.now());
    if (typeof enrolled === 'string') this.#refuse(connection, enrolled, false);
    else this.#send(connection, enrolled);
  }

  #prove(connection: Connection, { nonce, hello }: Challenged, proof: MessageOf<'prove'>): void {
    const device = this.#state.devices.get(proof.device);
    const refusal =
      device === undefined ? 'sync.device-unknown' : this.#devices.refusalOf(device, nonce, proof);
    if (device === undefined || refusal !== undefined) {
      this.#refuse(connection, refusal ?? 'sync.device-unknown', false);
      return;
    }
    if (device.wipe !== 'no') {
      connection.stage = { kind: 'wiping', device: proof.device };
      const signature = this.#devices.sign(wipeText(proof.device, nonce));
      this.#send(connection, { type: 'wipe', device: proof.device, signature });
      return;
    }
    device.confirmed = proof.ticket;
    device.offered = this.#devices.newTicket();
    this.#welcome(connection, proof.device, device.scope, device.offered, hello);
  }

  #wiped(connection: Connection, id: DeviceId): void {
    const device = this.#device(id);
    device.wipe = 'done';
    device.isRevoked = true;
    connection.transport.close();
  }

  #welcome(
    connection: Connection,
    device: DeviceId,
    scope: Scope,
    ticket: Ticket,
    hello: MessageOf<'hello'>,
  ): void {
    for (const other of this.#connections) {
      if (other.stage.kind === 'welcomed' && other.stage.device === device) other.transport.close();
    }
    connection.stage = { kind: 'welcomed', device, scope, version: hello.protocol };
    const { head, durable } = this.#scope(scope);
    const { epoch } = this.#state;
    const { packing, dictionary, packer } = choosePacking(this.packing, hello);
    const { offlineLimitMs } = this;
    const isNew = hello.protocol >= 2;
    this.#send(connection, {
      type: 'welcome',
      epoch,
      ticket,
      scopes: [{ scope, head }],
      at: this.#time.now(),
      ...(isNew ? { packing, dictionary, offlineLimitMs } : {}),
    });
    if (isNew) connection.packer = packer;
    this.#send(connection, { type: 'durable', scope, seq: durable });
  }

  #confirm(connection: Connection, id: DeviceId, ticket: Ticket): void {
    if (!this.#devices.confirm(this.#device(id), ticket)) {
      this.#refuse(connection, 'sync.proof-refused', true);
    }
  }

  #push(connection: Connection, stage: Welcomed, push: MessageOf<'push'>): void {
    const before = this.#scope(stage.scope).head;
    const judge = judgePushed(this.#state, this.#scope(stage.scope), stage, this.moods, this.#time.now());
    this.#send(connection, { type: 'verdicts', batch: push.batch, verdicts: push.rows.map(judge) });
    if (this.#scope(stage.scope).head > before) this.#tellNews(stage.scope);
  }

  #offer(connection: Connection, stage: Welcomed, offer: MessageOf<'offer'>): void {
    const before = this.#scope(stage.scope).head;
    const at = this.#time.now();
    const judge = judgeOffered(this.#state, this.#scope(stage.scope), stage, this.moods, at);
    const judged = offer.rows.map(judge);
    for (const { took } of judged) if (took !== undefined) connection.flows.took(took);
    const outcomes = judged.map(({ outcome }) => outcome);
    this.#send(connection, { type: 'outcomes', batch: offer.batch, at, outcomes });
    if (this.#scope(stage.scope).head > before) this.#tellNews(stage.scope);
  }

  #answer(connection: Connection, question: MessageOf<'fetch' | 'digest' | 'list'>): void {
    if (question.type === 'digest') connection.flows.tellHeads(question.scope);
    for (const answer of answersTo(question, this.#scope(question.scope))) this.#send(connection, answer);
  }

  #pull(connection: Connection, pull: MessageOf<'pull'>): void {
    const frame = readFrame(this.#scope(pull.scope), pull, this.#state.epoch);
    if (frame !== undefined) this.#send(connection, frame);
  }

  /** Something is new in the scope. */
  #tellNews(scope: Scope): void {
    const { head } = this.#scope(scope);
    for (const connection of this.#connections) {
      const { stage } = connection;
      if (stage.kind !== 'welcomed' || stage.scope !== scope) continue;
      if (stage.version >= 2) connection.flows.pump();
      else this.#send(connection, { type: 'hint', scope, head });
    }
  }

  #tellScope(scope: Scope, message: CenterMessage): void {
    for (const connection of this.#connections) {
      if (connection.stage.kind === 'welcomed' && connection.stage.scope === scope)
        this.#send(connection, message);
    }
  }

  #send(connection: Connection, message: CenterMessage): void {
    const text = JSON.stringify(message);
    connection.transport.send(connection.packer?.pack(text) ?? text);
  }

  #refuse(connection: Connection, code: Refusal, retry: boolean, protocol?: number): void {
    this.#send(connection, { type: 'refused', code, retry, ...(protocol === undefined ? {} : { protocol }) });
    connection.transport.close();
    this.#connections.delete(connection);
  }

  #scope(scope: Scope): ScopeState {
    const known = this.#state.scopes.get(scope);
    if (known !== undefined) return known;
    const fresh: ScopeState = { head: 0, durable: 0, feed: [], documents: new Map(), history: [] };
    this.#state.scopes.set(scope, fresh);
    return fresh;
  }

  #device(id: DeviceId): Device {
    return deviceOf(this.#state, id);
  }
}
