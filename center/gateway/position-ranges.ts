/** Most ranges kept; the oldest are forgotten, which only means that a workstation gets its own writes once more. */
const maxRanges = 1_000;

interface Range {
  /** The position before the first one. */
  from: number;
  through: number;
}

/** A set of feed positions, added mostly in their order. */
export class PositionRanges {
  #ranges: Range[] = [];

  /** Adds positions `from` + 1 to `through`. */
  add(from: number, through: number): void {
    const last = this.#ranges.at(-1);
    if (last !== undefined && from < last.through) this.#insert(from, through);
    else if (last?.through === from) last.through = through;
    else this.#ranges.push({ from, through });
    if (this.#ranges.length > maxRanges) this.#ranges.shift();
  }

  has(position: number): boolean {
    return this.covers(position - 1, position);
  }

  /** Whether positions `from` + 1 to `through` are all in it. */
  covers(from: number, through: number): boolean {
    return this.#ranges.some((range) => range.from <= from && through <= range.through);
  }

  /** The last position of the range that follows `position` at once; `position` itself if none does. */
  skipFrom(position: number): number {
    const next = this.#ranges.find((range) => range.from <= position && position < range.through);
    return next === undefined ? position : next.through;
  }

  /** Everything up to `position` will not be asked for again. */
  forgetThrough(position: number): void {
    const first = this.#ranges.findIndex((range) => range.through > position);
    this.#ranges.splice(0, first === -1 ? this.#ranges.length : first);
  }

  #insert(from: number, through: number): void {
    this.#ranges.push({ from, through });
    this.#ranges.sort((one, other) => one.from - other.from);
    const merged: Range[] = [];
    for (const range of this.#ranges) {
      const last = merged.at(-1);
      if (last !== undefined && range.from <= last.through)
        last.through = Math.max(last.through, range.through);
      else merged.push({ ...range });
    }
    this.#ranges = merged;
  }
}
