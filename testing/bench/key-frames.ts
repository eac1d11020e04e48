import { cborMap, encodeCbor } from '#access/ctap/cbor.ts';
import { decodeCbor } from '#access/ctap/cbor-decode.ts';
import { framesOf, hidCommand, MessageAssembler } from '#access/ctap/hid-frames.ts';

const channel = 0x11223344;
const measureMs = 1_000;

/** Reports of a key taken apart a second: put together to messages of the size of an assertion, and their CBOR read. */
export function framesPerSecond(): number {
  const answer = encodeCbor(
    cborMap([
      [
        1,
        cborMap([
          ['id', new Uint8Array(64)],
          ['type', 'public-key'],
        ]),
      ],
      [2, new Uint8Array(133)],
      [3, new Uint8Array(71)],
    ]),
  );
  const frames = framesOf(channel, hidCommand.cbor, answer);
  const assembler = new MessageAssembler(channel);
  const began = performance.now();
  let taken = 0;
  while (performance.now() - began < measureMs) {
    for (const frame of frames) {
      const meaning = assembler.take(frame);
      taken += 1;
      if (meaning.kind === 'message' && !decodeCbor(meaning.message.payload).ok) throw new Error('not read');
    }
  }
  return (taken * 1_000) / (performance.now() - began);
}
