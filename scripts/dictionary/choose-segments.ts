/** How many characters are looked at together: long enough to be worth a match, short enough to be found again. */
const gramLength = 8;

/**
 * The messages that are worth most in a dictionary of at most `maxBytes`: again and again the one with the most common text
 * that no chosen one holds yet, per byte (after the COVER algorithm of zstd's trainer). The most valuable comes last, where
 * a window that is too short for all still reaches. Each is returned as it came.
 */
export function chooseSegments(messages: readonly string[], maxBytes: number): readonly string[] {
  const counts = countGrams(messages);
  const candidates = messages.map((message, index) => ({ message, index, worth: Number.POSITIVE_INFINITY }));
  const covered = new Set<string>();
  const chosen: string[] = [];
  for (let room = maxBytes; ; ) {
    const best = takeBest(candidates, counts, covered);
    if (best === undefined) return chosen.reverse();
    const size = Buffer.byteLength(best) + 1;
    if (size > room) continue;
    room -= size;
    chosen.push(best);
    for (const gram of gramsOf(best)) covered.add(gram);
    if (room < 100) return chosen.reverse();
  }
}

interface Candidate {
  readonly message: string;
  readonly index: number;
  /** An upper bound: what it was worth when less was covered. */
  worth: number;
}

/** Takes the most valuable candidate out. Worth only ever falls, so that most need not be counted anew (lazy greedy). */
function takeBest(
  candidates: Candidate[],
  counts: ReadonlyMap<string, number>,
  covered: ReadonlySet<string>,
): string | undefined {
  for (;;) {
    const top = candidates.reduce<Candidate | undefined>(
      (best, each) => (best === undefined || each.worth > best.worth ? each : best),
      undefined,
    );
    if (top === undefined || top.worth === 0) return undefined;
    const worth = worthOf(top.message, counts, covered);
    if (worth === top.worth) {
      candidates.splice(candidates.indexOf(top), 1);
      return top.message;
    }
    top.worth = worth;
  }
}

function worthOf(message: string, counts: ReadonlyMap<string, number>, covered: ReadonlySet<string>): number {
  let worth = 0;
  for (const gram of new Set(gramsOf(message))) {
    const count = counts.get(gram) ?? 0;
    if (count > 1 && !covered.has(gram)) worth += count;
  }
  return worth / message.length;
}

function countGrams(messages: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const message of messages) {
    for (const gram of new Set(gramsOf(message))) counts.set(gram, (counts.get(gram) ?? 0) + 1);
  }
  return counts;
}

function* gramsOf(message: string): Generator<string> {
  for (let from = 0; from + gramLength <= message.length; from += 1)
    yield message.slice(from, from + gramLength);
}
