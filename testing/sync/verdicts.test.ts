import * as v from 'valibot';
import { beforeEach, describe, expect, it } from 'vitest';
import type { OutboxRow } from '#clinic/ports/replica.ts';
import { DeviceIdSchema, RevisionSchema } from '#contracts/ids.ts';
import type { RecordOf } from '#contracts/records/registry.ts';
import type { Verdict } from '#contracts/wire/center-messages.ts';
import { applyVerdicts } from '#sync/client/apply-verdicts.ts';
import { commitPortion } from '#sync/client/commit-portion.ts';
import { contestedRecords, type ReadDocument } from '#sync/client/read-portion.ts';
import { SendLedger } from '#sync/client/send-ledger.ts';
import { recordLocalWrite } from '#sync/local-write.ts';
import { uuidV7 } from '#sync/uuid-v7.ts';
import { MemoryReplica } from '../doubles/memory-replica.ts';
import { SeededRandom } from '../doubles/seeded-random.ts';
import { randomPatient, randomPerson, randomRecordId } from './random-bodies.ts';
import { facility } from './sync-world.ts';

const now = 1_800_000_000_000;
const epoch = '0190a000-0000-7000-8000-000000000000';
const revision = (version: number) => v.parse(RevisionSchema, `${version}-${'c'.repeat(32)}`);

describe('verdicts and portions, one by one', () => {
  let random: SeededRandom;
  let replica: MemoryReplica;
  let id: RecordOf<'patients'>['id'];
  const device = v.parse(DeviceIdSchema, uuidV7(1, new SeededRandom(1)));
  beforeEach(() => {
    random = new SeededRandom(5);
    replica = new MemoryReplica();
    id = randomRecordId(random);
  });

  const context = () => ({ device, scope: facility, now, random });
  const pending = () => replica.outbox.pendingOf('patients', id);
  const edit = (phone: string) =>
    replica.transact((transaction) => {
      const body = { ...(transaction.get('patients', id)?.body ?? randomPatient(random)), phone };
      const common = { scope: facility, author: randomPerson(random), device, at: now, random };
      return recordLocalWrite(transaction, { ...common, collection: 'patients', id, body });
    });
  const answer = (rows: readonly OutboxRow[], verdicts: readonly Verdict[]) =>
    replica.transact((transaction) => applyVerdicts(transaction, rows, verdicts, context()));
  const ok = (row: OutboxRow, seq: number): Verdict => ({
    verdict: 'ok',
    op: row.op,
    rev: row.rev,
    seq,
    at: now,
  });
  const first = (rows: readonly OutboxRow[]): OutboxRow => {
    const [row] = rows;
    if (row === undefined) throw new Error('no row');
    return row;
  };
  const documentsOf = (record: RecordOf<'patients'>, seq: number): readonly ReadDocument[] => [
    { kind: 'record', seq, received: { collection: 'patients', record } },
  ];
  const portionOf = (record: RecordOf<'patients'>, seq: number) => ({
    epoch,
    scope: facility,
    lane: 1 as const,
    since: replica.sync.checkpoint(facility, 1)?.seq ?? 0,
    through: seq,
    documents: documentsOf(record, seq),
  });

  it('moves the shadow to each version the center took, while later edits are unsent (PUSH-4)', async () => {
    const one = await edit('+998900000001');
    const two = await edit('+998900000002');
    await edit('+998900000003');
    const rows = pending();
    await answer([first(rows)], [ok(first(rows), 1)]);
    expect(replica.sync.shadow('patients', id)).toEqual(one);
    await answer([first(pending())], [ok(first(pending()), 2)]);
    expect(replica.sync.shadow('patients', id)).toEqual(two);
    await answer([first(pending())], [ok(first(pending()), 3)]);
    expect(replica.sync.shadow('patients', id)).toBeUndefined();
  });

  it('does not merge on the answer to a later row while an earlier one may have been applied', async () => {
    await edit('+998900000001');
    await edit('+998900000002');
    const rows = pending();
    const [one, two] = rows;
    if (one === undefined || two === undefined) throw new Error('no rows');
    const theirs = { ...one.record, rev: revision(7) };
    const outcome = await answer(rows, [
      { verdict: 'retry', op: one.op, waitMs: 1 },
      { verdict: 'conflict', op: two.op, record: theirs },
    ]);
    expect(pending()).toEqual(rows);
    expect(outcome.waiting).toHaveLength(2);
  });

  it('merges without a question with a version that is this workstation own earlier one', async () => {
    const one = await edit('+998900000001');
    await edit('+998900000002');
    await answer([first(pending())], [{ verdict: 'conflict', op: first(pending()).op, record: one }]);
    expect(pending().map((row) => row.baseRev)).toEqual([one.rev]);
    expect(replica.get('patients', id)?.body.phone).toBe('+998900000002');
    expect(replica.count('reviews', {})).toBe(0);
  });

  it('takes no base from which the version of a restored center cannot descend', async () => {
    await edit('+998900000001');
    const row = first(pending());
    await answer([row], [ok(row, 1)]);
    await edit('+998900000002');
    const older = { ...row.record, rev: revision(1) };
    await answer([first(pending())], [{ verdict: 'conflict', op: first(pending()).op, record: older }]);
    expect(replica.count('reviews', {})).toBe(1);
  });

  it('skips a document that is older than what the center took since (PULL-7)', async () => {
    const ledger = new SendLedger();
    const before = await edit('+998900000001');
    const newest = await edit('+998900000002');
    for (const [seq, row] of pending().entries()) await answer([row], [ok(row, seq + 1)]);
    ledger.accepted({ collection: 'patients', id }, 2);
    await replica.transact((transaction) =>
      commitPortion(transaction, portionOf(before, 1), ledger, context()),
    );
    expect(replica.get('patients', id)).toEqual(newest);
    const foreign = { ...newest, rev: revision(3) };
    await replica.transact((transaction) =>
      commitPortion(transaction, portionOf(foreign, 3), ledger, context()),
    );
    expect(replica.get('patients', id)).toEqual(foreign);
  });

  it('merges a document with edits that were never sent, and holds back one whose edits may be there (PULL-5, PULL-6)', async () => {
    const ledger = new SendLedger();
    const stored = await edit('+998900000001');
    await answer(pending(), [ok(first(pending()), 1)]);
    await edit('+998900000002');
    const theirs = { ...stored, rev: revision(2), body: { ...stored.body, bloodGroup: 'A+' as const } };
    ledger.sent(pending());
    expect(contestedRecords(replica, documentsOf(theirs, 2), ledger)).toEqual([
      { collection: 'patients', id },
    ]);
    ledger.notApplied(first(pending()));
    expect(contestedRecords(replica, documentsOf(theirs, 2), ledger)).toEqual([]);
    const outcome = await replica.transact((transaction) =>
      commitPortion(transaction, portionOf(theirs, 2), ledger, context()),
    );
    expect(outcome.merged).toBe(1);
    expect(replica.get('patients', id)?.body).toMatchObject({ phone: '+998900000002', bloodGroup: 'A+' });
    expect(pending().map((row) => row.baseRev)).toEqual([theirs.rev]);
  });

  it('refuses a portion that does not follow the checkpoint, and writes nothing of it (PULL-2)', async () => {
    const ledger = new SendLedger();
    const record = { ...(await edit('+998900000001')), id: randomRecordId(random) };
    const gap = { ...portionOf(record, 9), since: 4 };
    const committing = replica.transact((transaction) => commitPortion(transaction, gap, ledger, context()));
    await expect(committing).rejects.toThrow('does not follow');
    expect(replica.get('patients', record.id)).toBeUndefined();
    expect(replica.sync.checkpoint(facility, 1)).toBeUndefined();
  });
});
