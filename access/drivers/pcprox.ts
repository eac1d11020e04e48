import type { FeaturePipe, FeaturePoll, HidReaderModel, ReaderNews } from './reader-model.ts';

/**
 * rf IDEAS pcProx readers, which type unless told not to. Their feature reports of 8 bytes are not published by the maker; what is
 * used here was worked out and published by others (protocol.md of github.com/micolous/pcprox, commit 0d0d67d): a command byte is
 * written, then the answer read. 8F: card data, least significant byte first; 8E: bits of it, twice; 80: configuration page 0;
 * 90 with a bit mask of pages: take the configuration over, and store the pages named.
 */
const command = { cardData: 0x8f, cardBits: 0x8e, configuration0: 0x80, finish: 0x90 } as const;
const reportLength = 8;
const unnumbered = 0;
/** Byte 7 of configuration page 0, bit 7 (`bHaltKBSnd`): do not type. */
const flagsAt = 7;
const doNotType = 0x80;
const mostBits = 64;

/** `bits` of a card and its data as upper-case hexadecimal, most significant digit first: `24.0A1B2C`. Undefined: no card. */
export function pcproxNumber(data: Uint8Array, bits: Uint8Array): string | undefined {
  const length = bits[0] ?? 0;
  if (data.length !== reportLength || bits.length < 2 || bits[1] !== length) return undefined;
  if (length === 0 || length > mostBits) return undefined;
  const bytes = Math.ceil(length / 8);
  const value = Buffer.from(data.subarray(0, bytes)).reverse();
  const spare = bytes * 8 - length;
  value[0] = (value[0] ?? 0) & (0xff >> spare);
  return value.every((byte) => byte === 0) ? undefined : `${length}.${value.toString('hex').toUpperCase()}`;
}

/** A reader that reads a card anew has no card for a moment: so many answers without one, and it is taken. */
const missesBelieved = 4;

/** Asks a reader. A card is told once while it lies there. */
export function createPcproxPoll(): FeaturePoll {
  let lying: string | undefined;
  let misses = 0;
  let found: Uint8Array | undefined;
  return {
    // Told to be quiet until it is unplugged or let go of; its stored configuration stays as it is.
    begin: async (pipe) => {
      const page = await ask(pipe, command.configuration0);
      if (page.length !== reportLength) return;
      found = page;
      await configure(pipe, withFlag(page));
    },
    next: async (pipe) => {
      const data = await ask(pipe, command.cardData);
      const bits = await ask(pipe, command.cardBits);
      const number = pcproxNumber(data, bits);
      misses = number === undefined ? misses + 1 : 0;
      if (number === undefined) {
        if (lying === undefined || misses < missesBelieved) return undefined;
        lying = undefined;
        return { kind: 'taken' };
      }
      if (number === lying) return undefined;
      lying = number;
      return cardNews(number);
    },
    end: async (pipe) => {
      if (found !== undefined) await configure(pipe, found);
    },
  };
}

const cardNews = (number: string): ReaderNews => ({
  kind: 'card',
  reading: { reader: 'proximity', number },
});

async function ask(pipe: FeaturePipe, code: number): Promise<Uint8Array> {
  await send(pipe, [code]);
  return pipe.getFeature(unnumbered, reportLength);
}

/** Puts configuration page 0 in force without storing it: the mask of pages to store is empty. */
async function configure(pipe: FeaturePipe, page: Uint8Array): Promise<void> {
  await send(pipe, [command.configuration0]);
  await pipe.sendFeature(unnumbered, page);
  await send(pipe, [command.finish, 0]);
}

function send(pipe: FeaturePipe, bytes: readonly number[]): Promise<void> {
  const report = new Uint8Array(reportLength);
  report.set(bytes);
  return pipe.sendFeature(unnumbered, report);
}

function withFlag(page: Uint8Array): Uint8Array {
  const changed = Uint8Array.from(page);
  changed[flagsAt] = (changed[flagsAt] ?? 0) | doNotType;
  return changed;
}

export const pcprox: HidReaderModel = {
  name: 'pcprox',
  kind: 'card-reader',
  matches: ({ vendorId, productId }) => vendorId === 0x0c27 && productId === 0x3bfa,
  usbIds: [{ vendorId: 0x0c27, productId: 0x3bfa }],
  source: { way: 'features', everyMs: 250, createPoll: createPcproxPoll },
};
