import type {
  AuditTrailReader,
  CommitNotice,
  OutboxReader,
  PatientHit,
  RecordQuery,
  Replica,
  ReplicaTransaction,
  SettingsReader,
  SyncStateReader,
} from '#clinic/ports/replica.ts';
import type { RecordId, Revision } from '#contracts/ids.ts';
import type { CollectionName, RecordOf } from '#contracts/records/registry.ts';
import { TransactionNotes, takingNotes } from './recorded-transaction.ts';
import type { BeforeCommit } from './simulated-disk.ts';

/** When the power goes, seen from one commit. */
export type CommitFate = 'commit' | 'cut-before' | 'cut-inside' | 'cut-after';

/** Decides about commits, and hears what became of them. */
export interface CommitWatch {
  fate(): CommitFate;
  /** Whether a person is at work right now, not the exchange. */
  isActing(): boolean;
  beforeCommit(): BeforeCommit;
  /** Durable, and whoever wrote it is about to hear so. */
  committed(notes: TransactionNotes): void;
  /** The replica refused it, so that nothing of it may stay; comes after {@link died} if the power went with it. */
  refused(notes: TransactionNotes, refusal: unknown): void;
  /** The machine is dead from now on. `before` only for a cut inside the commit. */
  died(fate: Exclude<CommitFate, 'commit'>, notes: TransactionNotes, before: BeforeCommit | undefined): void;
}

/** Ends a transaction whose power goes before its commit. */
class PowerGone extends Error {}

const never = <Value>(): Promise<Value> => new Promise(() => {});

/** The real replica of one life of a workstation, whose power may go around every commit. */
export class SimulatedReplica implements Replica {
  readonly outbox: OutboxReader;
  readonly sync: SyncStateReader;
  readonly settings: SettingsReader;
  readonly auditTrail: AuditTrailReader;
  readonly #inner: Replica;
  readonly #watch: CommitWatch;
  #isDead = false;

  constructor(inner: Replica, watch: CommitWatch) {
    this.#inner = inner;
    this.#watch = watch;
    this.outbox = inner.outbox;
    this.sync = inner.sync;
    this.settings = inner.settings;
    this.auditTrail = inner.auditTrail;
  }

  /** From now on nothing of it answers. */
  kill(): void {
    this.#isDead = true;
  }

  async transact<Value>(write: (transaction: ReplicaTransaction) => Value): Promise<Value> {
    if (this.#isDead) return never();
    const fate = this.#watch.fate();
    const notes = new TransactionNotes(this.#watch.isActing());
    const recorded = (transaction: ReplicaTransaction): Value => write(takingNotes(transaction, notes));
    if (fate !== 'commit') return this.#die(fate, notes, recorded);
    const written = this.#inner.transact(recorded);
    written.catch((refusal: unknown) => this.#watch.refused(notes, refusal));
    const value = await written;
    // Heard of before whoever wrote it goes on.
    this.#watch.committed(notes);
    return this.#isDead ? never() : value;
  }

  /** The real replica works synchronously until its commit is durable, so that the machine dies exactly there. */
  #die<Value>(
    fate: Exclude<CommitFate, 'commit'>,
    notes: TransactionNotes,
    write: (transaction: ReplicaTransaction) => Value,
  ): Promise<Value> {
    const before = fate === 'cut-inside' ? this.#watch.beforeCommit() : undefined;
    this.#isDead = true;
    const written = this.#inner.transact((transaction) => {
      const value = write(transaction);
      if (fate === 'cut-before') throw new PowerGone();
      return value;
    });
    // Whether anything became durable is for this promise to say, though nobody is left to hear it (SIM-16).
    written.catch((refusal: unknown) => {
      if (!(refusal instanceof PowerGone)) this.#watch.refused(notes, refusal);
    });
    this.#watch.died(fate, notes, before);
    return never();
  }

  get<C extends CollectionName>(collection: C, id: RecordId): RecordOf<C> | undefined {
    return this.#inner.get(collection, id);
  }

  find<C extends CollectionName>(collection: C, query: RecordQuery): readonly RecordOf<C>[] {
    return this.#inner.find(collection, query);
  }

  count(collection: CollectionName, query: RecordQuery): number {
    return this.#inner.count(collection, query);
  }

  revisions(
    collection: CollectionName,
    after: RecordId | null,
    limit: number,
  ): readonly { readonly id: RecordId; readonly rev: Revision }[] {
    return this.#inner.revisions(collection, after, limit);
  }

  live(): () => void {
    throw new Error('nobody looks at a screen here');
  }

  onCommit(told: (notice: CommitNotice) => void): () => void {
    return this.#inner.onCommit((notice) => {
      if (!this.#isDead) told(notice);
    });
  }

  searchPatients(text: string, limit: number): readonly PatientHit[] {
    return this.#inner.searchPatients(text, limit);
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}
