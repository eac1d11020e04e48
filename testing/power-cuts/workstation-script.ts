import { createHash } from 'node:crypto';
import type { OutboxRow, Replica, ReplicaTransaction } from '#clinic/ports/replica.ts';
import { collectionNames } from '#contracts/records/registry.ts';
import { canonicalJson } from '#sync/merge/canonical-json.ts';
import { SeededRandom } from '../doubles/seeded-random.ts';
import { draftOf, patientRecord, recordId, visitRecord } from '../store/sample-records.ts';

/** Visits that one pull brings. */
const visitsPerPull = 12;
const scope = visitRecord(0).scope;

/** The family name that the search finds the patient of action `number` by. */
export const familyOf = (number: number): string =>
  `Family${[...String(number)].map((digit) => 'abcdefghij'[Number(digit)]).join('')}`;

/**
 * What a workstation does as its action `number`, the same whenever it is asked: a nurse's save, and now and then what the
 * exchange writes. Every table of the replica is written by some of them.
 */
export function act(transaction: ReplicaTransaction, number: number): void {
  const random = new SeededRandom(number);
  transaction.settings.set('actions', String(number));
  if (number % 9 === 8) pull(transaction, number, random);
  else save(transaction, number, random);
  if (number % 4 === 3) hearVerdicts(transaction, number);
  if (number % 7 === 6) rewrite(transaction);
  if (number % 11 === 10) transaction.outbox.forgetThrough(scope, number - 20, number);
  if (number % 17 === 16) transaction.outbox.offerAgain();
  const record = recordId(number);
  transaction.audit({ at: number, person: null, action: 'script', collection: 'visits', record });
}

function save(transaction: ReplicaTransaction, number: number, random: SeededRandom): void {
  const visit = visitRecord(number, { reason: 'x'.repeat(random.below(300)), patient: 1_000 + number });
  transaction.put('visits', visit);
  transaction.put('patients', patientRecord(1_000 + number, familyOf(number)));
  transaction.outbox.append(draftOf(2_000 + number, visit, random.pick([0, 1, 2])));
  if (random.chance(0.3)) transaction.sync.setShadow('visits', visit);
}

function pull(transaction: ReplicaTransaction, number: number, random: SeededRandom): void {
  for (let each = 0; each < visitsPerPull; each += 1) {
    const visit = visitRecord(100_000 + random.below(200), {
      reason: 'y'.repeat(random.below(300)),
      version: number,
    });
    transaction.put('visits', visit);
  }
  transaction.sync.setCheckpoint(scope, 1, { epoch: 'e', seq: number });
  transaction.remove('visits', recordId(100_000 + random.below(200)));
}

function hearVerdicts(transaction: ReplicaTransaction, number: number): void {
  for (const row of transaction.outbox.pending(2)) {
    transaction.outbox.accept(row.op, row.seq, number);
    transaction.sync.removeShadow('visits', row.record.id);
  }
  for (const row of transaction.outbox.asides(1)) transaction.outbox.accept(row.op, row.seq, number);
}

function rewrite(transaction: ReplicaTransaction): void {
  const [first, second] = transaction.outbox.pending(2);
  if (first !== undefined) transaction.outbox.quarantine(first.op, 'sync.record-refused');
  if (second !== undefined) transaction.outbox.supersede([second.op]);
}

/** All that the replica says, as one number; the audit trail apart. */
export function fingerprint(replica: Replica): string {
  const { outbox, sync, settings } = replica;
  const said = [
    collectionNames.map((collection) => replica.find(collection, {})),
    collectionNames.map((collection) => replica.revisions(collection, null, 10_000)),
    (['pending', 'accepted', 'quarantined'] as const).map((state) =>
      wholeRows(outbox.byState(state, 10_000)),
    ),
    wholeRows(outbox.asides(10_000)),
    outbox.counts(),
    sync
      .shadows()
      .map(({ collection, id }) => sync.shadow(collection, id))
      .sort((left, right) => String(left?.id).localeCompare(String(right?.id))),
    sync.checkpoint(scope, 1) ?? null,
    settings.get('actions') ?? null,
    settings.get('identity') ?? null,
    replica.find('visits', {}).map(({ id }) => outbox.receipt('visits', id)),
  ];
  return createHash('sha256').update(canonicalJson(said)).digest('hex');
}

/** A row gives its text and its record only when it is asked for them: they are no members that copying finds. */
const wholeRows = (rows: readonly OutboxRow[]) =>
  rows.map((row) => ({ ...row, utf8: row.utf8, record: row.record }));
