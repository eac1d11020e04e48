import type { Action, AnyPlannedWrite, PlannedWrite } from '#clinic/actions/action.ts';
import type { ReplicaReader, ReplicaTransaction } from '#clinic/ports/replica.ts';
import type { SavedHere } from '#contracts/bridge/views.ts';
import type { Instant, PersonId, RecordId, Revision } from '#contracts/ids.ts';
import type { AnyRecord, CollectionName } from '#contracts/records/registry.ts';
import { ok, type Result } from '#contracts/result.ts';
import { recordLocalWrite } from '#sync/local-write.ts';
import { patientOfWrite } from './patient-of-write.ts';
import type { Session } from './session.ts';

/** Answer to everything that writes. */
export interface Saved {
  readonly id: RecordId;
  readonly rev: Revision;
  readonly delivery: SavedHere;
  /** A visit that was closed, with the signature of whoever acted. */
  readonly isSigned?: true;
}

/**
 * Runs a pure action on the present state and writes what it planned: records, outbox rows and audit rows in one
 * transaction (WS-4). Resolves after the commit is durable. A refused action writes nothing and gives its error; the
 * replica's own failures reject with a `ReplicaFailure`.
 */
export function act<Input>(session: Session, action: Action<Input>, input: Input): Promise<Result<Saved>> {
  return session.replica.transact((transaction): Result<Saved> => {
    const context = session.context();
    const plan = action(transaction, input, context);
    if (!plan.ok) return plan;
    const written = plan.value.writes.map((write) => writeOne(transaction, session, write, context.now));
    const subject = written.find((record) => record.id === plan.value.subject);
    if (subject === undefined) throw new Error('the action did not write its subject');
    const { id, rev, capturedAt } = subject;
    const saved: Saved = { id, rev, delivery: { state: 'saved', savedAt: capturedAt } };
    return ok(
      isSignedNow(plan.value.writes, session.person, context.now) ? { ...saved, isSigned: true } : saved,
    );
  });
}

/** Whether one of the writes carries a signature that this very action made: without a signer a visit is closed too. */
const isSignedNow = (writes: readonly AnyPlannedWrite[], person: PersonId, now: Instant): boolean =>
  writes.some(
    (write) =>
      write.collection === 'visits' &&
      (write.body.signatures ?? []).some(({ by, at }) => by === person && at === now),
  );

/**
 * What the workstation writes without being asked, in one transaction like an action; the audit trail names nobody. The
 * plan is made on the state it is written on.
 */
export function writeByItself(
  session: Session,
  plan: (reader: ReplicaReader) => readonly AnyPlannedWrite[],
): Promise<void> {
  return session.replica.transact((transaction) => {
    const { now } = session.context();
    for (const write of plan(transaction)) writeOne(transaction, session, write, now, null);
  });
}

function writeOne<C extends CollectionName>(
  transaction: ReplicaTransaction,
  session: Session,
  write: PlannedWrite<C> & AnyPlannedWrite,
  now: number,
  person: Session['person'] | null = session.person,
): AnyRecord {
  const patient = patientOfWrite(transaction, write);
  const record = recordLocalWrite(transaction, {
    collection: write.collection,
    id: write.id,
    body: write.body,
    scope: session.scope,
    author: session.person,
    device: session.device,
    at: now,
    enteredLate: write.enteredLate,
    random: session.random,
  });
  transaction.audit({
    at: now,
    person,
    action: write.audit,
    collection: write.collection,
    record: write.id,
    ...(write.reason === undefined ? {} : { reason: write.reason }),
    ...(patient === undefined ? {} : { patient }),
  });
  return record;
}
