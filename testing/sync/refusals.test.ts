import { crc32 } from 'node:zlib';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { protocolVersion } from '#contracts/wire/protocol.ts';
import type { Faults } from '../doubles/memory-transport.ts';
import { checkInvariants } from './invariants.ts';
import { facility, SyncWorld, Workstation } from './sync-world.ts';
import { amendPatient, registerPatient } from './world-edits.ts';

async function one(seed: number): Promise<{ world: SyncWorld; nurse: Workstation }> {
  const world = new SyncWorld(seed);
  const [nurse] = await world.start(1);
  if (nurse === undefined) throw new Error('no workstation');
  return { world, nurse };
}

const hour = 60 * 60_000;

/** Counts how often the workstation dials during `ms`. */
async function dialsDuring(world: SyncWorld, ms: number): Promise<number> {
  const before = world.links;
  await world.time.advance(ms);
  return world.links - before;
}

describe('a copied data folder (TKT-4)', () => {
  it('is noticed at the second machine or the first, keeps everything, and stays refused', async () => {
    const { world, nurse } = await one(1);
    nurse.kill();
    const copy = new Workstation(world, nurse.disk.copy(), nurse.identity, world.random.fork());
    nurse.start();
    await world.time.advance(2000);
    expect(nurse.client.state().link).toBe('online');
    copy.start();
    registerPatient(world, copy);
    await world.time.advance(2000);
    expect(copy.client.state()).toMatchObject({ link: 'refused', refusal: 'sync.device-cloned', unsent: 1 });
    nurse.cutLink();
    registerPatient(world, nurse);
    await world.time.advance(10_000);
    expect(nurse.client.state()).toMatchObject({ link: 'refused', refusal: 'sync.device-cloned', unsent: 1 });
    expect(world.center.history(facility)).toEqual([]);
    nurse.kill();
    nurse.start();
    await world.time.advance(5000);
    expect(nurse.client.state()).toMatchObject({ refusal: 'sync.device-cloned', unsent: 1 });
    expect(await dialsDuring(world, 24 * hour)).toBeLessThan(2 * 60);
  });

  it('is not seen in an honest machine that dies at every moment of its handshakes', async () => {
    const { world, nurse } = await one(2);
    for (let message = 1; message <= 12; message += 1) {
      for (const fate of ['cut-before', 'cut-after'] as const) {
        let seen = 0;
        nurse.faults = () => {
          seen += 1;
          return seen === message ? fate : 'deliver';
        };
        nurse.cutLink();
        await world.time.advance(5000);
        nurse.replica.killAt(1, message % 2 === 0 ? 'before' : 'after', () => nurse.kill());
        nurse.cutLink();
        await world.time.advance(20_000);
        nurse.start();
        await world.time.advance(5000);
      }
    }
    expect(await world.heal()).toBe(true);
    checkInvariants(world, 'handshakes');
    expect(nurse.client.state().link).toBe('online');
  });
});

describe('a refused workstation keeps its records', () => {
  it('when the center revokes it, also in the middle of a connection', async () => {
    const { world, nurse } = await one(3);
    world.center.revoke(nurse.identity.device);
    registerPatient(world, nurse);
    await world.time.advance(5000);
    expect(nurse.client.state()).toMatchObject({
      link: 'refused',
      refusal: 'sync.device-revoked',
      unsent: 1,
    });
    nurse.goOffline();
    nurse.client.syncNow();
    await world.time.advance(5000);
    expect(nurse.client.state()).toMatchObject({ link: 'refused', refusal: 'sync.device-revoked' });
  });

  it('when the center speaks another version, and goes on once it does not (VER-2)', async () => {
    const { world, nurse } = await one(4);
    world.center.protocol = protocolVersion + 1;
    world.center.oldestProtocol = protocolVersion + 1;
    world.center.restart();
    const id = registerPatient(world, nurse);
    await world.time.advance(10_000);
    expect(nurse.client.state()).toMatchObject({
      link: 'refused',
      refusal: 'sync.protocol-mismatch',
      refusalDetail: { theirs: protocolVersion + 1 },
      unsent: 1,
    });
    expect(await dialsDuring(world, 4 * hour)).toBeLessThan(10);
    world.center.protocol = protocolVersion;
    world.center.oldestProtocol = protocolVersion;
    await world.time.advance(2 * hour);
    expect(nurse.client.state()).toMatchObject({
      link: 'online',
      refusal: null,
      refusalDetail: null,
      unsent: 0,
    });
    expect(world.center.documents(facility).has(`patients/${id}`)).toBe(true);
  });

  it('when another center answers at the address: nothing is signed for it (TKT-6)', async () => {
    const { world, nurse } = await one(5);
    const stranger = new SyncWorld(6);
    const said: string[] = [];
    nurse.dialInstead = () => {
      const faults: Faults = (direction, text) => {
        if (direction === 'to-center') said.push(text);
        return 'deliver';
      };
      const pair = world.link({ latencyMs: 1, faults });
      return pair.client;
    };
    world.impersonate(stranger.center.id);
    nurse.cutLink();
    await world.time.advance(10_000);
    expect(nurse.client.state()).toMatchObject({ link: 'refused', refusal: 'sync.device-unknown' });
    expect(said.filter((text) => text.includes('signature'))).toEqual([]);
  });
});

describe('a center that is not understood (LNK-2)', () => {
  it.each([
    ['no JSON', 'hello?'],
    ['an unknown message', '{"type":"dance"}'],
    ['an answer nobody asked for', '{"type":"outcomes","batch":7,"at":1,"outcomes":[1]}'],
    [
      'a portion of no flow',
      `{"type":"portion","flow":99,"epoch":"0190a000-0000-7000-8000-000000000000","since":0,"through":0,"head":0,"documents":[],"crc":${crc32('[]')}}`,
    ],
  ])('ends the connection at %s, backs off, and goes on', async (_what, text) => {
    const { world, nurse } = await one(7);
    const states: string[] = [];
    nurse.client.onState(({ link, refusal }) => states.push(`${link} ${refusal}`));
    world.center.say(text);
    await world.time.advance(5000);
    expect(states).toContain('offline sync.unknown-message');
    registerPatient(world, nurse);
    expect(await world.heal()).toBe(true);
    await world.time.advance(1000);
    expect(nurse.client.state()).toMatchObject({ link: 'online', refusal: null, unsent: 0 });
  });

  it('does not hammer a center that never makes sense', async () => {
    const { world, nurse } = await one(8);
    nurse.faults = (direction) => (direction === 'to-client' ? 'duplicate' : 'deliver');
    nurse.cutLink();
    await world.time.advance(60_000);
    expect(await dialsDuring(world, hour)).toBeLessThan(60);
    registerPatient(world, nurse);
    expect(await world.heal()).toBe(true);
  });
});

describe('portions that do not fit (PULL-2, FLOW-1)', () => {
  const documentsIn = v.looseObject({ documents: v.array(v.looseObject({ seq: v.number() })) });
  const frames: Readonly<Record<string, (frame: v.InferOutput<typeof documentsIn>) => object>> = {
    'a document beyond the range': (frame) => ({
      ...frame,
      documents: frame.documents.map((document) => ({ ...document, seq: document.seq + 100 })),
    }),
    'a document twice': (frame) => ({ ...frame, documents: [...frame.documents, ...frame.documents] }),
    'another epoch': (frame) => ({ ...frame, epoch: '0190a000-0000-7000-8000-000000000000' }),
    'another flow': (frame) => ({ ...frame, flow: 1 }),
    'another start': (frame) => ({ ...frame, since: 1 }),
    'an altered document': (frame) => ({ ...frame, crc: 1 }),
  };

  it.each(Object.entries(frames))('are not used: %s', async (what, spoil) => {
    const world = new SyncWorld(14);
    const [doctor] = await world.start(1);
    if (doctor === undefined) throw new Error('no workstation');
    const id = registerPatient(world, doctor);
    await world.time.advance(2000);
    const nurse = await world.enrol();
    nurse.rewrite = (text) => {
      if (!text.includes('"portion"') || !text.includes('"patients"')) return text;
      const frame = v.parse(
        v.looseObject({ documents: v.array(v.unknown()) }),
        spoil(v.parse(documentsIn, JSON.parse(text))),
      );
      const crc = what === 'an altered document' ? 1 : crc32(JSON.stringify(frame.documents));
      return JSON.stringify({ ...frame, crc });
    };
    nurse.start();
    await world.time.advance(20_000);
    expect(nurse.replica.get('patients', id)).toBeUndefined();
    expect(nurse.replica.sync.checkpoint(facility, 1)).toBeUndefined();
    expect(nurse.client.state().refusal).toBe('sync.unknown-message');
    nurse.rewrite = (text) => text;
    expect(await world.heal()).toBe(true);
    checkInvariants(world, what, { mayMisunderstand: true });
  });
});

describe('outcomes that are no answer', () => {
  it('change nothing: other counts, another batch, a conflict with nothing', async () => {
    for (const spoil of [
      (text: string) => text.replace(/"outcomes":\[/, '"outcomes":[7,'),
      (text: string) => text.replace(/"batch":\d+/, '"batch":77'),
      (text: string) => text.replace(/"outcomes":\[\d+\]/, '"outcomes":[]'),
      (text: string) => text.replace(/"outcomes":\[\d+\]/, '"outcomes":[{"verdict":"ok"}]'),
    ]) {
      const { world, nurse } = await one(9);
      nurse.rewrite = (text) => (text.includes('"outcomes"') ? spoil(text) : text);
      nurse.cutLink();
      registerPatient(world, nurse);
      await world.time.advance(20_000);
      expect(nurse.client.state()).toMatchObject({ unsent: 1 });
      expect(nurse.trouble.length).toBeGreaterThan(0);
      nurse.rewrite = (text) => text;
      expect(await world.heal()).toBe(true);
      checkInvariants(world, 'spoilt outcomes', { mayMisunderstand: true });
    }
  });
});

describe('the state for the screen', () => {
  it('tells how wrong the clock is, and that the first copy is there', async () => {
    const world = new SyncWorld(10);
    const [doctor] = await world.start(1);
    if (doctor === undefined) throw new Error('no workstation');
    for (let count = 0; count < 30; count += 1) registerPatient(world, doctor);
    await world.time.advance(5000);
    const nurse = await world.enrol();
    nurse.clockErrorMs = -7 * 24 * hour;
    nurse.limits = { portionBytes: 2048 };
    const seen: boolean[] = [];
    nurse.start();
    expect(nurse.client.state()).toMatchObject({ isFirstCopy: true, clockErrorMs: null });
    nurse.client.onState(({ isFirstCopy }) => seen.push(isFirstCopy));
    await world.time.advance(5000);
    expect(nurse.client.state()).toMatchObject({ isFirstCopy: false, received: 30, link: 'online' });
    expect(Math.abs((nurse.client.state().clockErrorMs ?? 0) + 7 * 24 * hour)).toBeLessThan(1000);
    expect(seen[0]).toBe(true);
  });

  it('finds news that was lost on the way (PULL-8)', async () => {
    const world = new SyncWorld(11);
    const [nurse, doctor] = await world.start(2);
    if (nurse === undefined || doctor === undefined) throw new Error('no workstations');
    const id = registerPatient(world, doctor);
    await world.time.advance(2000);
    let lost = 0;
    const loseOne: Faults = (_direction, text) => {
      if (!text.includes('"portion"') || lost > 0) return 'deliver';
      lost += 1;
      return 'drop';
    };
    nurse.faults = loseOne;
    amendPatient(world, doctor, id);
    await world.time.advance(2000);
    const news = doctor.replica.get('patients', id)?.rev;
    expect(nurse.replica.get('patients', id)?.rev).not.toBe(news);
    nurse.client.syncNow();
    await world.time.advance(2000);
    expect(nurse.replica.get('patients', id)?.rev).toBe(news);
    lost = 0;
    amendPatient(world, doctor, id);
    await world.time.advance(11 * 60_000);
    expect(nurse.replica.get('patients', id)?.rev).toBe(doctor.replica.get('patients', id)?.rev);
  });

  it('leaves nothing running after it stopped', async () => {
    const { world, nurse } = await one(12);
    registerPatient(world, nurse);
    await world.time.advance(20);
    const stopping = nurse.client.stop();
    await world.time.advance(5000);
    await stopping;
    expect(nurse.client.state().link).toBe('offline');
    expect(world.time.waiting).toBe(0);
  });

  it('stops while it dials and while it rests', async () => {
    const { world, nurse } = await one(13);
    nurse.dialInstead = () => new Promise(() => {});
    nurse.cutLink();
    await world.time.advance(10_000);
    expect(nurse.client.state().link).toBe('connecting');
    const stopping = nurse.client.stop();
    await world.time.advance(0);
    await stopping;
    expect(world.time.waiting).toBe(0);
  });
});
