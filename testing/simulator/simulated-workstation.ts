import type { Database } from '@signalapp/sqlcipher';
import { patientSearchRules } from '#clinic/search/patient-search-rules.ts';
import type { PersonId, Scope } from '#contracts/ids.ts';
import { type OpenReplica, openReplica } from '#store/open-replica.ts';
import { createPatientIndex } from '#store/search/patient-index.ts';
import type { SyncLimits } from '#sync/client/limits.ts';
import { SyncClient, type SyncClientOptions } from '#sync/client/sync-client.ts';
import { type DeviceIdentity, loadDeviceIdentity, saveDeviceIdentity } from '#sync/device-identity.ts';
import { enrolDevice } from '#sync/enrol-device.ts';
import { countOpenReviews } from '#workstation/open-reviews.ts';
import { beginSession, type Session } from '#workstation/session.ts';
import type { SeededRandom } from '../doubles/seeded-random.ts';
import { fateOfCommit, tearing } from './fates.ts';
import { MachineLink } from './machine-link.ts';
import { MachineMemory } from './machine-memory.ts';
import { operationsIn } from './operations-on-disk.ts';
import type { TransactionNotes } from './recorded-transaction.ts';
import { isDiskFullRefusal, isUsualRefusal } from './refusals.ts';
import type { BeforeCommit, CutOff, SimulatedDisk } from './simulated-disk.ts';
import { SimulatedReplica } from './simulated-replica.ts';
import { Spells } from './spells.ts';
import type { Surroundings } from './surroundings.ts';
import { type AnyClient, OldClient } from './version-one/old-client.ts';

/** One process of a workstation, from its start to its death. */
interface Life {
  readonly inner: OpenReplica;
  readonly replica: SimulatedReplica;
  readonly client: AnyClient;
  readonly isOld: boolean;
  readonly session: Session;
  readonly database: Database;
  readonly died: Promise<void>;
  /** Tells {@link died}. */
  readonly die: () => void;
  isOver: boolean;
  isDiskFull: boolean;
}

const key = new Uint8Array(32).map((_, position) => position * 5 + 3);
const powerCuts = {
  'cut-before': 'power-cut-before-commit',
  'cut-inside': 'power-cut-inside-commit',
  'cut-after': 'power-cut-after-commit',
} as const;
const unlucky = ['enrolment.center-unreachable', 'sync.unknown-message'] as const;
const retryMs = 7 * 60_000;
/** A virtual day's worth of looks would be most of a run. */
const limits: Partial<SyncLimits> = {
  lookEveryMs: 12 * 60 * 60_000,
  watchClockEveryMs: 6 * 60 * 60_000,
  compareEveryMs: 12 * 60 * 60_000,
};

/** One workstation: a disk that survives everything, and a machine whose power does not. */
export class SimulatedWorkstation {
  readonly name: string;
  readonly person: PersonId;
  readonly scope: Scope;
  readonly disk: SimulatedDisk;
  readonly link: MachineLink;
  clockErrorMs = 0;
  /** Whether its program ever spoke version 1. */
  wasOld = false;
  /** Nobody works at it any more; it only sends what it still has. */
  isLeaving = false;
  /** Writes that the person was told of as refused: the disk is full. */
  refusedActions = 0;
  readonly memory: MachineMemory;
  readonly random: SeededRandom;
  readonly #around: Surroundings;
  readonly #spells: Spells;
  #life: Life | undefined;
  /** What its programs last read of {@link clockErrorMs}. */
  #readErrorMs = 0;
  #isStarting = false;
  #isEnrolling = false;
  #isRetired = false;
  #isActing = false;

  constructor(
    around: Surroundings,
    machine: {
      readonly name: string;
      readonly person: PersonId;
      readonly scope: Scope;
      readonly disk: SimulatedDisk;
      readonly memory?: MachineMemory;
    },
  ) {
    this.#around = around;
    this.name = machine.name;
    this.person = machine.person;
    this.scope = machine.scope;
    this.disk = machine.disk;
    this.memory = machine.memory ?? new MachineMemory();
    this.#spells = new Spells(around.faults);
    this.link = new MachineLink(machine.name, around, this.#spells);
    this.random = around.random.fork();
  }

  get isUp(): boolean {
    return this.#life !== undefined;
  }

  get session(): Session {
    return this.#alive().session;
  }

  /** Whether its program speaks version 1 of the protocol. */
  get isOld(): boolean {
    return this.#life?.isOld ?? false;
  }

  get client(): AnyClient {
    return this.#alive().client;
  }

  get replica(): OpenReplica {
    return this.#alive().inner;
  }

  now(): number {
    return Math.max(0, this.#around.time.now() + this.clockErrorMs);
  }

  /**
   * Enrols this machine by the real conversation and keeps what it got, as the product does. False if the center cannot be
   * reached.
   */
  async enrol(code: string): Promise<boolean> {
    this.#isEnrolling = true;
    try {
      return await this.#enrol(code);
    } finally {
      this.#isEnrolling = false;
    }
  }

  /** Put away for good, with its disk. Only once it is off. */
  retire(): void {
    this.#isRetired = true;
    this.disk.remove();
  }

  async #enrol(code: string): Promise<boolean> {
    const enrolling = enrolDevice({
      connect: () => this.link.connect(),
      centerUrl: 'ws://center',
      code,
      label: this.name,
      program: 'simulator',
      random: this.random,
      timers: this.#around.time,
    });
    await this.#around.time.advanceUntilSettled(enrolling);
    const enrolled = await enrolling;
    if (!enrolled.ok) {
      // A message of it was lost, or came twice: somebody tries again.
      if (unlucky.some((code) => code === enrolled.error.code)) return false;
      throw new Error(enrolled.error.code);
    }
    const { identity, ticket } = enrolled.value;
    const { replica } = await this.#open();
    await replica.transact(({ settings }) => saveDeviceIdentity(settings, identity, ticket));
    await replica.close();
    return true;
  }

  /** Switches the machine on: opens the replica, checks what survived, begins the exchange. */
  async start(): Promise<void> {
    if (this.#life !== undefined || this.#isStarting || this.#isEnrolling || this.#isRetired) return;
    this.#isStarting = true;
    try {
      const opened = await this.#open();
      this.disk.forgetFormer();
      this.#survived(this.memory.check(opened.replica, operationsIn(opened.database)));
      const identity = loadDeviceIdentity(opened.replica.settings);
      if (identity === undefined) throw new Error('the machine forgot who it is');
      this.#begin(opened, identity);
    } finally {
      this.#isStarting = false;
    }
  }

  /** Has a person do something; the writing itself happens before this returns. */
  act<Outcome>(action: (session: Session) => Promise<Outcome>): Promise<Outcome> {
    this.#isActing = true;
    try {
      return action(this.session);
    } finally {
      this.#isActing = false;
    }
  }

  /** Switches it off as the operating system does: everything is closed. */
  async stop(): Promise<void> {
    const life = this.#life;
    if (life === undefined) return;
    this.#around.trace.note(`${this.name} stops`);
    // The power may go while it says goodbye: nothing of it answers any more then.
    await Promise.race([life.client.stop(), life.died]);
    if (life.isOver) return;
    life.isOver = true;
    this.#life = undefined;
    await life.inner.close();
  }

  /** Like pulling the plug. */
  cutPower(): void {
    const life = this.#life;
    if (life === undefined) return;
    this.disk.cut();
    this.#dead(life);
  }

  /** A clock that was moved takes effect when a program reads it. */
  #readClock(): number {
    if (this.clockErrorMs !== this.#readErrorMs) this.#around.faults.tookEffect('workstation-clock-jump');
    this.#readErrorMs = this.clockErrorMs;
    return this.now();
  }

  /** No new content fits on the disk from now on, or again. */
  setDiskFull(isFull: boolean): void {
    if (this.#life === undefined) return;
    const { database } = this.#life;
    this.#life.isDiskFull = isFull;
    if (isFull) this.#spells.begin('full-disk');
    else this.#spells.end('full-disk');
    const pages = Number(database.prepare('PRAGMA page_count', { pluck: true }).get([]));
    database.exec(`PRAGMA max_page_count = ${isFull ? pages : 1_073_741_823}`);
  }

  #alive(): Life {
    if (this.#life === undefined) throw new Error(`${this.name} is not running`);
    return this.#life;
  }

  async #open(): Promise<{ readonly replica: OpenReplica; readonly database: Database }> {
    let database: Database | undefined;
    const replica = await openReplica({
      file: this.disk.file,
      key,
      patientIndex: (opened) => {
        database = opened;
        return createPatientIndex(patientSearchRules)(opened);
      },
      token: 'simulation',
      reserveBytes: 4096,
      onTrouble: (trouble) => this.#around.fail(trouble),
    });
    if (database === undefined) throw new Error('the replica has no database');
    return { replica, database };
  }

  #begin(
    { replica: inner, database }: { replica: OpenReplica; database: Database },
    identity: DeviceIdentity,
  ): void {
    const { time, trace, faults } = this.#around;
    let life: Life | undefined;
    const isOver = () => life?.isOver ?? false;
    const replica = new SimulatedReplica(inner, {
      fate: () => (this.#life === undefined ? 'commit' : fateOfCommit(faults)),
      isActing: () => this.#isActing,
      beforeCommit: () => this.disk.beforeCommit(),
      committed: (notes) => {
        try {
          this.memory.committed(notes, () => operationsIn(database));
          this.#note(notes);
        } catch (error) {
          this.#around.fail(error);
        }
      },
      refused: (notes, refusal) => {
        if (life === undefined) this.#around.fail(refusal);
        else this.#refused(life, notes, refusal);
      },
      died: (fate, notes, before) => {
        const { said, hadWritten } = before === undefined ? this.disk.cut() : this.#tearDisk(before);
        trace.note(`${this.name} ${fate}`, said);
        if (life !== undefined && hadWritten) faults.tookEffect(powerCuts[fate]);
        this.memory.died(fate, notes);
        if (life !== undefined) this.#dead(life);
      },
    });
    const clock = { now: () => this.#readClock() };
    const session = beginSession(
      { replica, identity },
      { person: this.person, name: this.name, roles: ['nurse'] },
      { clock, random: this.random },
    );
    const isOld = faults.strikes('older-program');
    if (isOld) faults.tookEffect('older-program');
    this.wasOld ||= isOld;
    const options: SyncClientOptions = {
      replica,
      identity,
      connect: () => (isOver() ? new Promise(() => {}) : this.link.connect()),
      clock,
      timers: { after: (waitMs, run) => time.after(waitMs, () => (isOver() ? undefined : run())) },
      random: this.random,
      program: 'simulator',
      countOpenReviews,
      packing: this.#around.packing(),
      limits,
      onTrouble: (trouble) => this.#around.troubled(this.name, trouble),
    };
    const client = isOld ? new OldClient({ ...options, program: 'simulator 1' }) : new SyncClient(options);
    const { promise: died, resolve: die } = Promise.withResolvers<void>();
    life = { inner, replica, client, isOld, session, database, died, die, isOver: false, isDiskFull: false };
    this.#life = life;
    trace.note(`${this.name} starts${isOld ? ' with an older program' : ''}`);
    client.start();
  }

  /** Whoever asked hears why and answers for it, unless the power went with it. */
  #refused(life: Life, notes: TransactionNotes, refusal: unknown): void {
    if (life.isDiskFull && isDiskFullRefusal(refusal)) this.#spells.feel('full-disk');
    try {
      if (this.memory.diedRefused(notes)) {
        if (!isUsualRefusal(refusal, life.isDiskFull)) throw refusal;
      } else if (!life.isOver) {
        this.memory.checkRefused(notes, life.inner, operationsIn(life.database));
      }
    } catch (error) {
      this.#around.fail(error);
    }
  }

  #tearDisk(before: BeforeCommit): CutOff {
    const random = this.#around.faults.random('power-cut-inside-commit');
    return this.disk.cutInside(before, tearing(random), random.fork());
  }

  #survived(notes: TransactionNotes | undefined): void {
    if (notes !== undefined) this.#note(notes);
  }

  /** Notes what became durable: in the trace and in the record of all writes. */
  #note(notes: TransactionNotes): void {
    const { trace, writes } = this.#around;
    for (const { draft, before } of notes.drafts) {
      writes.note(draft, before, this.name, notes.isAction);
      trace.note(`${this.name} wrote ${draft.op} ${draft.collection}/${draft.record.id} ${draft.record.rev}`);
    }
    for (const [record, { now }] of notes.puts) trace.note(`${this.name} holds ${record} ${now}`);
    for (const op of notes.putAside) writes.putAside(op);
    for (const { op } of notes.accepted) this.#around.accepted(this.name, op);
  }

  #dead(life: Life): void {
    const { time, trace } = this.#around;
    trace.note(`${this.name} loses power`);
    life.isOver = true;
    life.die();
    life.replica.kill();
    this.#life = undefined;
    // What it had sent may arrive nevertheless.
    if (this.random.chance(0.5)) this.link.cut();
    else this.link.hangUp();
    // Its files are not used any more; the machine goes on with a copy.
    void life.inner.close().catch((error: unknown) => this.#around.fail(error));
    time.after(retryMs, () => void this.start().catch((error: unknown) => this.#around.fail(error)));
  }
}
