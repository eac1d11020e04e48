import { createPrivateKey, sign, verify } from 'node:crypto';
import * as v from 'valibot';
import type { Clock, Random } from '#clinic/ports/clock.ts';
import { type DeviceId, DeviceIdSchema, type RecordId, type Revision, type Scope } from '#contracts/ids.ts';
import { type AnyRecord, type CollectionName, recordTypes } from '#contracts/records/registry.ts';
import type { CenterMessage, Verdict } from '#contracts/wire/center-messages.ts';
import { type ClientMessage, ClientMessageSchema, type PushRow } from '#contracts/wire/client-messages.ts';
import { oldestProtocolVersion, protocolVersion } from '#contracts/wire/protocol.ts';
import {
  certificateText,
  generateDeviceKeys,
  proofText,
  publicKeyOf,
  type Ticket,
} from '#sync/device-identity.ts';
import type { Transport } from '#sync/transports/transport.ts';
import { uuidV7 } from '#sync/uuid-v7.ts';
import {
  type CenterState,
  type Device,
  type HistoryEntry,
  hex,
  parseJson,
  type Refusal,
  readFrame,
  readRow,
  type ScopeState,
} from './memory-center-state.ts';

type MessageOf<Type extends ClientMessage['type']> = Extract<ClientMessage, { readonly type: Type }>;

type Stage =
  | { readonly kind: 'opened' }
  | { readonly kind: 'challenged'; readonly nonce: string }
  | { readonly kind: 'welcomed'; readonly device: DeviceId; readonly scope: Scope };

interface Connection {
  readonly transport: Transport;
  stage: Stage;
}

/** Ways a real center can behave that tests want on purpose. */
export interface CenterMoods {
  /** Whether a row goes into quarantine although it fits the schema. */
  isRefused: (row: PushRow) => boolean;
  /** `before`: put off without a look. `after`: applied, but the center could not be sure. */
  putOff: (row: PushRow) => 'no' | 'before' | 'after';
}

/**
 * The center by the letter of contracts/wire and docs/specs/sync.md, in memory, one message at a time. Everything it takes
 * is durable at once. {@link backUp} and {@link restore} play the loss of its newest writes.
 */
export class MemoryCenter {
  readonly id: string;
  readonly moods: CenterMoods = { isRefused: () => false, putOff: () => 'no' };
  readonly statuses = new Map<DeviceId, MessageOf<'status'>>();
  /** Version it speaks; tests of VER-2 raise it. */
  protocol = protocolVersion;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #keys: { readonly privateKey: string; readonly publicKey: string };
  readonly #connections = new Set<Connection>();
  #state: CenterState;

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
    this.#keys = generateDeviceKeys(random);
    this.id = uuidV7(clock.now(), random);
    this.#state = {
      epoch: uuidV7(clock.now(), random),
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
    const connection: Connection = { transport, stage: { kind: 'opened' } };
    this.#connections.add(connection);
    transport.onClose(() => this.#connections.delete(connection));
    transport.onMessage((text) => this.#receive(connection, text));
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
    const { epoch } = this.#state;
    this.#state = structuredClone(backup);
    this.#state.epoch = isEpochForgotten ? epoch : uuidV7(this.#clock.now(), this.#random);
    for (const device of this.#state.devices.values()) {
      device.confirmed = null;
      device.offered = null;
    }
    this.restart();
  }

  /** Makes an enrolment code for a facility. */
  issueCode(scope: Scope): string {
    const code = [...this.#random.bytes(10)]
      .map((byte) => '0123456789ABCDEFGHJKMNPQRSTVWXYZ'[byte % 32])
      .join('');
    this.#state.codes.set(code, { scope, isUsed: false });
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
    this.#place(scope, { collection, id, rev, record });
  }

  /** Sends any text to every connected device. */
  say(text: string): void {
    for (const { transport } of this.#connections) transport.send(text);
  }

  #receive(connection: Connection, text: string): void {
    if (!this.#connections.has(connection)) return;
    const message = v.safeParse(ClientMessageSchema, parseJson(text));
    if (!message.success) this.#refuse(connection, 'sync.unknown-message', false);
    else this.#handle(connection, message.output);
  }

  #handle(connection: Connection, message: ClientMessage): void {
    const { stage } = connection;
    if (stage.kind === 'opened' && message.type === 'hello') this.#greet(connection, message);
    else if (stage.kind === 'challenged' && message.type === 'enrol') this.#enrol(connection, message);
    else if (stage.kind === 'challenged' && message.type === 'prove')
      this.#prove(connection, stage.nonce, message);
    else if (stage.kind !== 'welcomed') this.#refuse(connection, 'sync.unknown-message', false);
    else if (message.type === 'confirm-ticket') this.#confirm(connection, stage.device, message.ticket);
    else if (message.type === 'push') this.#push(connection, stage, message);
    else if (message.type === 'pull') this.#pull(connection, stage, message);
    else if (message.type === 'status') this.statuses.set(stage.device, message);
    else this.#refuse(connection, 'sync.unknown-message', false);
  }

  #greet(connection: Connection, hello: MessageOf<'hello'>): void {
    if (hello.protocol < oldestProtocolVersion || hello.protocol !== this.protocol) {
      this.#refuse(connection, 'sync.protocol-mismatch', false, this.protocol);
      return;
    }
    const nonce = hex(this.#random.bytes(32));
    connection.stage = { kind: 'challenged', nonce };
    this.#send(connection, { type: 'challenge', protocol: this.protocol, center: this.id, nonce });
  }

  #enrol(connection: Connection, { code, publicKey }: MessageOf<'enrol'>): void {
    const issued = this.#state.codes.get(code);
    if (issued === undefined || issued.isUsed) {
      this.#refuse(
        connection,
        issued === undefined ? 'enrolment.code-unknown' : 'enrolment.code-stale',
        false,
      );
      return;
    }
    issued.isUsed = true;
    const device = v.parse(DeviceIdSchema, uuidV7(this.#clock.now(), this.#random));
    const ticket = hex(this.#random.bytes(32));
    const { scope } = issued;
    this.#state.devices.set(device, {
      scope,
      publicKey,
      confirmed: ticket,
      offered: null,
      isCloned: false,
      isRevoked: false,
    });
    const key = createPrivateKey({
      key: Buffer.from(this.#keys.privateKey, 'base64'),
      format: 'der',
      type: 'pkcs8',
    });
    const certificate = sign(null, Buffer.from(certificateText(device, scope, publicKey)), key).toString(
      'base64',
    );
    this.#send(connection, {
      type: 'enrolled',
      device,
      scope,
      ticket,
      certificate,
      centerKey: this.#keys.publicKey,
    });
  }

  #prove(connection: Connection, nonce: string, proof: MessageOf<'prove'>): void {
    const device = this.#state.devices.get(proof.device);
    const refusal = device === undefined ? 'sync.device-unknown' : this.#refusalOf(device, nonce, proof);
    if (device === undefined || refusal !== undefined) {
      this.#refuse(connection, refusal ?? 'sync.device-unknown', false);
      return;
    }
    device.confirmed = proof.ticket;
    device.offered = hex(this.#random.bytes(32));
    this.#welcome(connection, proof.device, device.scope, device.offered);
  }

  /** TKT-1 to TKT-4. */
  #refusalOf(
    device: Device,
    nonce: string,
    { device: id, ticket, signature }: MessageOf<'prove'>,
  ): Refusal | undefined {
    const text = proofText({ nonce, device: id, center: this.id, ticket });
    if (!verify(null, Buffer.from(text), publicKeyOf(device.publicKey), Buffer.from(signature, 'base64'))) {
      return 'sync.proof-refused';
    }
    if (device.isRevoked) return 'sync.device-revoked';
    const isKnown = device.confirmed === null || ticket === device.confirmed || ticket === device.offered;
    device.isCloned ||= !isKnown;
    return device.isCloned ? 'sync.device-cloned' : undefined;
  }

  #welcome(connection: Connection, device: DeviceId, scope: Scope, ticket: Ticket): void {
    for (const other of this.#connections) {
      if (other.stage.kind === 'welcomed' && other.stage.device === device) other.transport.close();
    }
    connection.stage = { kind: 'welcomed', device, scope };
    const { head, durable } = this.#scope(scope);
    const { epoch } = this.#state;
    this.#send(connection, {
      type: 'welcome',
      epoch,
      ticket,
      scopes: [{ scope, head }],
      at: this.#clock.now(),
    });
    this.#send(connection, { type: 'durable', scope, seq: durable });
  }

  #confirm(connection: Connection, id: DeviceId, ticket: Ticket): void {
    const device = this.#device(id);
    if (ticket === device.offered) {
      device.confirmed = ticket;
      device.offered = null;
    } else if (ticket !== device.confirmed || device.offered !== null) {
      this.#refuse(connection, 'sync.proof-refused', true);
    }
  }

  #push(connection: Connection, stage: Extract<Stage, { kind: 'welcomed' }>, push: MessageOf<'push'>): void {
    const before = this.#scope(stage.scope).head;
    const verdicts = push.rows.map((row, index) => this.#judge(stage, row, index));
    this.#send(connection, { type: 'verdicts', batch: push.batch, verdicts });
    const { head } = this.#scope(stage.scope);
    if (head > before) this.#tellScope(stage.scope, { type: 'hint', scope: stage.scope, head });
  }

  #judge({ device, scope }: { device: DeviceId; scope: Scope }, raw: unknown, index: number): Verdict {
    const row = readRow(raw, scope);
    if (row === undefined || this.moods.isRefused(row.row)) {
      this.#state.quarantine.push({ device, row: raw });
      const op = row?.row.op ?? null;
      return { verdict: 'quarantined', op, index, code: 'sync.record-refused', paths: ['record'] };
    }
    const { op } = row.row;
    const mood = this.moods.putOff(row.row);
    if (mood === 'before') return { verdict: 'retry', op, waitMs: 500 };
    const verdict = this.#apply(device, scope, row.row, row.record);
    return mood === 'after' ? { verdict: 'retry', op, waitMs: 500 } : verdict;
  }

  #apply(device: DeviceId, scope: Scope, row: PushRow, record: AnyRecord): Verdict {
    const { op, collection, id, baseRev, rev, supersedes = [] } = row;
    const logged = this.#state.pushLog.get(op);
    if (logged !== undefined) return { verdict: 'ok', op, rev: logged.rev, seq: logged.seq, at: logged.at };
    const state = this.#scope(scope);
    const present = state.documents.get(`${collection}/${id}`);
    const decides = recordTypes[collection].merge.kind === 'center-decides' && present !== undefined;
    if ((present?.rev ?? null) !== baseRev || decides) {
      const isKnown = baseRev === null || state.history.some((entry) => entry.record.rev === baseRev);
      if (present === undefined || !isKnown) return { verdict: 'missing-base', op };
      return { verdict: 'conflict', op, record: present.record };
    }
    const at = this.#clock.now();
    const seq = this.#place(scope, { collection, id, rev, record });
    state.history.push({ op, device, baseRev, collection, record, supersedes });
    this.#state.pushLog.set(op, { rev, seq, at });
    return { verdict: 'ok', op, rev, seq, at };
  }

  #place(
    scope: Scope,
    document: { collection: CollectionName; id: RecordId; rev: Revision; record: unknown },
  ): number {
    const { collection, id, rev, record } = document;
    const state = this.#scope(scope);
    state.head += 1;
    state.documents.set(`${collection}/${id}`, { rev, record: structuredClone(record) });
    state.feed.push({ seq: state.head, lane: recordTypes[collection].lane, collection, id, rev });
    return state.head;
  }

  #pull(connection: Connection, stage: Extract<Stage, { kind: 'welcomed' }>, pull: MessageOf<'pull'>): void {
    if (pull.scope !== stage.scope) {
      this.#refuse(connection, 'access.forbidden', false);
      return;
    }
    const frame = readFrame(this.#scope(pull.scope), pull, this.#state.epoch);
    if (frame !== undefined) this.#send(connection, frame);
  }

  #tellScope(scope: Scope, message: CenterMessage): void {
    for (const connection of this.#connections) {
      if (connection.stage.kind === 'welcomed' && connection.stage.scope === scope)
        this.#send(connection, message);
    }
  }

  #send(connection: Connection, message: CenterMessage): void {
    connection.transport.send(JSON.stringify(message));
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
    const device = this.#state.devices.get(id);
    if (device === undefined) throw new Error('no such device');
    return device;
  }
}
