import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isGenuineWipe, wipeText } from '#sync/client/wipe-order.ts';
import { checkInvariants } from './invariants.ts';
import { SyncWorld, type Workstation } from './sync-world.ts';
import { registerPatient } from './world-edits.ts';

const day = 24 * 60 * 60_000;

async function one(seed: number): Promise<{ readonly world: SyncWorld; readonly nurse: Workstation }> {
  const world = new SyncWorld(seed);
  const [nurse] = await world.start(1);
  if (nurse === undefined) throw new Error('no workstation');
  return { world, nurse };
}

describe('the order to erase (WIP-1)', () => {
  it('is obeyed at the next contact, told to the center, and nothing is done afterwards', async () => {
    const { world, nurse } = await one(1);
    const { client } = nurse;
    registerPatient(world, nurse);
    await world.time.advance(2000);
    world.center.orderWipe(nurse.identity.device);
    nurse.cutLink();
    await world.time.advance(10_000);
    expect({ isErased: nurse.isErased, isTold: world.center.isWiped(nurse.identity.device) }).toEqual({
      isErased: true,
      isTold: true,
    });
    expect(client.state()).toMatchObject({ link: 'refused', refusal: 'sync.device-wiped' });
    const links = world.links;
    await world.time.advance(day);
    expect({ links: world.links, waiting: world.time.waiting }).toEqual({ links, waiting: 0 });
    await client.stop();
  });

  it('is not obeyed when it is not signed by the center, and the records stay', async () => {
    const { world, nurse } = await one(2);
    const id = registerPatient(world, nurse);
    await world.time.advance(2000);
    world.center.orderWipe(nurse.identity.device);
    const forged = Buffer.alloc(64, 7).toString('base64');
    nurse.rewrite = (text) => text.replace(/"signature":"[^"]*"/, `"signature":"${forged}"`);
    nurse.cutLink();
    await world.time.advance(60_000);
    expect(nurse.isErased).toBe(false);
    expect(nurse.replica.get('patients', id)).toBeDefined();
    expect(nurse.client.state().refusal).toBe('sync.unknown-message');
  });

  it('counts only for this device, this connection and this center', async () => {
    const { nurse } = await one(3);
    const { identity } = nurse;
    const keys = generateKeyPairSync('ed25519');
    const raw = Buffer.from(keys.publicKey.export({ format: 'jwk' }).x ?? '', 'base64url').toString('base64');
    const own = { ...identity, centerKey: raw };
    const signed = (text: string) => sign(null, Buffer.from(text), keys.privateKey).toString('base64');
    const order = { device: identity.device, signature: signed(wipeText(identity.device, 'n1')) };
    expect(isGenuineWipe(order, own, 'n1')).toBe(true);
    expect(isGenuineWipe(order, own, 'n2')).toBe(false);
    expect(isGenuineWipe(order, identity, 'n1')).toBe(false);
    expect(isGenuineWipe({ ...order, signature: '' }, own, 'n1')).toBe(false);
    expect(isGenuineWipe(order, { ...own, centerKey: 'AAAA' }, 'n1')).toBe(false);
  });
});

describe('the offline limit (WIP-2)', () => {
  it('passes while the center is out of reach, whatever the clock does, and ends with a welcome', async () => {
    const { world, nurse } = await one(4);
    world.center.offlineLimitMs = 3 * day;
    nurse.cutLink();
    await world.time.advance(5000);
    nurse.goOffline();
    await world.time.advance(2 * day);
    expect(nurse.client.state().isBeyondOfflineLimit).toBe(false);
    await world.time.advance(1.5 * day);
    expect(nurse.client.state().isBeyondOfflineLimit).toBe(true);
    nurse.clockErrorMs = -10 * day;
    nurse.kill();
    nurse.start();
    expect(nurse.client.state().isBeyondOfflineLimit).toBe(true);
    nurse.isOnline = true;
    nurse.client.syncNow();
    await world.time.advance(5000);
    expect(nurse.client.state()).toMatchObject({ isBeyondOfflineLimit: false, link: 'online' });
    checkInvariants(world, 'offline limit');
  });
});
