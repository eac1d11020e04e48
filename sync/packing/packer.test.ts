import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { maxMessageBytes } from '#contracts/wire/protocol.ts';
import { createPacker } from './packer.ts';
import { PackingFailure } from './packing-failure.ts';

const dictionary = Buffer.from('{"type":"grant","flow":1,"credit":4,"portionBytes":16384}\n'.repeat(20));
const packings = ['zstd', 'deflate'] as const;

const pairOf = (packing: 'zstd' | 'deflate', bytes: Uint8Array | null = dictionary) => ({
  here: createPacker(packing, bytes),
  there: createPacker(packing, bytes),
});

function unpackedOr(packing: 'zstd' | 'deflate', bytes: Uint8Array): string {
  try {
    return pairOf(packing).there.unpack(bytes);
  } catch (failure) {
    if (failure instanceof PackingFailure) return 'refused';
    throw failure;
  }
}

describe.each(packings)('on a fast link by %s (PCK-8)', (packing) => {
  it('packs long messages by the agreed codec and goes on with both kinds', () => {
    const { here, there } = pairOf(packing);
    const long = JSON.stringify({
      rows: Array.from({ length: 400 }, (_, at) => ({ at, text: `row ${at * 7}` })),
    });
    const texts = [long, `[${long},${long}]`, '{"type":"grant","flow":1}', `[${long},${long}]`];
    for (const text of texts) {
      for (const isLinkFast of [true, false]) expect(there.unpack(here.pack(text, isLinkFast))).toBe(text);
    }
    const number = packing === 'zstd' ? 1 : 2;
    expect(here.pack(`[${long},${long}]`, true)[0]).toBe(number);
    expect(createPacker(packing, dictionary).pack(`[${long},${long}]`)[0]).toBe(3);
    expect(createPacker(packing, dictionary).pack('{"type":"grant","flow":1}', true)[0]).toBe(3);
  });
});

describe.each(packings)('packing by %s (PCK-2)', (packing) => {
  it('gives the text back, in both directions, with and without a dictionary', () => {
    const texts = [
      '',
      'x',
      '{"type":"wiped"}',
      `{"a":"${'ў'.repeat(5000)}"}`,
      '\ufeff{}',
      '[1,2,{"a":null}]',
    ];
    for (const bytes of [dictionary, null]) {
      const { here, there } = pairOf(packing, bytes);
      for (const text of [...texts, ...texts]) {
        expect(there.unpack(here.pack(text))).toBe(text);
        expect(here.unpack(there.pack(text))).toBe(text);
      }
    }
  });

  it('packs a text given as bytes as it packs the string', () => {
    const [one, other] = [pairOf(packing), pairOf(packing)];
    const texts = ['', '{"type":"wiped"}', JSON.stringify({ rows: 'ʻў🙂'.repeat(9_000) }), '{"a": 1}'];
    for (const text of [...texts, ...texts]) {
      for (const isLinkFast of [true, false]) {
        const packed = one.here.packUtf8(Buffer.from(text), isLinkFast);
        expect(Buffer.from(packed).equals(other.here.pack(text, isLinkFast))).toBe(true);
        expect(one.there.unpack(packed)).toBe(text);
      }
    }
    expect(() => one.here.packUtf8(Buffer.alloc(maxMessageBytes + 1, 'a'))).toThrow(PackingFailure);
  });

  it('takes the longest message and refuses a longer one', () => {
    const { here, there } = pairOf(packing);
    const longest = 'a'.repeat(maxMessageBytes);
    expect(there.unpack(here.pack(longest))).toBe(longest);
    expect(() => here.pack(`${longest}a`)).toThrow(PackingFailure);
  });

  it('refuses bytes that are not UTF-8 although their checksum fits', () => {
    for (const content of [[0xff], [0x61, 0xc3], [0xed, 0xa0, 0x80]]) {
      const stored = Buffer.from([0, 0, 0, 0, 0, ...content]);
      stored.writeUInt32BE(crc32(Buffer.from(content)), 1);
      expect(unpackedOr(packing, stored)).toBe('refused');
    }
  });

  it('refuses what is cut, changed, of another codec or another dictionary', () => {
    const text = JSON.stringify({
      type: 'offer',
      rows: Array.from({ length: 200 }, (_none, at) => ({ at })),
    });
    const bytes = createPacker(packing, dictionary).pack(text);
    for (let length = 0; length < bytes.length; length += 5) {
      const { there } = pairOf(packing);
      expect(() => there.unpack(bytes.subarray(0, length)), `cut at ${length}`).toThrow(PackingFailure);
    }
    for (let place = 0; place < bytes.length; place += 5) {
      const changed = Uint8Array.from(bytes);
      changed[place] = (changed[place] ?? 0) ^ 0x10;
      // A bit that means nothing to the codec may differ; a text never does.
      expect([text, 'refused'], `changed at ${place}`).toContain(unpackedOr(packing, changed));
    }
    expect(() => createPacker(packing, Buffer.from('other')).unpack(bytes)).toThrow(PackingFailure);
  });
});
