/** Which rows have which words; words sorted, so that a beginning is a range. */
export interface WordIndex {
  /** Rows with a word that begins with `beginning`. */
  beginningWith(beginning: string): ReadonlySet<number>;
  /** Rows with a word that satisfies `fits`; looks at every different word. */
  matching(fits: (word: string) => boolean): ReadonlySet<number>;
  /** Rows that are in every set, ascending. */
  rowsWithAll(sets: readonly ReadonlySet<number>[]): readonly number[];
}

/** Builds the index over the words of each row. */
export function createWordIndex(rows: readonly (readonly string[])[]): WordIndex {
  const rowsByWord = new Map<string, number[]>();
  for (const [row, words] of rows.entries()) {
    for (const word of new Set(words)) {
      const known = rowsByWord.get(word);
      if (known === undefined) rowsByWord.set(word, [row]);
      else known.push(row);
    }
  }
  const sorted = [...rowsByWord.keys()].sort();
  const collect = (words: readonly string[]) => new Set(words.flatMap((word) => rowsByWord.get(word) ?? []));
  return {
    beginningWith: (beginning) =>
      collect(sorted.slice(firstAtLeast(sorted, beginning), firstAtLeast(sorted, `${beginning}~`))),
    matching: (fits) => collect(sorted.filter(fits)),
    rowsWithAll: ([first, ...others]) =>
      [...(first ?? [])]
        .filter((row) => others.every((set) => set.has(row)))
        .sort((left, right) => left - right),
  };
}

/** Position of the first word that is not before `wanted`. */
function firstAtLeast(sorted: readonly string[], wanted: string): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? '') < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
