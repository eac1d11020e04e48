import { describe, expect, it } from 'vitest';
import { protocolVersion } from '#contracts/wire/protocol.ts';
import { loadDeviceIdentity, loadTicket, publicKeyOf, saveDeviceIdentity } from '#sync/device-identity.ts';
import { enrolDevice, normaliseCode } from '#sync/enrol-device.ts';
import { MemoryReplica } from '../doubles/memory-replica.ts';
import { facility, SyncWorld } from './sync-world.ts';

async function enrol(world: SyncWorld, code: string, rewrite: (text: string) => string = (text) => text) {
  const enrolling = enrolDevice({
    connect: () => Promise.resolve(world.link({ latencyMs: 1 }, rewrite).client),
    centerUrl: 'ws://center',
    code,
    label: 'x'.repeat(200),
    program: 'test',
    random: world.random,
    timers: world.time,
  });
  await world.time.advance(60_000);
  return enrolling;
}

describe('enrolDevice', () => {
  it('gives an identity that the center knows, and that survives in the settings', async () => {
    const world = new SyncWorld(1);
    const enrolled = await enrol(world, world.center.issueCode(facility));
    if (!enrolled.ok) throw new Error(enrolled.error.code);
    const { identity, ticket } = enrolled.value;
    expect(identity).toMatchObject({ scope: facility, centerId: world.center.id, centerUrl: 'ws://center' });
    expect(publicKeyOf(identity.centerKey).asymmetricKeyType).toBe('ed25519');
    const replica = new MemoryReplica();
    expect(loadDeviceIdentity(replica.settings)).toBeUndefined();
    await replica.transact(({ settings }) => saveDeviceIdentity(settings, identity, ticket));
    expect(loadDeviceIdentity(new MemoryReplica(replica.disk).settings)).toEqual(identity);
    expect(loadTicket(replica.settings)).toBe(ticket);
    expect(world.time.waiting).toBe(0);
  });

  it('refuses a code that is unknown or was used', async () => {
    const world = new SyncWorld(2);
    const code = world.center.issueCode(facility);
    expect(await enrol(world, 'ZZZZZZZZZZ')).toEqual({
      ok: false,
      error: { code: 'enrolment.code-unknown' },
    });
    expect(await enrol(world, ` ${code.slice(0, 5).toLowerCase()}-${code.slice(5)} `)).toMatchObject({
      ok: true,
    });
    expect(await enrol(world, code)).toEqual({ ok: false, error: { code: 'enrolment.code-stale' } });
  });

  it('tells both versions when the center speaks another one', async () => {
    const world = new SyncWorld(3);
    world.center.protocol = 7;
    world.center.oldestProtocol = 5;
    expect(await enrol(world, 'A')).toEqual({
      ok: false,
      error: { code: 'sync.protocol-mismatch', detail: { ours: protocolVersion, theirs: 7 } },
    });
  });

  it('does not believe a certificate that the center key did not sign', async () => {
    const world = new SyncWorld(4);
    const spoil = (text: string) => text.replace(/"scope":"[A-Z0-9]+"/, '"scope":"TAS000009"');
    const forged = await enrol(world, world.center.issueCode(facility), spoil);
    expect(forged).toEqual({ ok: false, error: { code: 'sync.proof-refused' } });
    const noKey = (text: string) => text.replace(/"centerKey":"[^"]*"/, '"centerKey":"AAAA"');
    const broken = await enrol(world, world.center.issueCode(facility), noKey);
    expect(broken).toEqual({ ok: false, error: { code: 'sync.proof-refused' } });
  });

  it('says so when the center cannot be reached, falls silent or talks nonsense', async () => {
    const world = new SyncWorld(5);
    const base = {
      centerUrl: '',
      code: 'A',
      label: '',
      program: '',
      random: world.random,
      timers: world.time,
    };
    const unreachable = await enrolDevice({ ...base, connect: () => Promise.reject(new Error('no route')) });
    expect(unreachable).toEqual({ ok: false, error: { code: 'enrolment.center-unreachable' } });
    const silent = enrolDevice({
      ...base,
      connect: () => Promise.resolve(world.link({ latencyMs: 1, faults: () => 'drop' }).client),
    });
    await world.time.advance(60_000);
    expect(await silent).toEqual({ ok: false, error: { code: 'enrolment.center-unreachable' } });
    expect(await enrol(world, 'A', () => '{"type":"dance"}')).toMatchObject({
      ok: false,
      error: { code: 'sync.unknown-message' },
    });
  });

  it('reads codes as people type them', () => {
    expect(normaliseCode(' o1il-abc de')).toBe('0111ABCDE');
  });
});
