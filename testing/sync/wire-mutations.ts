import { maxMessageBytes } from '#contracts/wire/protocol.ts';
import { createPacker } from '#sync/packing/packer.ts';
import { createSeededRandom, type SeededRandom } from '#testing/district/seeded-random.ts';
import { framed } from './wire-bombs.ts';

/** How many times as many messages as usual; set by WIRE_FUZZ_TIMES for a long run. */
export const fuzzTimes = Math.max(1, Number(process.env.WIRE_FUZZ_TIMES ?? 1) || 1);

/** Dice for one run; WIRE_FUZZ_SEED gives another one. */
export const fuzzDice = (salt: number): SeededRandom =>
  createSeededRandom(Number(process.env.WIRE_FUZZ_SEED ?? 1) || 1, salt);

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level += 1) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}

const strange: readonly (() => unknown)[] = [
  () => null,
  () => -1,
  () => 0,
  () => 1e308,
  () => 2 ** 53,
  () => 0.5,
  () => '',
  () => '\u0000',
  () => '\ud800',
  () => 'x'.repeat(5_000),
  () => '1-00000000000000000000000000000000',
  () => "'; drop table doc; --",
  () => [],
  () => ({}),
  () => ({ length: 1e9 }),
  () => JSON.parse('{"__proto__":{"type":"hello"},"constructor":1}'),
  () => true,
  () => nested(200),
];

/** The value with one to three of its parts replaced, removed or doubled. */
export function mutate(value: unknown, dice: SeededRandom): unknown {
  let mutated: unknown = structuredClone(value);
  for (let times = dice.integer(1, 3); times > 0; times -= 1) mutated = mutateOnce(mutated, dice);
  return mutated;
}

function mutateOnce(value: unknown, dice: SeededRandom): unknown {
  const pick = dice.pick(strange);
  if (typeof value !== 'object' || value === null || dice.chance(1 / 6)) return pick();
  const entries = Object.entries(value);
  if (entries.length === 0) return pick();
  const [key, part] = dice.pick(entries);
  const changed = dice.chance(1 / 3) ? undefined : mutateOnce(part, dice);
  if (Array.isArray(value)) return value.with(Number(key), changed ?? null);
  return { ...value, [key]: changed, ...(dice.chance(1 / 8) ? { extra: part } : {}) };
}

/** What is wrong with a message. */
export type Fault = 'truncated' | 'nested' | 'doubled' | 'noise' | 'oversized' | 'wrong-types';

/** A message that a broken or hostile side might send. */
export interface BrokenText {
  readonly fault: Fault;
  readonly text: string;
}

/** The text of a message that a broken or hostile side might send in place of `message`. */
export function brokenText(message: unknown, dice: SeededRandom): BrokenText {
  const text = JSON.stringify(mutate(message, dice)) ?? '';
  switch (dice.integer(0, 24)) {
    case 0:
    case 1:
      return { fault: 'truncated', text: text.slice(0, dice.integer(0, text.length)) };
    case 2:
      return { fault: 'nested', text: `${'['.repeat(dice.integer(1, 20_000))}${text}` };
    case 3:
      return { fault: 'doubled', text: text + text };
    case 4: {
      const signs = Array.from({ length: 40 }, () => dice.integer(0, 0xffff));
      return { fault: 'noise', text: String.fromCharCode(...signs) };
    }
    case 5:
      return dice.chance(0.03)
        ? { fault: 'oversized', text: `"${'x'.repeat(maxMessageBytes + dice.integer(0, 10))}"` }
        : { fault: 'truncated', text: '' };
    default:
      return { fault: 'wrong-types', text };
  }
}

const headerBytes = 5;

/** What might come in place of a packed message: cut, flipped, with another checksum or codec, or noise. */
export function brokenBytes(packed: Uint8Array, dice: SeededRandom): Uint8Array {
  const copy = Uint8Array.from(packed);
  switch (dice.integer(0, 7)) {
    case 0:
      return copy.subarray(0, dice.integer(0, copy.length - 1));
    case 1:
      return flipped(copy, dice.integer(1, 4), dice);
    case 2:
      return flipped(copy, dice.integer(headerBytes, Math.max(headerBytes, copy.length - 1)), dice);
    case 3:
      copy[0] = dice.integer(0, 255);
      return copy;
    case 4:
      return framed(dice.integer(0, 4), dice.bytes(4), dice.bytes(dice.integer(0, 2_000)));
    case 5:
      return dice.bytes(dice.integer(0, 64));
    case 6:
      return flipped(copy, dice.integer(0, copy.length - 1), dice);
    default:
      return Uint8Array.from([...copy, ...dice.bytes(dice.integer(1, 50))]);
  }
}

/** A text as a packer sends it; one that no packer would send is stored as it is, under a checksum that fits. */
export function packedAnyhow(text: string, packing: 'zstd' | 'deflate'): Uint8Array {
  try {
    return createPacker(packing, null).pack(text);
  } catch {
    const utf8 = Buffer.from(text);
    return framed(0, utf8, utf8);
  }
}

function flipped(bytes: Uint8Array, place: number, dice: SeededRandom): Uint8Array {
  bytes[place] = (bytes[place] ?? 0) ^ (1 << dice.integer(0, 7));
  return bytes;
}
