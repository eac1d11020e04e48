import { open, readFile } from 'node:fs/promises';

/** How often each needle lies in a memory. */
export interface MemoryCount {
  readonly bytes: number;
  readonly countByNeedle: ReadonlyMap<string, number>;
}

const pieceBytes = 16 * 1024 * 1024;

/**
 * Counts the needles in everything that a process of the same account may write: heaps, buffers, stacks, whatever malloc gave back and
 * nobody overwrote. Linux only; rejects where the system does not allow it.
 */
export async function countInMemory(pid: number, needles: ReadonlyMap<string, Buffer>): Promise<MemoryCount> {
  const maps = await readFile(`/proc/${pid}/maps`, 'latin1');
  const memory = await open(`/proc/${pid}/mem`, 'r');
  const counts = new Map([...needles.keys()].map((name) => [name, 0]));
  const overlap = Math.max(...[...needles.values()].map(({ length }) => length)) - 1;
  const piece = Buffer.alloc(pieceBytes);
  let bytes = 0;
  try {
    for (const [from, to] of writableRanges(maps)) {
      for (let at = from; at < to; at += pieceBytes - overlap) {
        const wanted = Math.min(pieceBytes, to - at);
        // Reserved pages that were never used cannot be read.
        const read = await memory.read(piece, 0, wanted, at).catch(() => null);
        if (read === null || read.bytesRead === 0) continue;
        bytes += read.bytesRead;
        const isLast = at + wanted >= to;
        const text = piece.subarray(0, read.bytesRead);
        for (const [name, needle] of needles) {
          const limit = isLast ? text.length : text.length - overlap;
          counts.set(name, (counts.get(name) ?? 0) + countIn(text, needle, limit));
        }
        if (isLast) break;
      }
    }
  } finally {
    await memory.close();
  }
  return { bytes, countByNeedle: counts };
}

function* writableRanges(maps: string): Generator<readonly [number, number]> {
  for (const line of maps.split('\n')) {
    const [, from, to, rights] = /^([0-9a-f]+)-([0-9a-f]+) (\S+)/.exec(line) ?? [];
    if (from === undefined || to === undefined || !rights?.startsWith('rw')) continue;
    yield [Number.parseInt(from, 16), Number.parseInt(to, 16)];
  }
}

/** Beginnings of `needle` before `limit`: what begins behind it is seen with the next piece. */
function countIn(text: Buffer, needle: Buffer, limit: number): number {
  let count = 0;
  for (let at = text.indexOf(needle); at >= 0 && at < limit; at = text.indexOf(needle, at + 1)) count += 1;
  return count;
}
