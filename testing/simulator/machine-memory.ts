import type { Replica } from '#clinic/ports/replica.ts';
import type { OperationId, Revision, Scope } from '#contracts/ids.ts';
import type { CollectionName } from '#contracts/records/registry.ts';
import type { OpenReplica } from '#store/open-replica.ts';
import { HeldRecords } from './held-records.ts';
import type { AcceptedAt, TransactionNotes } from './recorded-transaction.ts';
import type { CommitFate } from './simulated-replica.ts';

/** What one machine's disk must hold, whatever happens to its power. */
export class MachineMemory {
  readonly held: HeldRecords;
  /** Operations whose rows must be in the outbox. */
  readonly #rows = new Set<OperationId>();
  readonly #accepted = new Map<OperationId, AcceptedAt>();
  /** Newest revision of records written since the machine was last looked at; null for removed ones. */
  readonly #revisions = new Map<string, Revision | null>();
  #restoresMet = 0;
  /** A transaction that the power cut met. */
  #open: { readonly fate: CommitFate | 'refused'; readonly notes: TransactionNotes } | undefined;

  /** Since the last look; a machine switched off properly is only looked at whole in the end. */
  #isPowerLost = false;

  constructor(held = new HeldRecords()) {
    this.held = held;
  }

  /** Whether the row of the operation is still on this disk. */
  holds(op: OperationId): boolean {
    return this.#rows.has(op);
  }

  /** Whether no row is on this disk. */
  get isEmpty(): boolean {
    return this.#rows.size === 0;
  }

  /** How often it met a center that had been restored, and began to offer and read everything again (EPO-1). */
  get restoresMet(): number {
    return this.#restoresMet;
  }

  /** `readRows` gives the operations of every row on the disk, whatever its state. */
  committed(notes: TransactionNotes, readRows: () => ReadonlySet<OperationId>): void {
    this.#remember(notes);
    if (notes.forgotten.length > 0) this.#forgetWhatIsForgotten(readRows(), notes);
  }

  died(fate: CommitFate, notes: TransactionNotes): void {
    this.#isPowerLost = true;
    if (fate !== 'cut-before') this.#open = { fate, notes };
  }

  /**
   * The replica refused a transaction. Whether it is the one the power cut met: then nobody would have been told that it is
   * saved, and after the start nothing of it may be there.
   */
  diedRefused(notes: TransactionNotes): boolean {
    if (this.#open?.notes !== notes) return false;
    this.#open = { fate: 'refused', notes };
    return true;
  }

  /** Throws if anything is there of a transaction that the replica refused. */
  checkRefused(notes: TransactionNotes, replica: Pick<Replica, 'get'>, rows: ReadonlySet<OperationId>): void {
    if (marksOf(notes, replica, rows).some(Boolean)) throw new Error('a refused action is on the disk');
  }

  /**
   * Looks at the disk after a start. Returns the transaction the cut met, if it turned out to be there. Throws when anything
   * durable is missing, or that transaction is there in part.
   */
  check(replica: OpenReplica, rows: ReadonlySet<OperationId>): TransactionNotes | undefined {
    const survived = this.#settleOpen(replica, rows);
    // A cut in the transaction that forgot rows leaves them out.
    if (survived !== undefined && survived.forgotten.length > 0) this.#forgetWhatIsForgotten(rows, survived);
    for (const op of this.#rows)
      if (!rows.has(op)) throw new Error(`an acknowledged write is not in the outbox: ${op}`);
    for (const [key, rev] of this.#revisions) {
      if (revisionIn(replica, key) !== rev)
        throw new Error(`an acknowledged record is not on the disk: ${key}`);
    }
    this.#revisions.clear();
    const { firstBroken } = this.#isPowerLost ? replica.verifyAudit() : { firstBroken: null };
    this.#isPowerLost = false;
    if (firstBroken !== null) throw new Error(`the audit trail is broken at ${firstBroken}`);
    return survived;
  }

  /** The center was restored: what is on this disk now has to return to it. `scope`: the machine's facility. */
  centerRestored(scope: Scope): void {
    this.held.centerRestored(scope, new Set(this.#open?.notes.puts.keys()));
    // What it took from this machine right before is not looked for after the start: it may be gone.
    this.#open?.notes.accepted.splice(0);
  }

  /** The same memory for a copy of the disk. */
  copy(): MachineMemory {
    const copy = new MachineMemory(this.held.copy());
    for (const op of this.#rows) copy.#rows.add(op);
    for (const [op, at] of this.#accepted) copy.#accepted.set(op, at);
    return copy;
  }

  #settleOpen(replica: OpenReplica, rows: ReadonlySet<OperationId>): TransactionNotes | undefined {
    const open = this.#open;
    this.#open = undefined;
    if (open === undefined) return undefined;
    const { fate, notes } = open;
    if (fate === 'refused') {
      this.checkRefused(notes, replica, rows);
      return undefined;
    }
    // Whether these took effect does not show; where they did not, the rows are pending still.
    for (const { op, receipt } of notes.accepted) this.#accepted.set(op, receipt);
    const marks = marksOf(notes, replica, rows);
    const isThere = marks.every(Boolean) && marks.length > 0;
    if (!isThere && marks.some(Boolean)) throw new Error('half of an action survived a power cut');
    if (fate === 'cut-after' && marks.length > 0 && !isThere) throw new Error('a durable action is gone');
    if (marks.length > 0 && !isThere) return undefined;
    // Without marks the transaction changed only what is not looked at here.
    if (isThere) this.#remember(notes);
    else if (fate === 'cut-after') this.#remember(notes);
    return notes;
  }

  #remember(notes: TransactionNotes): void {
    for (const { draft } of notes.drafts) this.#rows.add(draft.op);
    if (notes.hasOfferedAgain) {
      this.#accepted.clear();
      this.#restoresMet += 1;
    }
    for (const { op, receipt } of notes.accepted) this.#accepted.set(op, receipt);
    for (const [key, { now, record }] of notes.puts) {
      this.#revisions.set(key, now);
      this.held.put(key, record);
    }
  }

  /** Only rows that the center's backup holds, and that were accepted long enough ago, may be forgotten (PUSH-11, PUSH-16). */
  #forgetWhatIsForgotten(rows: ReadonlySet<OperationId>, { forgotten }: TransactionNotes): void {
    for (const op of this.#rows) {
      if (rows.has(op)) continue;
      const accepted = this.#accepted.get(op);
      if (accepted === undefined) throw new Error(`a write was forgotten before it was accepted: ${op}`);
      const { centerSeq, at } = accepted;
      if (!forgotten.some(({ through, before }) => centerSeq <= through && at < before)) {
        throw new Error(`a write was forgotten before its time: ${op}`);
      }
      this.#rows.delete(op);
    }
  }
}

/** Of everything by which a transaction shows on the disk, whether it is there. */
function marksOf(
  notes: TransactionNotes,
  replica: Pick<Replica, 'get'>,
  rows: ReadonlySet<OperationId>,
): readonly boolean[] {
  return [
    ...notes.drafts.map(({ draft }) => rows.has(draft.op)),
    ...[...notes.puts]
      .filter(([, { now, before }]) => now !== before)
      .map(([key, { now }]) => revisionIn(replica, key) === now),
  ];
}

function revisionIn(replica: Pick<Replica, 'get'>, key: string): Revision | null {
  const [collection = '', id = ''] = key.split('/');
  // The key was made from a collection's name and a record's id.
  return replica.get(collection as CollectionName, id as Parameters<Replica['get']>[1])?.rev ?? null;
}
