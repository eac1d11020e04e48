import { beforeEach, describe, expect, it } from 'vitest';
import { VirtualTime } from '../doubles/virtual-time.ts';
import { type Effect, type Fate, type Message, type SimulatedLink, simulateLink } from './simulated-link.ts';

const second = 1000;

let time: VirtualTime;
let fates: Fate[];
let weather: { isSlow: boolean; isSwallowing: boolean };
let felt: Effect[];
let heard: Message[];
let link: SimulatedLink;
beforeEach(() => {
  time = new VirtualTime();
  fates = [];
  weather = { isSlow: false, isSwallowing: false };
  felt = [];
  heard = [];
  link = simulateLink(time, {
    latencyMs: () => 40,
    bytesPerSecond: () => 1_000_000,
    isSlow: () => weather.isSlow,
    isSwallowed: () => weather.isSwallowing,
    fate: () => fates.shift() ?? 'deliver',
    arrived: () => {},
    received: () => {},
    felt: (effect) => felt.push(effect),
  });
});

const listen = () => link.center.onMessage((message) => heard.push(message));

/** Sends these one after the other, each with its fate. */
async function send(...messages: readonly (readonly [message: string, fate: Fate])[]): Promise<void> {
  for (const [message, fate] of messages) {
    fates.push(fate);
    link.client.send(message);
  }
  await time.advance(second);
}

describe('a fault of a link', () => {
  it.each([
    ['duplicate', ['a', 'a', 'b']],
    ['swap', ['b', 'a']],
    ['corrupt', ['`', 'b']],
    ['cut-before', []],
    ['cut-after', ['a']],
  ] as const)('is felt where it does what it says: %s (SIM-17)', async (fate, arriving) => {
    listen();
    await send(['a', fate], ['b', 'deliver']);
    expect([heard, felt]).toEqual([arriving, [fate]]);
  });

  it.each(['duplicate', 'swap', 'corrupt', 'cut-before', 'cut-after'] as const)(
    'is felt by nobody at an end that has gone: %s (SIM-17)',
    async (fate) => {
      listen();
      link.center.close();
      await send(['a', fate], ['b', 'deliver']);
      expect([heard, felt]).toEqual([[], []]);
    },
  );

  it('is felt by nobody where nobody listens', async () => {
    await send(['a', 'duplicate'], ['b', 'corrupt']);
    expect(felt).toEqual([]);
    listen();
    expect(felt).toEqual(['duplicate', 'corrupt']);
  });

  it('is felt by nobody if it broke what was broken already', async () => {
    listen();
    fates = ['cut-before', 'corrupt', 'cut-after'];
    for (const message of ['a', 'b', 'c']) link.client.send(message);
    link.cut();
    await time.advance(second);
    expect([heard, felt]).toEqual([[], []]);
  });

  it('is felt where the message that overtakes ends the connection (SIM-17)', async () => {
    link.center.onMessage((message) => {
      heard.push(message);
      link.center.close();
    });
    await send(['a', 'swap'], ['b', 'deliver']);
    expect([heard, felt]).toEqual([['b'], ['swap']]);
  });

  it('puts nothing out of order without a message that overtakes', async () => {
    listen();
    await send(['a', 'swap']);
    expect([heard, felt]).toEqual([[], []]);
    await send(['b', 'swap']);
    expect([heard, felt]).toEqual([['b', 'a'], ['swap']]);
  });
});

describe('a link that swallows or is slow', () => {
  it('is felt at each message that comes slowly, and only then (SIM-17)', async () => {
    listen();
    weather.isSlow = true;
    await time.advance(second);
    expect(felt).toEqual([]);
    await send(['a', 'deliver']);
    expect(felt).toEqual(['slow']);
    weather.isSlow = false;
    await send(['b', 'deliver']);
    expect(felt).toEqual(['slow']);
  });

  it('is felt at each message, ping, answer to one and goodbye that is lost', async () => {
    listen();
    weather.isSwallowing = true;
    await send(['a', 'deliver']);
    link.client.ping();
    link.client.close();
    expect([heard, felt]).toEqual([[], ['swallow', 'swallow', 'swallow']]);
  });

  it('is felt by nobody once the other end has gone', async () => {
    listen();
    weather.isSwallowing = true;
    link.center.close();
    felt = [];
    link.client.ping();
    await send(['a', 'deliver']);
    link.client.close();
    expect(felt).toEqual([]);
  });
});
