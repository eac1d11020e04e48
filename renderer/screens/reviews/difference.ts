/** A piece of a text, and whether the other text has something else there. */
export interface Piece {
  readonly text: string;
  readonly isDifferent: boolean;
}

/** Longer texts are compared as a whole: nobody reads three hundred marks. */
const mostWords = 300;

/**
 * The words of `text` that `other` does not have in that order. Blanks belong to the word before them, so that marked words
 * which follow each other are one piece.
 */
export function markDifferences(text: string, other: string): readonly Piece[] {
  if (text === other) return [{ text, isDifferent: false }];
  const [own, theirs] = [wordsOf(text), wordsOf(other)];
  if (own.length > mostWords || theirs.length > mostWords) return [{ text, isDifferent: true }];
  const isCommon = commonWords(own, theirs);
  const pieces: Piece[] = [];
  for (const [at, word] of own.entries()) {
    const isDifferent = isCommon[at] !== true;
    const last = pieces.at(-1);
    if (last?.isDifferent === isDifferent)
      pieces[pieces.length - 1] = { text: last.text + word, isDifferent };
    else pieces.push({ text: word, isDifferent });
  }
  return pieces;
}

const wordsOf = (text: string): readonly string[] => text.match(/\S+\s*|\s+/gu) ?? [];

/** For each word of `own` whether it is part of the longest common sequence. */
function commonWords(own: readonly string[], other: readonly string[]): readonly boolean[] {
  const [left, right] = [own.map((word) => word.trim()), other.map((word) => word.trim())];
  const width = right.length + 1;
  const lengths = new Uint16Array((left.length + 1) * width);
  const lengthAt = (row: number, column: number): number => lengths[row * width + column] ?? 0;
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
