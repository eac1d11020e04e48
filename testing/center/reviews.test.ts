import { randomUUID } from 'node:crypto';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { idFor } from '#center/sharing/center-version.ts';
import { pairReviewId } from '#clinic/reviews/pair-id.ts';
import { countingDecision } from '#clinic/reviews/review-decisions.ts';
import {
  OperationIdSchema,
  type RecordId,
  RecordIdSchema,
  type Revision,
  RevisionSchema,
  type Scope,
} from '#contracts/ids.ts';
import { recordSchemas } from '#contracts/records/registry.ts';
import type { ReviewBody } from '#contracts/records/reviews.ts';
import { revisionOf } from '#sync/merge/revision.ts';
import { type CenterWorld, startWorld } from './center-world.ts';
import {
  facilityA,
  facilityB,
  patient,
  rowFor,
  somePerson,
  staffMember,
  type TestRow,
} from './test-records.ts';
import { connect, type WelcomedClient } from './wire-client.ts';

let world: CenterWorld;
let client: WelcomedClient;
let session = '';

beforeAll(async () => {
  world = await startWorld();
  client = await connect(world.center.url, await world.enrol());
  const token = world.center.pageUrl.split('token=')[1] ?? '';
  const answer = await fetch(new URL('/api/session', world.center.pageUrl), {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
  });
  session = v.parse(v.object({ session: v.string() }), await answer.json()).session;
});
afterAll(async () => {
  await client?.close();
  await world?.close();
});

const ask = async (path: string, body: unknown, as = session) => {
  const answer = await fetch(new URL(path, world.center.pageUrl), {
    method: 'POST',
    headers: { authorization: `Bearer ${as}` },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  return { status: answer.status, value: text === '' ? null : JSON.parse(text) };
};
const settle = async (order: object) => (await ask('/api/settlements', { scope: facilityA, ...order })).value;
const listed = async (): Promise<readonly { id: string; scope: string }[]> =>
  (await ask('/api/reviews', {})).value.reviews;

async function stored<C extends 'patients' | 'reviews'>(collection: C, id: string, scope: Scope = facilityA) {
  const { rows } = await world.sql.query(
    'select body, rev from doc where scope = $1 and collection = $2 and id = $3',
    [scope, collection, id],
  );
  const text: unknown = rows[0]?.body;
  return v.parse(recordSchemas[collection], JSON.parse(String(text)));
}

const ListSchema = v.object({ reviews: v.array(v.object({ id: v.string() })), more: v.number() });
const aRevision: Revision = v.parse(RevisionSchema, `1-${'0'.repeat(32)}`);
const someone = (id: RecordId, phone: string, more: object = {}) => {
  const row = patient(facilityA, 'Maxfiyeva', id);
  return rowFor('patients', { ...row, body: { ...row.body, phone, ...more } });
};
const reviewRow = (id: RecordId, body: ReviewBody, baseRev: Revision | null = null): TestRow =>
  rowFor('reviews', { ...patient(facilityA, 'x', id), body }, baseRev);
const newId = () => v.parse(RecordIdSchema, patient(facilityA).id);

/** A patient with two telephone numbers, and the question about it. */
async function asked() {
  const [id, reviewId] = [newId(), newId()];
  const body: ReviewBody = {
    subject: { collection: 'patients', id },
    question: {
      kind: 'conflict',
      fields: [
        {
          field: 'phone',
          mine: JSON.stringify('+998902222222'),
          theirs: JSON.stringify('+998901111111'),
        },
      ],
      mineRev: aRevision,
      theirsRev: aRevision,
      mineAuthor: somePerson,
      theirsAuthor: somePerson,
    },
    decisions: [],
  };
  const rows = [someone(id, '+998901111111'), reviewRow(reviewId, body)] as const;
  await client.push(rows);
  return { id, reviewId, body, rows };
}

/** Two records that may be one citizen. */
async function alike() {
  const [first, second] = [newId(), newId()];
  const id = pairReviewId(first, second);
  const body: ReviewBody = {
    subject: { collection: 'patients', id: first },
    question: { kind: 'possible-duplicate', other: second, score: 0.7 },
    decisions: [],
  };
  const rows = [someone(first, '+998901111111'), someone(second, '+998901111112'), reviewRow(id, body)];
  await client.push(rows);
  return { first, second, id, body };
}

describe("REV: the center's inbox", () => {
  it('is closed to strangers and to what does not fit', async () => {
    const { reviewId } = await asked();
    for (const path of ['/api/reviews', '/api/review', '/api/settlements']) {
      expect((await ask(path, {}, 'nobody')).status).toBe(401);
    }
    expect((await ask('/api/review', { scope: facilityA, id: 'x' })).status).toBe(400);
    expect((await ask('/api/review', { scope: facilityB, id: reviewId })).status).toBe(404);
    expect((await ask('/api/settlements', { scope: facilityA, id: reviewId, choice: 'both' })).status).toBe(
      400,
    );
  });

  it('lists where, since when and which fields, without a name or a value', async () => {
    const { reviewId } = await asked();
    const { value } = await ask('/api/reviews', {});
    const text = JSON.stringify(value);
    expect(await listed()).toContainEqual({
      scope: facilityA,
      id: reviewId,
      kind: 'conflict',
      collection: 'patients',
      fields: ['phone'],
      since: expect.any(Number),
    });
    expect(text).not.toContain('Maxfiyeva');
    expect(text).not.toContain('+99890');
  });

  it('opens one question with its values, what the record says now, and who wrote', async () => {
    const nurse = rowFor('staff', staffMember(facilityA, 'Karimova', somePerson));
    await client.push([nurse]);
    const { id, reviewId, rows } = await asked();
    const [before] = rows;
    const again = someone(id, '+998903333333');
    await client.push([rowFor('patients', { ...again.record }, before.rev)]);
    const { value } = await ask('/api/review', { scope: facilityA, id: reviewId });
    expect(value.review).toMatchObject({
      kind: 'conflict',
      isOpen: true,
      mineBy: 'Karimova Nodira',
      patient: { name: { family: 'Maxfiyeva' } },
      fields: [{ field: 'phone', present: JSON.stringify('+998903333333') }],
    });
  });

  it('settles with the center as the author, in both records, and tells the workstation', async () => {
    const { id, reviewId } = await asked();
    const heads = await world.sql.query('select head from scope_head where scope = $1', [facilityA]);
    expect(await settle({ id: reviewId, choice: 'mine' })).toEqual({ code: null });
    const [record, review] = [await stored('patients', id), await stored('reviews', reviewId)];
    expect(record.body).toMatchObject({ phone: '+998902222222' });
    const center = (await world.sql.query('select id from center')).rows[0]?.id;
    expect([record.author, review.author, countingDecision(review.body)?.by]).toEqual([
      center,
      center,
      center,
    ]);
    const { rows } = await world.sql.query(
      'select collection, id, rev, device from feed where scope = $1 and seq > $2 order by seq',
      [facilityA, heads.rows[0]?.head],
    );
    expect(rows).toEqual([
      { collection: 'patients', id, rev: record.rev, device: null },
      { collection: 'reviews', id: reviewId, rev: review.rev, device: null },
    ]);
    expect((await listed()).map((each) => each.id)).not.toContain(reviewId);
    expect(await settle({ id: reviewId, choice: 'theirs' })).toEqual({ code: 'record.changed-meanwhile' });
    const changes = countingDecision(review.body)?.id;
    expect(await settle({ id: reviewId, choice: 'taken-back', changes })).toEqual({ code: null });
    expect((await stored('patients', id)).body).toMatchObject({ phone: '+998901111111' });
    expect((await listed()).map((each) => each.id)).toContain(reviewId);
  });

  it('overwrites nothing that the page did not show, and leaves nothing half done', async () => {
    const { id, reviewId, rows } = await asked();
    const [before] = rows;
    const later = someone(id, '+998903333333');
    await client.push([rowFor('patients', later.record, before.rev)]);
    expect(await settle({ id: reviewId, choice: 'mine' })).toEqual({ code: 'record.changed-meanwhile' });
    expect((await stored('reviews', reviewId)).body.decisions).toEqual([]);
    const subjectRev = (await stored('patients', id)).rev;
    expect(await settle({ id: reviewId, choice: 'mine', subjectRev })).toEqual({ code: null });
    expect((await stored('patients', id)).body.phone).toBe('+998902222222');
  });

  it('a workstation that decided meanwhile gets a conflict, and its decision is kept behind', async () => {
    const { reviewId, body, rows } = await asked();
    expect(await settle({ id: reviewId, choice: 'theirs' })).toEqual({ code: null });
    const decision = { id: newId(), at: 1, by: somePerson, choice: 'mine' as const };
    const [, asking] = rows;
    const [verdict] = await client.push([
      reviewRow(reviewId, { ...body, decisions: [decision] }, asking.rev),
    ]);
    expect(verdict?.verdict).toBe('conflict');
  });

  it('two operators at once: one settles, the other is told', async () => {
    const { reviewId } = await asked();
    const answers = await Promise.all(
      (['mine', 'theirs', 'mine', 'theirs'] as const).map((choice) => settle({ id: reviewId, choice })),
    );
    expect(answers.filter(({ code }) => code === null)).toHaveLength(1);
    expect(answers.filter(({ code }) => code === 'record.changed-meanwhile')).toHaveLength(3);
    expect((await stored('reviews', reviewId)).body.decisions).toHaveLength(1);
  });

  it('links two records and takes the link back', async () => {
    const { first, second, id } = await alike();
    const { value } = await ask('/api/review', { scope: facilityA, id });
    expect(value.review.pair.map((each: { id: string }) => each.id)).toEqual([first, second]);
    expect(await settle({ id, choice: 'same' })).toEqual({ code: 'record.invalid' });
    expect(await settle({ id, choice: 'same', goesOn: first })).toEqual({ code: null });
    expect((await stored('patients', second)).body.replacedBy).toMatchObject({ other: first, reviewId: id });
    const changes = countingDecision((await stored('reviews', id)).body)?.id;
    expect(await settle({ id, choice: 'taken-back', changes })).toEqual({ code: null });
    expect((await stored('patients', second)).body.replacedBy).toBeUndefined();
  });

  it('keeps replaced versions and true revisions', async () => {
    const { reviewId } = await asked();
    const before = await stored('reviews', reviewId);
    await settle({ id: reviewId, choice: 'theirs' });
    const kept = await world.sql.query('select rev from doc_history where scope = $1 and id = $2', [
      facilityA,
      reviewId,
    ]);
    expect(kept.rows.map((row: { rev: string }) => row.rev)).toEqual([before.rev]);
    const after = await stored('reviews', reviewId);
    const op = v.parse(OperationIdSchema, idFor(`settle\n${reviewId}\n${before.rev}`));
    expect(after.rev).toBe(revisionOf(op, before.rev, 'reviews', after));
  });

  it('lists what is open however much was settled before, and tells how many more there are', async () => {
    const decision = { id: randomUUID(), at: 1, by: somePerson, choice: 'different' } as const;
    const back = { ...decision, id: randomUUID(), choice: 'taken-back', changes: decision.id } as const;
    const about = (number: number, decisions: ReviewBody['decisions']) => {
      const id = v.parse(RecordIdSchema, `ffffffff-0000-7000-8000-${String(number).padStart(12, '0')}`);
      const body: ReviewBody = {
        subject: { collection: 'patients', id },
        question: { kind: 'possible-duplicate', other: newId(), score: 1 },
        decisions,
      };
      const row = rowFor('reviews', { ...reviewRow(id, body).record, capturedAt: number });
      return row;
    };
    const settled = Array.from({ length: 1_100 }, (_, index) => about(index, [decision]));
    const reopened = about(5_000, [decision, back]);
    const open = Array.from({ length: 305 }, (_, index) => about(6_000 + index, []));
    const before = v.parse(ListSchema, (await ask('/api/reviews', {})).value);
    const rows = [...settled, reopened, ...open];
    for (let first = 0; first < rows.length; first += 400) await client.push(rows.slice(first, first + 400));
    const { reviews, more } = v.parse(ListSchema, (await ask('/api/reviews', {})).value);
    expect(before.more).toBe(0);
    expect(reviews).toHaveLength(300);
    expect(reviews.length + more).toBe(before.reviews.length + 306);
    expect(reviews[0]?.id).toBe(reopened.id);
  });
});
