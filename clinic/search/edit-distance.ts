/**
 * How many letters must be put in, left out, replaced or swapped with their neighbour to get from one word to the other
 * (Damerau, optimal string alignment). Gives `most + 1` as soon as it is more than `most`.
 */
export function editDistance(left: string, right: string, most: number): number {
  if (left === right) return 0;
  if (Math.abs(left.length - right.length) > most) return most + 1;
  return Math.min(lastRow(left, right, most).at(-1) ?? most + 1, most + 1);
}

/** The least distance between `typed` and any beginning of `known`. */
export function prefixDistance(typed: string, known: string, most: number): number {
  if (known.startsWith(typed)) return 0;
  const beginning = known.slice(0, typed.length + most);
  if (typed.length - beginning.length > most) return most + 1;
  return Math.min(...lastRow(typed, beginning, most), most + 1);
}

/** Distances between the whole of `left` and every beginning of `right`. */
function lastRow(left: string, right: string, most: number): readonly number[] {
  let beforeLast: number[] = [];
  let last = Array.from({ length: right.length + 1 }, (_none, index) => index);
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row];
    let least = row;
    for (let column = 1; column <= right.length; column += 1) {
      const distance = stepDistance(left, right, row, column, current, last, beforeLast);
      current.push(distance);
      if (distance < least) least = distance;
    }
    if (least > most) return [most + 1];
    beforeLast = last;
    last = current;
  }
  return last;
}

function stepDistance(
  left: string,
  right: string,
  row: number,
  column: number,
  current: readonly number[],
  last: readonly number[],
  beforeLast: readonly number[],
): number {
  const far = Number.POSITIVE_INFINITY;
  const isSame = left[row - 1] === right[column - 1];
  const replaced = (last[column - 1] ?? far) + (isSame ? 0 : 1);
  const distance = Math.min(replaced, (last[column] ?? far) + 1, (current[column - 1] ?? far) + 1);
  const isSwap =
    row > 1 && column > 1 && left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
  return isSwap ? Math.min(distance, (beforeLast[column - 2] ?? far) + 1) : distance;
}
