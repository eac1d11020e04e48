/** @typedef {{ text: string, isDifferent: boolean }} Piece */

/** Longer texts are compared as a whole: nobody reads three hundred marks. */
const mostWords = 300;

/**
 * The words of `text` that `other` does not have in that order; as on the workstation's screen.
 * @param {string} text
 * @param {string} other
 * @returns {readonly Piece[]}
 */
export function markDifferences(text, other) {
  if (text === other) return [{ text, isDifferent: false }];
  const own = wordsOf(text);
  const theirs = wordsOf(other);
  if (own.length > mostWords || theirs.length > mostWords) return [{ text, isDifferent: true }];
  const isCommon = commonWords(own, theirs);
  /** @type {Piece[]} */
  const pieces = [];
  for (const [at, word] of own.entries()) {
    const isDifferent = isCommon[at] !== true;
    const last = pieces.at(-1);
    if (last?.isDifferent === isDifferent) last.text += word;
    else pieces.push({ text: word, isDifferent });
  }
  return pieces;
}

/**
 * @param {string} text
 * @returns {readonly string[]}
 */
const wordsOf = (text) => text.match(/\S+\s*|\s+/gu) ?? [];

/**
 * For each word of `own` whether it is part of the longest common sequence.
 * @param {readonly string[]} own
 * @param {readonly string[]} other
 */
function commonWords(own, other) {
  const left = own.map((word) => word.trim());
  const right = other.map((word) => word.trim());
  const width = right.length + 1;
  const lengths = new Uint16Array((left.length + 1) * width);
  /** @type {(row: number, column: number) => number} */
  const lengthAt = (row, column) => lengths[row * width + column] ?? 0;
  for (let row = left.length - 1; row >= 0; row -= 1) {
    for (let column = right.length - 1; column >= 0; column -= 1) {
      lengths[row * width + column] =
        left[row] === right[column]
          ? lengthAt(row + 1, column + 1) + 1
          : Math.max(lengthAt(row + 1, column), lengthAt(row, column + 1));
    }
  }
  const isCommon = left.map(() => false);
  for (let row = 0, column = 0; row < left.length && column < right.length; ) {
    if (left[row] === right[column]) {
      isCommon[row] = true;
      row += 1;
      column += 1;
    } else if (lengthAt(row + 1, column) >= lengthAt(row, column + 1)) row += 1;
    else column += 1;
  }
  return isCommon;
}
