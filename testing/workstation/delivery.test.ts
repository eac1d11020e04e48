import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import type { Delivery } from '#contracts/bridge/views.ts';
import { type Instant, type RecordId, RecordIdSchema, RevisionSchema } from '#contracts/ids.ts';
import type { CollectionName, RecordOf } from '#contracts/records/registry.ts';
import { type BridgeBench, benchPerTest } from './bridge-bench.ts';

// docs/specs/bridge.md WS-8: what a screen says of a record is said of the very version that it shows.

const bench = benchPerTest();
const receivedAt = Date.UTC(2026, 2, 10, 5, 42);
const hourMs = 3_600_000;
const atCenter: Delivery = { state: 'at-center' };

/** The center takes everything that is pending. */
const acceptAll = ({ replica }: BridgeBench, at: Instant) =>
  replica().transact(({ outbox }) => {
    for (const [index, { op }] of outbox.pending(100).entries()) outbox.accept(op, index + 1, at);
  });

/** A version of a record as another computer wrote it comes from the center. */
async function receive<C extends CollectionName>(
  { replica }: BridgeBench,
  collection: C,
  record: RecordOf<C> | undefined,
  capturedAt: Instant = receivedAt + hourMs,
): Promise<RecordOf<C>> {
  if (record === undefined) throw new Error('no such record');
  const version = Number.parseInt(record.rev, 10) + 1;
  const rev = v.parse(RevisionSchema, `${version}-${'e'.repeat(32)}`);
  const next: RecordOf<C> = { ...record, rev, capturedAt };
  await replica().transact((transaction) => transaction.put(collection, next));
  return next;
}

/** How a visit is said to have got, by the patient's record, once it says `state`. */
async function visitDelivery(
  { screen }: BridgeBench,
  patientId: RecordId,
  state: Delivery['state'],
): Promise<Delivery | undefined> {
  const view = screen.open('patients.record', { id: patientId });
  const record = await view.until((value) => value?.visits[0]?.delivery.state === state);
  view.close();
  return record?.visits[0]?.delivery;
}

describe('delivery (WS-8)', () => {
  test('the receipt of a version is not that of the one another computer wrote on it', async () => {
    const here = bench();
    const { screen, replica, register, startVisit } = here;
    const patientId = await register();
    const visit = await startVisit(patientId);
    const asking = { pinfl: '41203851234560', ground: 'break-glass', reason: 'hushsiz keltirildi' } as const;
    const sent = await screen.request('requests.ask-access', asking);
    if (!sent.ok) throw new Error(sent.error.code);
    const record = screen.open('patients.record', { id: patientId });
    const queue = screen.open('queue.day', {});
    const open = screen.open('requests.open', {});
    await acceptAll(here, receivedAt);
    const own: Delivery = { state: 'received', receivedAt };
    const mine = await record.until((value) => value?.delivery.state === 'received');
    expect([mine?.delivery, mine?.visits[0]?.delivery]).toEqual([own, own]);
    const row = (await queue.until(({ rows }) => rows[0]?.delivery.state === 'received')).rows[0];
    expect(row?.delivery).toEqual(own);
    const [request] = await open.until((rows) => rows[0]?.delivery.state === 'received');
    expect(request?.delivery).toEqual(own);

    const amended = await receive(here, 'patients', replica().get('patients', patientId));
    const continued = await receive(here, 'visits', replica().get('visits', visit));
    const answered = await receive(here, 'requests', replica().get('requests', sent.value.id));
    const theirs = await record.until(
      (value) => value?.rev === amended.rev && value.visits[0]?.rev === continued.rev,
    );
    expect([theirs?.delivery, theirs?.visits[0]?.delivery]).toEqual([atCenter, atCenter]);
    const [requestThen] = await open.until((rows) => rows[0]?.rev === answered.rev);
    expect(requestThen?.delivery).toEqual(atCenter);
    const again = await screen.open('queue.day', {}).until(({ rows }) => rows.length === 1);
    expect(again.rows[0]?.delivery).toEqual(atCenter);
  });

  test('a record that was never written here is at the center, and no time is said', async () => {
    const here = bench();
    const { screen, replica, register, startVisit } = here;
    const patientId = await register();
    const own = replica().get('visits', await startVisit(patientId));
    if (own === undefined) throw new Error('no visit');
    await acceptAll(here, receivedAt);
    const id = v.parse(RecordIdSchema, own.id.replace(/.{4}$/, 'beef'));
    await receive(here, 'visits', { ...own, id }, receivedAt - 72 * hourMs);
    const record = await screen.open('patients.record', { id: patientId }).until((value) => value !== null);
    const deliveries = record?.visits.map((visit) => [visit.id === id, visit.delivery]);
    expect(deliveries).toHaveLength(2);
    expect(deliveries).toContainEqual([true, atCenter]);
    expect(deliveries).toContainEqual([false, { state: 'received', receivedAt }]);
  });

  test('what is written here on a version from elsewhere is saved, then received at its own time', async () => {
    const here = bench();
    const { screen, replica, register, startVisit } = here;
    const patientId = await register();
    const visit = await startVisit(patientId);
    await acceptAll(here, receivedAt);
    await receive(here, 'visits', replica().get('visits', visit));
    expect(await visitDelivery(here, patientId, 'at-center')).toEqual(atCenter);
    const moved = await screen.request('visits.move', { id: visit, state: 'in-progress' });
    if (!moved.ok) throw new Error(moved.error.code);
    expect(await visitDelivery(here, patientId, 'saved')).toEqual(moved.value.delivery);
    await acceptAll(here, receivedAt + 2 * hourMs);
    expect(await visitDelivery(here, patientId, 'received')).toEqual({
      state: 'received',
      receivedAt: receivedAt + 2 * hourMs,
    });
  });

  test('an own version keeps its receipt when it comes back and when its row is forgotten', async () => {
    const here = bench();
    const { replica, register, startVisit } = here;
    const patientId = await register();
    const visit = replica().get('visits', await startVisit(patientId));
    if (visit === undefined) throw new Error('no visit');
    await acceptAll(here, receivedAt);
    await replica().transact((transaction) => {
      transaction.put('visits', visit);
      transaction.outbox.forgetThrough(visit.scope, 100, receivedAt + 1);
    });
    expect(replica().outbox.hasAccepted('visits', visit.id)).toBe(false);
    expect(await visitDelivery(here, patientId, 'received')).toEqual({ state: 'received', receivedAt });
  });

  test('a refused version is not received, and one from elsewhere in its place is at the center', async () => {
    const here = bench();
    const { screen, replica, register, startVisit } = here;
    const patientId = await register();
    const visit = await startVisit(patientId);
    await acceptAll(here, receivedAt);
    const moved = await screen.request('visits.move', { id: visit, state: 'in-progress' });
    if (!moved.ok) throw new Error(moved.error.code);
    await replica().transact(({ outbox }) => {
      for (const { op } of outbox.pending(100)) outbox.quarantine(op, 'sync.record-refused');
    });
    expect(replica().outbox.counts()).toMatchObject({ pending: 0, quarantined: 1 });
    expect(await visitDelivery(here, patientId, 'saved')).toEqual(moved.value.delivery);
    await receive(here, 'visits', replica().get('visits', visit));
    expect(await visitDelivery(here, patientId, 'at-center')).toEqual(atCenter);
  });
});
