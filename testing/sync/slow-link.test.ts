import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { type VisitBody, VisitBodySchema } from '#contracts/records/visits.ts';
import type { PackingChoice } from '#sync/client/message-packing.ts';
import { createPacker } from '#sync/packing/packer.ts';
import { checkInvariants } from './invariants.ts';
import { randomEntryId, randomRecordId } from './random-bodies.ts';
import { facility, SyncWorld, type Workstation } from './sync-world.ts';
import { writeAlert, writeBody } from './world-edits.ts';

/** 64 kbit/s and 600 ms there and back, with what TCP and WebSocket add to a message. */
const slow = { bytesPerSecond: 8000, latencyMs: 300, headerBytes: 60 };
const zstd: PackingChoice = { packings: ['zstd'], dictionaries: [], createPacker };

/** A visit of about one kilobyte. */
function writeVisit(world: SyncWorld, at: Workstation): void {
  const { random } = world;
  const text = `${random.next().toString(36)} ${random.next().toString(36)} yengil bosh ogʻrigʻi, isitma yoʻq`;
  const note = (kind: 'note' | 'complaint') => ({
    kind,
    id: randomEntryId(random),
    at: 1,
    by: at.person,
    text,
  });
  const visit: VisitBody = v.parse(VisitBodySchema, {
    patientId: randomRecordId(random),
    day: '2026-03-01',
    reason: 'koʻrik',
    urgency: 'routine',
    entries: [note('complaint'), note('note'), note('note')],
  });
  writeBody(world, at, 'visits', randomRecordId(random), visit, []);
}

async function secondsUntil(world: SyncWorld, isReached: () => boolean): Promise<number> {
  const from = world.time.now();
  if (!(await world.time.advanceUntil(isReached, 10 * 60_000))) throw new Error('not reached');
  return (world.time.now() - from) / 1000;
}

describe.each([
  ['as text', undefined, 600, false],
  ['as text, through deep buffers', undefined, 600, true],
  ['packed', zstd, 1600, true],
])('a long history on a slow link, %s (FLOW-2, PUSH-15)', (_how, packing, historyLength, isDeep) => {
  it('is overtaken within five seconds by what is urgent, both ways', async () => {
    const world = new SyncWorld(31);
    world.center.packing = packing;
    const [nurse, doctor] = await world.start(2);
    if (nurse === undefined || doctor === undefined) throw new Error('no workstations');
    nurse.packing = packing;
    nurse.kill();
    nurse.link = { ...slow, isDeep };
    for (let count = 0; count < historyLength; count += 1) writeVisit(world, doctor);
    await world.time.advance(60_000);
    expect(world.head()).toBe(historyLength);
    nurse.start();
    nurse.goOffline();
    for (let count = 0; count < historyLength / 2; count += 1) writeVisit(world, nurse);
    nurse.isOnline = true;
    nurse.client.syncNow();
    await world.time.advance(3000);
    const [down, up]: [number[], number[]] = [[], []];
    for (let round = 0; round < 4; round += 1) {
      const theirs = writeAlert(world, doctor);
      down.push(await secondsUntil(world, () => nurse.replica.get('requests', theirs) !== undefined));
      const own = writeAlert(world, nurse);
      up.push(await secondsUntil(world, () => world.center.documents(facility).has(`requests/${own}`)));
      await world.time.advance(500);
    }
    const isStillBusy = nurse.disk.records.visits.size < historyLength;
    expect({ isStillBusy, down: Math.max(...down) < 5, up: Math.max(...up) < 5 }, `${down} ${up}`).toEqual({
      isStillBusy: true,
      down: true,
      up: true,
    });
    expect(await world.heal()).toBe(true);
    checkInvariants(world, 'slow link');
  });
});

describe('a slow link', () => {
  it('is filled: what can be sent arrives at nearly its rate', async () => {
    const world = new SyncWorld(32);
    const [nurse, doctor] = await world.start(2);
    if (nurse === undefined || doctor === undefined) throw new Error('no workstations');
    nurse.kill();
    let bytes = 0;
    nurse.link = {
      ...slow,
      onSent: (direction, sent) => {
        if (direction === 'to-client') bytes += sent;
      },
    };
    for (let count = 0; count < 400; count += 1) writeVisit(world, doctor);
    await world.time.advance(60_000);
    nurse.start();
    const seconds = await secondsUntil(world, () => nurse.disk.records.visits.size === 400);
    expect(bytes / slow.bytesPerSecond / seconds, `${seconds} s for ${bytes} bytes`).toBeGreaterThan(0.85);
  });
});
