import { describe, expect, it } from 'vitest';
import { maxMessageBytes } from '#contracts/wire/protocol.ts';
import type { Transport, WireMessage } from '#sync/transports/transport.ts';

/** Two ends of one open link, and how to wait for what has to travel. */
export interface TransportEnds {
  readonly client: Transport;
  readonly center: Transport;
  /** Lets messages arrive until `isReached`, or fails. */
  until(isReached: () => boolean): Promise<void>;
  end(): Promise<void>;
}

/** What every transport has to do; see sync/transports/transport.ts. */
export function describeTransport(name: string, open: () => Promise<TransportEnds>): void {
  const withEnds = (check: (ends: TransportEnds) => Promise<void>) => async () => {
    const ends = await open();
    try {
      await check(ends);
    } finally {
      await ends.end();
    }
  };

  describe(`transport: ${name}`, () => {
    it(
      'carries messages both ways, in order, whole',
      withEnds(async ({ client, center, until }) => {
        const [atCenter, atClient]: [WireMessage[], WireMessage[]] = [[], []];
        center.onMessage((message) => {
          atCenter.push(message);
          center.send(`answer to ${message.length}`);
        });
        client.onMessage((message) => atClient.push(message));
        const sent = ['1', 'ўқиш — oʻqish 🩺', 'x'.repeat(2_000_000), '2'];
        for (const text of sent) client.send(text);
        await until(() => atClient.length === sent.length);
        expect(atCenter).toEqual(sent);
        expect(atClient).toEqual(sent.map((text) => `answer to ${text.length}`));
      }),
    );

    it(
      'carries bytes as bytes and text as text, in order',
      withEnds(async ({ client, center, until }) => {
        const received: WireMessage[] = [];
        center.onMessage((message) => received.push(message));
        const sent = ['text', Uint8Array.of(0, 255, 128, 10), 'ў', new Uint8Array(300_000).fill(7), ''];
        for (const message of sent) client.send(message);
        await until(() => received.length === sent.length);
        const plain = (message: WireMessage) => (typeof message === 'string' ? message : [...message]);
        expect(received.map(plain)).toEqual(sent.map(plain));
        await until(() => client.unsentBytes === 0);
      }),
    );

    it(
      'keeps what came before anybody listened',
      withEnds(async ({ client, center, until }) => {
        let seen = 0;
        center.onMessage(() => {
          seen += 1;
        });
        client.send('a');
        client.send('b');
        await until(() => seen === 2);
        center.send('c');
        center.send('d');
        let told = false;
        center.onClose(() => {
          told = true;
        });
        client.send('e');
        await until(() => seen === 3);
        const late: WireMessage[] = [];
        client.onMessage((text) => late.push(text));
        await until(() => late.length === 2);
        expect(late).toEqual(['c', 'd']);
        expect(told).toBe(false);
      }),
    );

    it(
      'delivers what was sent right before closing, then tells the other side once',
      withEnds(async ({ client, center, until }) => {
        const received: WireMessage[] = [];
        let closes = 0;
        client.onMessage((text) => received.push(text));
        client.onClose(() => {
          closes += 1;
        });
        center.send('the reason');
        center.close();
        await until(() => closes > 0);
        expect(received).toEqual(['the reason']);
        center.close();
        client.close();
        expect(closes).toBe(1);
      }),
    );

    it(
      'tells a late listener of the end, and stays silent afterwards',
      withEnds(async ({ client, center, until }) => {
        let ends = 0;
        center.onClose(() => {
          ends += 1;
        });
        client.close();
        await until(() => ends === 1);
        let told = false;
        client.onClose(() => {
          told = true;
        });
        await until(() => told);
        client.send('into the void');
        center.send('into the void');
        client.close();
        expect(ends).toBe(1);
      }),
    );

    it(
      'ends when a message is longer than the protocol allows',
      withEnds(async ({ client, center, until }) => {
        const received: WireMessage[] = [];
        let hasEnded = false;
        center.onMessage((text) => received.push(text));
        center.onClose(() => {
          hasEnded = true;
        });
        client.send('x'.repeat(maxMessageBytes + 1));
        await until(() => hasEnded);
        expect(received).toEqual([]);
      }),
    );
  });
}
