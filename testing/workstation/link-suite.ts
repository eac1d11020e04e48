import { afterEach, describe, expect, test } from 'vitest';
import type { Link } from '#contracts/bridge/link.ts';

/** Two ends of one link, and what takes them down. */
export interface LinkUnderTest {
  readonly left: Link;
  readonly right: Link;
  readonly dispose: () => Promise<void>;
}

/** What every link keeps, whatever carries it (docs/specs/bridge.md BRI-1). */
export function linkSuite(name: string, connect: () => Promise<LinkUnderTest>): void {
  describe(`link over ${name}`, () => {
    const opened: LinkUnderTest[] = [];
    const open = async () => {
      const link = await connect();
      opened.push(link);
      return link;
    };
    afterEach(async () => {
      for (const link of opened.splice(0)) await link.dispose();
    });

    test('carries messages both ways, in order, as equal values', async () => {
      const { left, right } = await open();
      const heard = collect(right, 200);
      const answered = collect(left, 1);
      for (let number = 0; number < 200; number += 1)
        left.send({ number, text: 'oʻzgarish Ўзбек \u{1F33F}' });
      right.send({ nested: [{ nothing: null, yes: true, less: -0.5 }] });
      expect((await heard).map((message) => (message as { number: number }).number)).toEqual([
        ...Array(200).keys(),
      ]);
      expect((await heard)[0]).toEqual({ number: 0, text: 'oʻzgarish Ўзбек \u{1F33F}' });
      expect(await answered).toEqual([{ nested: [{ nothing: null, yes: true, less: -0.5 }] }]);
    });

    test('keeps messages that come before there is a receiver', async () => {
      const { left, right } = await open();
      left.send('first');
      left.send('second');
      await pause(30);
      const heard = collect(right, 3);
      left.send('third');
      expect(await heard).toEqual(['first', 'second', 'third']);
    });

    test('does not deliver within send', async () => {
      const { left, right } = await open();
      let isDelivered = false;
      right.onMessage(() => {
        isDelivered = true;
      });
      left.send('message');
      expect(isDelivered).toBe(false);
    });

    test.each(['left', 'right'] as const)('tells both ends once when %s closes', async (side) => {
      const link = await open();
      const told = { left: 0, right: 0 };
      link.left.onClose(() => (told.left += 1));
      link.right.onClose(() => (told.right += 1));
      link[side].close();
      link[side].close();
      await expect.poll(() => told).toEqual({ left: 1, right: 1 });
    });

    test('delivers what was sent before it closed, nothing after, and send does not throw', async () => {
      const { left, right } = await open();
      const heard: unknown[] = [];
      right.onMessage((message) => heard.push(message));
      const closed = new Promise<void>((resolve) => right.onClose(resolve));
      left.send('last');
      left.close();
      left.send('too late');
      await closed;
      right.send('nobody there');
      await pause(20);
      expect(heard).toEqual(['last']);
    });
  });
}

function collect(link: Link, count: number): Promise<readonly unknown[]> {
  const messages: unknown[] = [];
  return new Promise((resolve) => {
    link.onMessage((message) => {
      messages.push(message);
      if (messages.length === count) resolve(messages);
    });
  });
}

const pause = (waitMs: number) => new Promise((resolve) => setTimeout(resolve, waitMs));
