import { describe, expect, test } from 'vitest';
import { framesOf, hidCommand, longestMessage, MessageAssembler, type ReportMeaning } from './hid-frames.ts';

const channel = 0x01020304;
const payloadOf = (length: number): Uint8Array =>
  new Uint8Array(length).map((_, place) => (place * 7) & 0xff);
const taken = (assembler: MessageAssembler, frames: readonly Uint8Array[]): ReportMeaning | undefined =>
  frames.map((frame) => assembler.take(frame)).at(-1);

describe('CTAPHID frames', () => {
  test('a first report has channel, command, length; the next ones a number', () => {
    const [first, second] = framesOf(channel, hidCommand.cbor, payloadOf(58));
    expect(Buffer.from(first ?? []).toString('hex', 0, 9)).toBe('0102030490003a0007');
    expect(Buffer.from(second ?? []).toString('hex', 0, 7)).toBe('01020304008f00');
    expect(first).toHaveLength(64);
  });

  test.each([0, 1, 56, 57, 58, 116, 117, 1024, longestMessage])(
    'a message of %i bytes comes back',
    (length) => {
      const frames = framesOf(channel, hidCommand.cbor, payloadOf(length));
      expect(taken(new MessageAssembler(channel), frames)).toEqual({
        kind: 'message',
        message: { command: hidCommand.cbor, payload: payloadOf(length) },
      });
    },
  );

  test('the longest message is 7,609 bytes, and nothing longer is sent or taken', () => {
    expect(longestMessage).toBe(7_609);
    expect(() => framesOf(channel, hidCommand.cbor, payloadOf(7_610))).toThrow(RangeError);
    const [first = new Uint8Array(64)] = framesOf(channel, hidCommand.cbor, payloadOf(57));
    first.set([7_610 >> 8, 7_610 & 0xff], 5);
    expect(new MessageAssembler(channel).take(first)).toEqual({ kind: 'fault', fault: 'message-length' });
  });

  test('reports of other channels pass by, even in the middle', () => {
    const frames = framesOf(channel, hidCommand.cbor, payloadOf(200));
    const foreign = framesOf(channel + 1, hidCommand.cbor, payloadOf(200));
    const assembler = new MessageAssembler(channel);
    const meanings = frames.flatMap((frame, place) => [
      assembler.take(foreign[place] ?? frame),
      assembler.take(frame),
    ]);
    expect(meanings.map(({ kind }) => kind)).toEqual([
      'ignored',
      'more',
      'ignored',
      'more',
      'ignored',
      'more',
      'ignored',
      'message',
    ]);
  });

  test('a wrong number, a new message in the middle, a short report are faults, and what was there is dropped', () => {
    const [first, second, third] = framesOf(channel, hidCommand.cbor, payloadOf(170));
    if (!first || !second || !third) throw new Error('three frames');
    const skipped = new MessageAssembler(channel);
    skipped.take(first);
    expect(skipped.take(third)).toEqual({ kind: 'fault', fault: 'sequence' });
    expect(skipped.take(second)).toEqual({ kind: 'ignored' });
    const interrupted = new MessageAssembler(channel);
    interrupted.take(first);
    expect(interrupted.take(first)).toEqual({ kind: 'fault', fault: 'interrupted' });
    expect(interrupted.take(first.subarray(0, 63))).toEqual({ kind: 'fault', fault: 'report-length' });
  });

  test('the rest of a message whose beginning was not seen is passed by', () => {
    const [, second] = framesOf(channel, hidCommand.cbor, payloadOf(100));
    expect(new MessageAssembler(channel).take(second ?? new Uint8Array(64))).toEqual({ kind: 'ignored' });
  });
});
