import { describe, expect, it } from 'vitest';
import { BitCoder } from '#sync/packing/bit-coder.ts';
import { MessageModel } from '#sync/packing/message-model.ts';
import { createPacker } from '#sync/packing/packer.ts';
import { PackingFailure } from '#sync/packing/packing-failure.ts';
import { SeededRandom } from '../doubles/seeded-random.ts';
import { randomPatient, randomRecordId, randomVisit } from './random-bodies.ts';

const hex = (random: SeededRandom, length: number): string =>
  Array.from({ length }, () => random.below(16).toString(16)).join('');

const oddStrings = [
  '',
  '\0',
  '\u0001',
  '\ud800',
  'a\udc00b',
  '"\\/\b\f\n\r\t',
  'кашель ʻ 😀',
  '__proto__',
  'constructor',
  '2026-02-30',
  '2026-02-28',
  '1999-12-31',
  '00000000-0000-0000-0000-000000000000',
  'ffffffff-ffff-7fff-bfff-ffffffffffff',
  '0190AAAA-bbbb-7ccc-8ddd-eeeeeeeeeeee',
  '01234567',
  'deadbeef',
  '{"a":1}',
  'x'.repeat(500),
];
const oddNumbers = [
  0,
  1,
  -1,
  0.1,
  36.6,
  -0.5,
  1e21,
  5e-324,
  1.7976931348623157e308,
  2 ** 53,
  2 ** 53 - 1,
  2 ** 50,
  2 ** 49,
];
const times = [1_790_000_000_000, 999_999_999_999, 9_999_999_999_999, 1_000_000_000_000];

function randomString(random: SeededRandom): string {
  const kinds: readonly (() => string)[] = [
    () => random.pick(oddStrings),
    () => randomRecordId(random),
    () => `${1 + random.below(300)}-${hex(random, 32)}`,
    () => `${hex(random, 12)}-${hex(random, 4)}-${hex(random, 8)}`,
    () => hex(random, random.pick([7, 8, 9, 32, 64, 14])),
    () => `${hex(random, 8)}-${hex(random, 4)}-${hex(random, 4)}-${hex(random, 4)}-${hex(random, 12)}`,
    () => String.fromCodePoint(...Array.from({ length: random.below(40) }, () => random.below(0x11_0000))),
    () => random.pick(['arrived', 'finished', 'nurse', 'yoʻtal']),
  ];
  return random.pick(kinds)();
}

function randomNumber(random: SeededRandom): number {
  if (random.chance(0.3)) return random.pick(oddNumbers);
  if (random.chance(0.3)) return random.pick(times) + random.below(1e7);
  const size = 2 ** random.below(60);
  return (random.chance(0.2) ? -1 : 1) * (Math.round(random.next() * size) / 10 ** random.below(8));
}

function randomValue(random: SeededRandom, depth: number): unknown {
  const kind = random.below(depth > 5 ? 4 : 6);
  if (kind === 0) return random.pick([null, true, false]);
  if (kind === 1) return randomNumber(random);
  if (kind < 4) return randomString(random);
  const length = random.below(5);
  if (kind === 4) return Array.from({ length }, () => randomValue(random, depth + 1));
  return Object.fromEntries(
    Array.from({ length }, () => [
      random.chance(0.6) ? random.pick(['id', 'at', 'by', 'body', 'kind']) : randomString(random),
      randomValue(random, depth + 1),
    ]),
  );
}

/** JSON as the protocol writes it, odd JSON, and text that is none. */
function randomText(random: SeededRandom): string {
  if (random.chance(0.1))
    return random.pick(['', '{', '1.0', ' {}', '{"a":1,"a":2}', '{"b":1,"1":2}', '-0', '\ufeff', '[[[']);
  if (random.chance(0.05)) return `${'['.repeat(50)}1${']'.repeat(50)}`;
  if (random.chance(0.01)) return `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
  if (random.chance(0.4))
    return JSON.stringify({ type: 'offer', rows: [randomVisit(random), randomPatient(random)] });
  return JSON.stringify(randomValue(random, 0));
}

const dictionary = Buffer.from(
  Array.from({ length: 30 }, (_none, seed) => JSON.stringify(randomVisit(new SeededRandom(seed)))).join('\n'),
);

describe('packing any text (PCK-2, PCK-4)', () => {
  it('gives back every text of long conversations, whatever it is', () => {
    let total = 0;
    for (let seed = 0; seed < 60; seed += 1) {
      const random = new SeededRandom(seed);
      const bytes = random.chance(0.5) ? dictionary : null;
      const packing = random.pick(['zstd', 'deflate'] as const);
      const [here, there] = [createPacker(packing, bytes), createPacker(packing, bytes)];
      for (let turn = 0; turn < 60; turn += 1) {
        const text = randomText(random);
        const [from, to] = random.chance(0.5) ? [here, there] : [there, here];
        expect(to.unpack(from.pack(text)), `seed ${seed} turn ${turn}`).toBe(text);
        total += 1;
      }
    }
    expect(total).toBe(3600);
  });

  it('gives back numbers of every size and scale in one place', () => {
    const [here, there] = [createPacker('zstd', null), createPacker('zstd', null)];
    for (let power = 0; power < 64; power += 1) {
      for (const offset of [-1, 0, 1]) {
        for (const scale of [0, 1, 3, 6, 7]) {
          const text = JSON.stringify({ n: (2 ** power + offset) / 10 ** scale, m: -(2 ** power) - offset });
          expect(there.unpack(here.pack(text))).toBe(text);
        }
      }
    }
  });

  it('keeps working when more is named than it remembers', () => {
    const [here, there] = [createPacker('zstd', dictionary), createPacker('zstd', dictionary)];
    const random = new SeededRandom(5);
    for (let turn = 0; turn < 300; turn += 1) {
      const keys = Array.from({ length: 60 }, (_none, index) => [`key${turn}-${index}`, hex(random, 20)]);
      const text = JSON.stringify({
        ...Object.fromEntries(keys),
        // Again and again what was replaced meanwhile.
        again: [turn, turn * 7, turn * 31].map((word) => `w${word % 200}`),
        same: [`value ${turn}`, { [`k${turn % 90}`]: turn }],
      });
      expect(there.unpack(here.pack(text))).toBe(text);
    }
  });
});

describe('what no packer wrote', () => {
  it('is refused with a PackingFailure, and so is everything after it', () => {
    const random = new SeededRandom(11);
    for (let run = 0; run < 1500; run += 1) {
      const packer = createPacker('zstd', random.chance(0.5) ? dictionary : null);
      const bytes = random.bytes(random.below(200));
      bytes[0] = random.below(5);
      expect(() => packer.unpack(bytes)).toThrow(PackingFailure);
      expect(() => packer.unpack(createPacker('zstd', null).pack('{}'))).toThrow(PackingFailure);
    }
  });

  it('never makes the model throw anything else, or give more than the longest message', () => {
    const random = new SeededRandom(12);
    const learned = new MessageModel();
    for (let turn = 0; turn < 20; turn += 1)
      learned.codeMessage(new BitCoder(null), { rows: [randomVisit(random)] });
    let given = 0;
    for (let run = 0; run < 3000; run += 1) {
      const bytes = random.bytes(random.below(60));
      if (random.chance(0.5)) bytes[0] = random.below(40);
      try {
        const value = learned.fork().codeMessage(new BitCoder(bytes), undefined);
        expect(JSON.stringify(value).length).toBeLessThan(8 * 1024 * 1024);
        given += 1;
      } catch (failure) {
        expect(failure).toBeInstanceOf(PackingFailure);
      }
    }
    expect(given).toBeGreaterThan(0);
  });

  it('is refused when it is a real message that was changed, cut or sent twice', () => {
    const random = new SeededRandom(13);
    const here = createPacker('zstd', null);
    const there = createPacker('zstd', null);
    there.unpack(here.pack(JSON.stringify(randomVisit(random))));
    const bytes = here.pack(JSON.stringify({ rows: [randomVisit(random), randomPatient(random)] }));
    for (let place = 5; place < bytes.length; place += 1) {
      const fresh = createPacker('zstd', null);
      const changed = Uint8Array.from(bytes);
      changed[place] = (changed[place] ?? 0) ^ (1 << random.below(8));
      expect(() => fresh.unpack(changed)).toThrow(PackingFailure);
      expect(() => createPacker('zstd', null).unpack(bytes.subarray(0, place))).toThrow(PackingFailure);
    }
  });
});
