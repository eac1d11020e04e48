import type { Target } from '#testing/bench/targets.ts';

/** One number a benchmark measured. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
}

export interface Judgement {
  /** `target <name> <limit> met` or `missed`. */
  readonly line: string;
  readonly isMet: boolean;
}

/** Compares the figures of one benchmark with the targets under its name. A target without a figure is missed. */
export function judge(
  bench: string,
  figures: readonly Figure[],
  targets: readonly Target[],
): readonly Judgement[] {
  const values = new Map(figures.map(({ name, value }) => [name, value]));
  return targets
    .filter(({ name }) => name.startsWith(`${bench}.`))
    .map((target) => {
      const isMet = meets(values.get(target.name), target);
      return {
        line: `target ${target.name} ${target.limit} ${isMet ? 'met' : 'missed'}`,
        isMet,
      };
    });
}

/** NaN meets nothing. */
function meets(value: number | undefined, { direction, limit }: Target): boolean {
  if (value === undefined) return false;
  return direction === 'at-least' ? value >= limit : value <= limit;
}
