import { deflateRawSync, zstdCompressSync } from 'node:zlib';
import { maxMessageBytes } from '#contracts/wire/protocol.ts';
import { createSeededRandom, type SeededRandom } from '#testing/district/seeded-random.ts';

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

/** The text of a message that a broken or hostile side might send in place of `message`. */
export function brokenText(message: unknown, dice: SeededRandom): string {
  const text = JSON.stringify(mutate(message, dice)) ?? '';
  switch (dice.integer(0, 24)) {
    case 0:
    case 1:
      return text.slice(0, dice.integer(0, text.length));
    case 2:
      return `${'['.repeat(dice.integer(1, 20_000))}${text}`;
    case 3:
      return text + text;
    case 4:
      return String.fromCharCode(...Array.from({ length: 40 }, () => dice.integer(0, 0xffff)));
    case 5:
      return dice.chance(0.03) ? `"${'x'.repeat(maxMessageBytes + dice.integer(0, 10))}"` : '';
    default:
      return text;
  }
}

const headerBytes = 5;
const bombBytes = 64 * 1024 * 1024;

/** Kilobytes that unpack to 64 MiB, behind a header that names the codec. */
export const bombs: readonly Uint8Array[] = [
  behindHeader(1, zstdCompressSync(Buffer.alloc(bombBytes))),
  behindHeader(2, deflateRawSync(Buffer.alloc(bombBytes))),
];

function behindHeader(codec: number, content: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(headerBytes + content.length);
  bytes[0] = codec;
  bytes.set(content, headerBytes);
  return bytes;
}

/** What might come in place of a packed message: cut, flipped, with another checksum or codec, noise, or a bomb. */
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
      return behindHeader(dice.integer(0, 4), dice.bytes(dice.integer(0, 2_000)));
    case 5:
      return dice.bytes(dice.integer(0, 64));
    case 6:
      return dice.chance(0.05) ? dice.pick(bombs) : flipped(copy, dice.integer(0, copy.length - 1), dice);
    default:
      return Uint8Array.from([...copy, ...dice.bytes(dice.integer(1, 50))]);
  }
}

function flipped(bytes: Uint8Array, place: number, dice: SeededRandom): Uint8Array {
  bytes[place] = (bytes[place] ?? 0) ^ (1 << dice.integer(0, 7));
  return bytes;
}
