import * as v from 'valibot';
import { beforeEach, describe, expect, test } from 'vitest';
import { pairReviewId } from '#clinic/reviews/pair-id.ts';
import type { RequestInput } from '#contracts/bridge/requests.ts';
import { DeviceIdSchema, type RecordId, RecordIdSchema } from '#contracts/ids.ts';
import type { PatientBody } from '#contracts/records/patients.ts';
import type { CollectionName, RecordOf } from '#contracts/records/registry.ts';
import type { Decision, ReviewBody } from '#contracts/records/reviews.ts';
import { benchPerTest } from './bridge-bench.ts';

const bench = benchPerTest();
const elsewhere = v.parse(DeviceIdSchema, '01930000-0000-7000-8000-0000000000d2');
const idOf = (number: number): RecordId =>
  v.parse(RecordIdSchema, `01930000-0000-7000-8000-${String(number).padStart(12, '0')}`);
let strangers = 100;
beforeEach(() => {
  strangers += 10;
});

/** Puts a record as the exchange would. */
async function arrive<C extends CollectionName>(
  collection: C,
  id: RecordId,
  body: RecordOf<C>['body'],
): Promise<void> {
  const { replica } = bench();
  const like = replica().find('staff', { limit: 1 })[0];
  if (like === undefined) throw new Error('nobody works here');
  const { scope, rev, author, capturedAt, hlc } = like;
  await replica().transact((transaction) => {
    const record = { id, scope, rev, author, device: elsewhere, capturedAt, hlc, body };
    transaction.put(collection, record);
  });
}

const patientBody = (id: RecordId): PatientBody => {
  const body = bench().replica().get('patients', id)?.body;
  if (body === undefined) throw new Error('no such patient');
  return body;
};
/** Lets the background look at what waits. */
async function look(times = 6): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    bench().rig.timers.advance(200);
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
}
const reviewsHere = () => bench().replica().find('reviews', {});
const settle = async (input: RequestInput<'reviews.settle'>) => {
  const answer = await bench().screen.request('reviews.settle', input);
  return answer.ok ? 'ok' : answer.error.code;
};

describe('DUP-4: a patient who arrives and is like one who is here', () => {
  test('is asked about once, and never again after "different"', async () => {
    const here = await bench().register();
    const there = idOf(strangers);
    const { allergies, ...alike } = patientBody(here);
    await arrive('patients', there, { ...alike, allergies });
    await look();
    expect(reviewsHere().map(({ id }) => id)).toEqual([pairReviewId(here, there)]);
    await arrive('patients', there, { ...patientBody(there), phone: '+998901234567' });
    await look();
    expect(reviewsHere()).toHaveLength(1);
    expect(await settle({ id: pairReviewId(here, there), choice: 'different' })).toBe('ok');
    await arrive('patients', there, { ...patientBody(there), phone: '+998901234568' });
    await look();
    expect(reviewsHere()).toHaveLength(1);
  });

  test('is not asked about during the first copy, nor when registered here', async () => {
    const { register, rig } = bench();
    const here = await register();
    await register();
    await look();
    expect(reviewsHere()).toEqual([]);
    rig.exchange.state = { ...rig.exchange.state, isFirstCopy: true };
    await arrive('patients', idOf(strangers), patientBody(here));
    await look();
    expect(reviewsHere()).toEqual([]);
  });
});

describe('LNK: two records of one citizen', () => {
  async function linked() {
    const { register, startVisit } = bench();
    const [first, second] = [await register(), idOf(strangers)];
    const { screen } = bench();
    await arrive('patients', second, {
      ...patientBody(first),
      name: { family: 'Xolmatova', given: 'Zulayho' },
    });
    const penicillin = { status: 'known', substance: 'Penitsillin', severity: 'severe' } as const;
    const saved = await screen.request('patients.record-allergy', { id: second, allergy: penicillin });
    expect(saved.ok).toBe(true);
    const [old, recent] = [await startVisit(second), await startVisit(first)];
    const id = pairReviewId(first, second);
    await arrive('reviews', id, {
      subject: { collection: 'patients', id: first },
      question: { kind: 'possible-duplicate', other: second, score: 0.7 },
      decisions: [],
    });
    expect(await settle({ id, choice: 'same', goesOn: first })).toBe('ok');
    return { first, second, old, recent, id };
  }

  test('show the visits of both and every allergy on either page', async () => {
    const { first, second, old, recent } = await linked();
    const { screen } = bench();
    for (const [shown, other] of [
      [first, second],
      [second, first],
    ] as const) {
      const view = screen.open('patients.record', { id: shown });
      const record = await view.until((value) => value !== null);
      expect(record?.visits.map(({ id }) => id).sort()).toEqual([old, recent].sort());
      expect(record?.linked).toMatchObject([{ id: other, isSurvivor: other === first }]);
      const substances = [...(record?.body.allergies ?? []), ...(record?.linked[0]?.allergies ?? [])];
      expect(substances.map(({ substance }) => substance)).toEqual(['Penitsillin']);
    }
  });

  test('are found once, by either name, as the record that goes on', async () => {
    const { first } = await linked();
    const search = async (text: string) => {
      const found = await bench().screen.request('patients.search', { text, limit: 10 });
      return found.ok ? found.value.patients : [];
    };
    const byOld = await search('Xolmatova Zulayho');
    expect(byOld.map(({ id }) => id)).toEqual([first]);
    expect(byOld[0]).toMatchObject({ foundAs: { family: 'Xolmatova' }, allergyStatus: 'known' });
    const own = patientBody(first).name;
    const byOwn = await search(`${own.family} ${own.given}`);
    expect(byOwn).toMatchObject([{ id: first, foundAs: null, matchesAll: true }]);
    const byHalf = await search(`Zxqwvbn ${own.given}`);
    expect(byHalf.find(({ id }) => id === first)).toMatchObject({ matchesAll: false });
  });

  test('warn of the allergy in the queue, which gets new visits under the record that goes on', async () => {
    const { first, second } = await linked();
    const visit = await bench().startVisit(second);
    expect(bench().replica().get('visits', visit)?.body.patientId).toBe(first);
    const queue = bench().screen.open('queue.day', {});
    const { rows } = await queue.until(({ rows: now }) => now.length === 3);
    expect(rows.map(({ patient }) => patient.allergyStatus)).toEqual(['known', 'known', 'known']);
  });

  test('come apart again with a reason, and open pages follow', async () => {
    const { first, second, id } = await linked();
    const { screen } = bench();
    const view = screen.open('patients.record', { id: first });
    await view.until((value) => value?.linked.length === 1);
    const taken = await screen.request('patients.unlink', { id: second, reason: 'Two sisters' });
    expect(taken.ok).toBe(true);
    await view.until((value) => value?.linked.length === 0 && value.visits.length === 1);
    expect(patientBody(second).replacedBy).toBeUndefined();
    const review = bench().replica().get('reviews', id);
    expect(review?.body.decisions.map(({ choice, reason }) => [choice, reason])).toEqual([
      ['same', undefined],
      ['different', 'Two sisters'],
    ]);
  });

  test('come apart on an open page when that arrives from elsewhere', async () => {
    const { first, second } = await linked();
    const view = bench().screen.open('patients.record', { id: first });
    await view.until((value) => value?.linked.length === 1);
    const { replacedBy: _link, ...apart } = patientBody(second);
    await arrive('patients', second, apart);
    await view.until((value) => value?.linked.length === 0);
  });

  test('REV-A5: a "different" that the center had first takes the link away', async () => {
    const { second, id } = await linked();
    const review = bench().replica().get('reviews', id)?.body;
    const [same] = review?.decisions ?? [];
    if (review === undefined || same === undefined) throw new Error('no decision');
    const earlier = { ...same, id: idOf(9), choice: 'different' as const };
    await arrive('reviews', id, { ...review, decisions: [earlier, same] });
    await look();
    expect(patientBody(second).replacedBy).toBeUndefined();
    expect(bench().replica().outbox.pendingOf('patients', second).length).toBeGreaterThan(1);
  });
});

describe('the inbox', () => {
  test('tells what the record says now, and what was settled lately', async () => {
    const { register, screen } = bench();
    const id = await register();
    const person = bench().rig.workstation.session()?.person;
    const rev = bench().replica().get('patients', id)?.rev;
    if (person === undefined || rev === undefined) throw new Error('nobody at work');
    const question: ReviewBody['question'] = {
      kind: 'conflict',
      fields: [
        {
          field: 'phone',
          mine: JSON.stringify('+998901111111'),
          theirs: JSON.stringify('+998902222222'),
        },
      ],
      mineRev: rev,
      theirsRev: rev,
      mineAuthor: person,
      theirsAuthor: person,
    };
    await arrive('reviews', idOf(strangers), {
      subject: { collection: 'patients', id },
      question,
      decisions: [],
    });
    await arrive('patients', id, { ...patientBody(id), phone: '+998903333333' });
    const inbox = screen.open('reviews.open', {});
    const [row] = await inbox.until((rows) => rows.length === 1);
    expect(row?.present?.values).toEqual([JSON.stringify('+998903333333')]);
    const state = screen.open('sync.state', {});
    await state.until(({ openReviews }) => openReviews === 1);
    const order = { id: idOf(strangers), choice: 'mine' } as const;
    expect(await settle(order)).toBe('record.changed-meanwhile');
    const subjectRev = row?.present?.rev;
    expect(await settle({ ...order, ...(subjectRev === undefined ? {} : { subjectRev }) })).toBe('ok');
    expect(patientBody(id).phone).toBe('+998901111111');
    const [settled] = await inbox.until((rows) => rows[0]?.counting !== null);
    const counting: Decision | null = settled?.counting ?? null;
    expect(counting?.choice).toBe('mine');
    await state.until(({ openReviews }) => openReviews === 0);
    const back = { id: idOf(strangers), choice: 'taken-back' as const };
    expect(await settle({ ...back, ...(counting === null ? {} : { changes: counting.id }) })).toBe('ok');
    expect(patientBody(id).phone).toBe('+998902222222');
    await state.until(({ openReviews }) => openReviews === 1);
  });
});
