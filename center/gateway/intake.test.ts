import { describe, expect, it } from 'vitest';
import type { ClientMessage } from '#contracts/wire/client-messages.ts';
import { createIntake } from './intake.ts';
import { defaultLimits } from './limits.ts';

const offer: ClientMessage = { type: 'offer', batch: 1, rows: [] };

/** An intake whose messages are texts of the length they say, and whose answers come when told. */
function openIntake(isConcurrent = true) {
  const line = { isOpen: true, isPaused: false };
  const begun: number[] = [];
  const answering: (() => void)[] = [];
  const refused: string[] = [];
  const waiting: (() => void)[] = [];
  const intake = createIntake({
    line: {
      get isOpen() {
        return line.isOpen;
      },
      pause: () => {
        line.isPaused = true;
      },
      resume: () => {
        line.isPaused = false;
      },
    },
    limits: {
      ...defaultLimits,
      offers: 8,
      readAheadLength: 1_000,
      pausedAtMessages: 4,
      pausedAtBytes: 500,
      messages: 20,
    },
    isConcurrent: () => isConcurrent,
    read: (raw) => ({ message: offer, length: Number(String(raw).trim()) }),
    handleAtOnce: () => false,
    begin: () => {
      begun.push(begun.length);
      return (letNext) => {
        answering.push(letNext);
        return new Promise((resolve) => waiting.push(resolve));
      };
    },
    failed: (type) => refused.push(type),
    refuse: (code) => refused.push(code),
  });
  return {
    intake,
    line,
    begun,
    /** Lets the next begin, by message whose answer was begun. */
    answering,
    refused,
    answerNext: async () => {
      waiting.shift()?.();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

/** A message on the line of `bytes`, which unpacks to `length`. */
const packed = (length: number, bytes = 10) => String(length).padEnd(bytes, ' ');

describe('GAT-4: messages ahead of their answers', () => {
  it('are bounded by number', () => {
    const { intake, begun, line } = openIntake();
    for (let message = 0; message < 11; message += 1) intake.add(packed(1));
    expect(begun).toHaveLength(8);
    expect(line.isPaused).toBe(false);
    intake.add(packed(1));
    expect(line.isPaused).toBe(true);
  });

  it('are bounded by what they hold unpacked: one more at most is begun beyond the limit', async () => {
    const { intake, begun, answerNext } = openIntake();
    for (let message = 0; message < 3; message += 1) intake.add(packed(900));
    expect(begun).toHaveLength(2);
    await answerNext();
    expect(begun).toHaveLength(3);
  });

  it('pause the line by bytes that nobody looked at, and let it go on when they were', async () => {
    const { intake, begun, line, answerNext } = openIntake();
    intake.add(packed(2_000));
    intake.add(packed(1, 400));
    expect(line.isPaused).toBe(false);
    intake.add(packed(1, 100));
    expect(line.isPaused).toBe(true);
    await answerNext();
    expect({ begun: begun.length, isPaused: line.isPaused }).toEqual({ begun: 3, isPaused: false });
  });

  it('end the connection if they come nevertheless', () => {
    const { intake, refused } = openIntake(false);
    for (let message = 0; message < 22; message += 1) intake.add(packed(1));
    expect(refused).toEqual(['sync.overloaded']);
  });

  it('are begun one after the other before the welcome', async () => {
    const { intake, begun, answerNext } = openIntake(false);
    intake.add(packed(1));
    intake.add(packed(1));
    expect(begun).toHaveLength(1);
    await answerNext();
    expect(begun).toHaveLength(2);
  });
});

describe('ING-13: answers beside each other', () => {
  it('begin when the one before lets them or is over, two at most', async () => {
    const { intake, answering, answerNext } = openIntake();
    for (let message = 0; message < 4; message += 1) intake.add(packed(1));
    expect(answering).toHaveLength(1);
    answering[0]?.();
    answering[0]?.();
    expect(answering).toHaveLength(2);
    answering[1]?.();
    expect(answering).toHaveLength(2);
    await answerNext();
    expect(answering).toHaveLength(3);
    await answerNext();
    expect(answering).toHaveLength(3);
    await answerNext();
    expect(answering).toHaveLength(4);
  });

  it('that have not begun when the line closes never do', async () => {
    const { intake, line, answering, answerNext } = openIntake();
    for (let message = 0; message < 3; message += 1) intake.add(packed(1));
    line.isOpen = false;
    answering[0]?.();
    await answerNext();
    await intake.idle();
    expect(answering).toHaveLength(1);
  });
});
