import * as v from 'valibot';
import type { ReplicaTransaction } from '#clinic/ports/replica.ts';
import { type PersonId, PersonIdSchema, type Scope, ScopeSchema } from '#contracts/ids.ts';
import { collectionNames } from '#contracts/records/registry.ts';
import type { SyncLimits } from '#sync/client/limits.ts';
import type { PackingChoice } from '#sync/client/message-packing.ts';
import { SyncClient } from '#sync/client/sync-client.ts';
import { type DeviceIdentity, saveDeviceIdentity } from '#sync/device-identity.ts';
import { enrolDevice } from '#sync/enrol-device.ts';
import type { Transport, WireMessage } from '#sync/transports/transport.ts';
import { uuidV7 } from '#sync/uuid-v7.ts';
import { countOpenReviews } from '#workstation/open-reviews.ts';
import { MemoryCenter } from '../doubles/memory-center.ts';
import { MemoryDisk } from '../doubles/memory-disk.ts';
import { type Death, MemoryReplica } from '../doubles/memory-replica.ts';
import {
  type Faults,
  type MemoryLinkOptions,
  type MemoryTransportPair,
  memoryTransportPair,
} from '../doubles/memory-transport.ts';
import { SeededRandom } from '../doubles/seeded-random.ts';
import { VirtualTime } from '../doubles/virtual-time.ts';
import { WriteLedger } from './write-ledger.ts';

export const facility: Scope = v.parse(ScopeSchema, 'AND000001');

/** One process of a workstation, from its start to its death. Nothing it left behind runs afterwards. */
interface Life {
  readonly replica: MemoryReplica;
  readonly client: SyncClient;
  isOver: boolean;
}

/** One workstation: a disk that survives, and a process that may not. */
export class Workstation {
  readonly disk: MemoryDisk;
  readonly identity: DeviceIdentity;
  readonly person: PersonId;
  readonly random: SeededRandom;
  readonly trouble: unknown[] = [];
  /** This workstation's clock is wrong by so much. */
  clockErrorMs = 0;
  isOnline = true;
  /** What its links are like. */
  link: MemoryLinkOptions = { latencyMs: 20 };
  faults: Faults = () => 'deliver';
  /** Alters what the center sends. */
  rewrite: (text: string) => string = (text) => text;
  /** Alters packed messages the center sends. */
  alter: (bytes: Uint8Array) => Uint8Array = (bytes) => bytes;
  /** Where to dial instead of the world's center. */
  dialInstead: (() => Transport | Promise<Transport>) | undefined;
  limits: Partial<SyncLimits> = {};
  /** How it packs; without it messages stay text. */
  packing: PackingChoice | undefined;
  program = 'world';
  isErased = false;
  readonly #world: SyncWorld;
  #life: Life | undefined;
  #link: MemoryTransportPair | undefined;

  constructor(world: SyncWorld, disk: MemoryDisk, identity: DeviceIdentity, random: SeededRandom) {
    this.#world = world;
    this.disk = disk;
    this.identity = identity;
    this.random = random;
    this.person = v.parse(PersonIdSchema, uuidV7(world.time.now(), random));
  }

  get isUp(): boolean {
    return this.#life !== undefined;
  }

  get client(): SyncClient {
    return this.#alive().client;
  }

  get replica(): MemoryReplica {
    return this.#alive().replica;
  }

  now(): number {
    return Math.max(0, this.#world.time.now() + this.clockErrorMs);
  }

  start(): void {
    if (this.#life !== undefined) return;
    const replica = new MemoryReplica(this.disk);
    const life: { replica: MemoryReplica; client: SyncClient; isOver: boolean } = {
      replica,
      client: new SyncClient({
        replica,
        connect: () => this.#connect(life),
        clock: { now: () => this.now() },
        timers: {
          after: (waitMs, run) => this.#world.time.after(waitMs, () => (life.isOver ? undefined : run())),
        },
        random: this.random,
        identity: this.identity,
        program: this.program,
        countOpenReviews,
        limits: this.limits,
        ...(this.packing === undefined ? {} : { packing: this.packing }),
        onWipe: async () => {
          this.isErased = true;
          replica.kill();
        },
        onTrouble: (trouble) => this.trouble.push(trouble),
      }),
      isOver: false,
    };
    this.#life = life;
    life.client.start();
  }

  /** Like kill -9: what was not committed is gone. */
  kill(): void {
    if (this.#life === undefined) return;
    this.#life.isOver = true;
    this.#life.replica.kill();
    this.#life = undefined;
    this.#link?.cut();
  }

  /** Dies by itself at a coming transaction. */
  killAt(transactions: number, when: Death): void {
    this.#alive().replica.killAt(transactions, when, () => this.kill());
  }

  goOffline(): void {
    this.isOnline = false;
    this.#link?.cut();
  }

  cutLink(): void {
    this.#link?.cut();
  }

  /** Does one local transaction, as an action would. Returns whether it is durable. */
  write(change: (transaction: ReplicaTransaction) => void): boolean {
    let isDone = false;
    void this.replica.transact((transaction) => {
      change(transaction);
      isDone = true;
    });
    return isDone;
  }

  #alive(): Life {
    if (this.#life === undefined) throw new Error('this workstation is not running');
    return this.#life;
  }

  #connect(life: Life): Promise<Transport> {
    if (life.isOver) return new Promise(() => {});
    if (!this.isOnline) return Promise.reject(new Error('offline'));
    if (this.dialInstead !== undefined) return Promise.resolve(this.dialInstead());
    const faults: Faults = (direction, text, index) => this.faults(direction, text, index);
    const options = { ...this.link, faults };
    const link = this.#world.link(
      options,
      (text) => this.rewrite(text),
      (bytes) => this.alter(bytes),
    );
    this.#link = link;
    return Promise.resolve(link.client);
  }
}

/** Workstations of one facility and their center, in one process and in virtual time. */
export class SyncWorld {
  readonly time = new VirtualTime();
  readonly random: SeededRandom;
  readonly center: MemoryCenter;
  readonly workstations: Workstation[] = [];
  readonly ledger = new WriteLedger();
  /** How workstations enrolled from now on pack. */
  packing: PackingChoice | undefined;
  #impersonated: (text: string) => string = (text) => text;

  constructor(seed: number) {
    this.random = new SeededRandom(seed);
    this.center = new MemoryCenter(this.time, this.random.fork());
  }

  /** How often somebody dialled the center. */
  links = 0;

  /** A link to the center; `rewrite` and `alter` change what the center sends. */
  link(
    options: MemoryLinkOptions,
    rewrite: (text: string) => string = (text) => text,
    alter: (bytes: Uint8Array) => Uint8Array = (bytes) => bytes,
  ): MemoryTransportPair {
    this.links += 1;
    const pair = memoryTransportPair(this.time, options);
    const altered = (message: WireMessage) =>
      typeof message === 'string' ? rewrite(this.#impersonated(message)) : alter(message);
    this.center.accept({
      send: (message) => pair.center.send(altered(message)),
      onMessage: (receive) => pair.center.onMessage(receive),
      onClose: (closed) => pair.center.onClose(closed),
      close: () => pair.center.close(),
      get unsentBytes() {
        return pair.center.unsentBytes;
      },
    });
    return pair;
  }

  /** Lets the center show another id. */
  impersonate(id: string): void {
    this.#impersonated = (text) => text.replace(this.center.id, id);
  }

  /** Enrols a new workstation by the real conversation. Not started yet. */
  async enrol(): Promise<Workstation> {
    const random = this.random.fork();
    const enrolling = enrolDevice({
      connect: () => Promise.resolve(this.link({ latencyMs: 1 }).client),
      centerUrl: 'ws://center',
      code: this.center.issueCode(facility),
      label: 'world',
      program: 'world',
      random,
      timers: this.time,
    });
    await this.time.advance(100);
    const enrolled = await enrolling;
    if (!enrolled.ok) throw new Error(enrolled.error.code);
    const disk = new MemoryDisk();
    const { identity, ticket } = enrolled.value;
    await new MemoryReplica(disk).transact((transaction) =>
      saveDeviceIdentity(transaction.settings, identity, ticket),
    );
    const workstation = new Workstation(this, disk, identity, random);
    workstation.packing = this.packing;
    this.workstations.push(workstation);
    return workstation;
  }

  /** Enrols and starts so many. */
  async start(count: number): Promise<readonly Workstation[]> {
    const started: Workstation[] = [];
    for (let index = 0; index < count; index += 1) started.push(await this.enrol());
    for (const workstation of started) workstation.start();
    await this.time.advance(1000);
    return started;
  }

  /** Ends every disturbance and waits until nothing is left to exchange. Returns whether that was reached. */
  async heal(limitMs = 12 * 60 * 60_000): Promise<boolean> {
    this.center.moods.isRefused = () => false;
    this.center.moods.putOff = () => 'no';
    for (const workstation of this.workstations) {
      workstation.faults = () => 'deliver';
      workstation.isOnline = true;
      workstation.start();
      workstation.replica.spare();
      workstation.client.syncNow();
    }
    return this.time.advanceUntil(() => this.isQuiet(), limitMs);
  }

  /** Everything is sent, everybody has met the present epoch and holds what the center holds. */
  isQuiet(): boolean {
    return this.workstations.every((workstation) => {
      if (!workstation.isUp) return false;
      const { outbox } = workstation.replica;
      const counts = outbox.counts();
      return (
        counts.pending === 0 &&
        counts.aside === 0 &&
        workstation.disk.settings.get('sync.epoch') === this.center.epoch &&
        this.#holdsAll(workstation)
      );
    });
  }

  #holdsAll({ disk, replica }: Workstation): boolean {
    const refused = new Set(
      replica.outbox.byState('quarantined', 10_000).map((row) => `${row.collection}/${row.record.id}`),
    );
    const held = new Map<string, string>();
    for (const name of collectionNames) {
      for (const [id, { rev }] of disk.records[name]) held.set(`${name}/${id}`, rev);
    }
    const documents = this.center.documents(facility);
    return (
      [...documents].every(([key, { rev }]) => refused.has(key) || held.get(key) === rev) &&
      [...held.keys()].every((key) => refused.has(key) || documents.has(key))
    );
  }

  head(): number {
    return this.center.head(facility);
  }
}
