import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { judge } from '#sync/client/outcome-verdicts.ts';
import { SessionEnd } from '#sync/client/session-end.ts';
import { checkInvariants } from './invariants.ts';
import { facility, SyncWorld, type Workstation } from './sync-world.ts';
import { amendPatient, registerPatient, startVisit, writeAlert } from './world-edits.ts';

const OfferSchema = v.looseObject({
  batch: v.number(),
  rows: v.array(
    v.looseObject({
      op: v.string(),
      collection: v.string(),
      id: v.optional(v.string()),
      aside: v.optional(v.boolean()),
      delta: v.optional(v.unknown()),
      record: v.optional(v.looseObject({ id: v.string() })),
    }),
  ),
});
const OutcomesSchema = v.looseObject({ batch: v.number() });
type Offer = v.InferOutput<typeof OfferSchema>;

/** Sees every offer and outcome of a workstation's links. */
function watchOffers(workstation: Workstation) {
  const offers: Offer[] = [];
  const underWay = new Map<number, readonly string[]>();
  const seen = { mostUnderWay: 0, overlapping: 0 };
  workstation.faults = (direction, text) => {
    if (text.includes('"type":"hello"')) underWay.clear();
    if (direction === 'to-center' && text.includes('"type":"offer"')) {
      const offer = v.parse(OfferSchema, JSON.parse(text));
      offers.push(offer);
      const records = offer.rows.map((row) => `${row.collection}/${row.id ?? row.record?.id}`);
      const others = new Set([...underWay.values()].flat());
      seen.overlapping += records.filter((record) => others.has(record)).length;
      underWay.set(offer.batch, records);
      seen.mostUnderWay = Math.max(seen.mostUnderWay, underWay.size);
    } else if (direction === 'to-client' && text.includes('"type":"outcomes"')) {
      underWay.delete(v.parse(OutcomesSchema, JSON.parse(text)).batch);
    }
    return 'deliver';
  };
  return { offers, seen };
}

async function one(seed: number): Promise<{ readonly world: SyncWorld; readonly nurse: Workstation }> {
  const world = new SyncWorld(seed);
  const [nurse] = await world.start(1);
  if (nurse === undefined) throw new Error('no workstation');
  return { world, nurse };
}

/** Waits until everything is exchanged, with the watches in place. */
function quiet(world: SyncWorld): Promise<boolean> {
  for (const { client } of world.workstations) client.syncNow();
  return world.time.advanceUntil(() => world.isQuiet(), 60 * 60_000);
}

describe('offers (PUSH-14, PUSH-15)', () => {
  it('say an update as its difference to the version the center has', async () => {
    const { world, nurse } = await one(1);
    const id = registerPatient(world, nurse);
    await world.time.advance(2000);
    const { offers } = watchOffers(nurse);
    nurse.cutLink();
    await world.time.advance(5000);
    amendPatient(world, nurse, id);
    amendPatient(world, nurse, id);
    expect(await quiet(world)).toBe(true);
    const rows = offers.flatMap((offer) => offer.rows);
    expect(rows.map((row) => 'delta' in row)).toEqual([true, true]);
    expect(world.center.history(facility).at(-1)?.record).toEqual(nurse.replica.get('patients', id));
    checkInvariants(world, 'differences');
  });

  it('are whole once the center lacks the base of a difference, and that is no missing base yet', async () => {
    const { world, nurse } = await one(2);
    const id = registerPatient(world, nurse);
    await world.time.advance(2000);
    const { offers } = watchOffers(nurse);
    let refused = 0;
    nurse.rewrite = (text) => {
      if (!text.includes('"outcomes"') || refused > 0) return text;
      refused += 1;
      return text.replace(/"outcomes":\[\d+\]/, '"outcomes":[{"verdict":"missing-base"}]');
    };
    nurse.cutLink();
    await world.time.advance(5000);
    amendPatient(world, nurse, id);
    const before = world.time.now();
    expect(await quiet(world)).toBe(true);
    expect(world.time.now() - before).toBeLessThan(1000);
    expect(offers.flatMap((offer) => offer.rows).map((row) => 'delta' in row)).toEqual([true, false]);
    checkInvariants(world, 'whole next');
  });

  it('go out one after the other without waiting, and never hold a record twice', async () => {
    const { world, nurse } = await one(3);
    const ids = Array.from({ length: 10 }, () => registerPatient(world, nurse));
    await world.time.advance(2000);
    nurse.kill();
    nurse.limits = { offerRows: 3 };
    nurse.link = { latencyMs: 400 };
    const { offers, seen } = watchOffers(nurse);
    nurse.start();
    await world.time.advance(5000);
    for (let round = 0; round < 60; round += 1) {
      for (const id of ids.slice(0, 5)) amendPatient(world, nurse, id);
      startVisit(world, nurse);
      await world.time.advance(50);
    }
    expect(await quiet(world)).toBe(true);
    expect(seen.overlapping).toBe(0);
    expect(seen.mostUnderWay).toBeGreaterThan(3);
    const ops = offers.flatMap((offer) => offer.rows.map((row) => row.op));
    expect(new Set(ops).size).toBe(ops.length);
    checkInvariants(world, 'pipelined');
  });

  it('take what is urgent at once, however full the link is', async () => {
    const { world, nurse } = await one(6);
    nurse.goOffline();
    for (let count = 0; count < 200; count += 1) registerPatient(world, nurse);
    nurse.link = { latencyMs: 300, bytesPerSecond: 4000 };
    const { offers } = watchOffers(nurse);
    nurse.isOnline = true;
    nurse.client.syncNow();
    await world.time.advance(4000);
    const sent = offers.length;
    const id = writeAlert(world, nurse);
    await world.time.advance(30);
    expect(offers.slice(sent).map((offer) => offer.rows.map((row) => row.record?.id))).toEqual([[id]]);
  });

  it('send a backlog of thousands in order and each row once', async () => {
    const { world, nurse } = await one(4);
    nurse.goOffline();
    const ids = Array.from({ length: 2500 }, () => registerPatient(world, nurse));
    for (const id of ids.slice(0, 300)) amendPatient(world, nurse, id);
    const { offers } = watchOffers(nurse);
    nurse.isOnline = true;
    expect(await quiet(world)).toBe(true);
    const ops = offers.flatMap((offer) => offer.rows.map((row) => row.op));
    expect(ops).toHaveLength(2800);
    expect(new Set(ops).size).toBe(2800);
    checkInvariants(world, 'backlog');
  });
});

describe('operations that were replaced (PUSH-13)', () => {
  it('are in the history beside the line of versions, with what replaced them naming them', async () => {
    const world = new SyncWorld(5);
    const [nurse, doctor] = await world.start(2);
    if (nurse === undefined || doctor === undefined) throw new Error('no workstations');
    const id = registerPatient(world, doctor);
    await world.time.advance(2000);
    nurse.goOffline();
    doctor.goOffline();
    amendPatient(world, nurse, id);
    amendPatient(world, nurse, id);
    const replaced = nurse.replica.outbox.pendingOf('patients', id).map((row) => row.op);
    amendPatient(world, doctor, id);
    doctor.isOnline = true;
    doctor.client.syncNow();
    await world.time.advance(3000);
    const { offers } = watchOffers(nurse);
    nurse.isOnline = true;
    expect(await quiet(world)).toBe(true);
    checkInvariants(world, 'asides');
    const history = world.center.history(facility);
    const asides = history.filter(({ isAside }) => isAside).map(({ op }) => op);
    expect(asides.toSorted()).toEqual(replaced.toSorted());
    expect(history.find(({ supersedes }) => supersedes.length > 0)?.supersedes).toEqual(replaced);
    const order = offers.flatMap((offer) => offer.rows.map((row) => row.aside === true));
    expect(order.lastIndexOf(false)).toBeLessThan(order.indexOf(true));
    expect(world.center.documents(facility).get(`patients/${id}`)?.record).toEqual(
      nurse.replica.get('patients', id),
    );
  });
});

describe('outcomes', () => {
  it('must be one for each row', () => {
    expect(() => judge([], [1], 1)).toThrow(SessionEnd);
  });
});
