import { SeededRandom } from '../doubles/seeded-random.ts';
import type { CutDisk, CutState } from './cut-disk.ts';
import { drawSurvival, type Survival, type Tearing } from './survival.ts';
import type { TraceEvent } from './trace-log.ts';

/** One cut: where it came, what had been said until then, and what it left. */
export interface Cut {
  /** Tells the cut apart: the same trace, seed and number give the same cut. */
  readonly name: string;
  readonly marks: readonly string[];
  readonly survival: Survival;
  readonly state: CutState;
}

export interface CutPlan {
  readonly seed: number;
  readonly cuts: number;
  readonly tearing: Tearing;
}

/** Cuts all over a trace, one after the other. The disk must be as it was when the trace began. */
export function* cutsOf(disk: CutDisk, events: readonly TraceEvent[], plan: CutPlan): Generator<Cut> {
  const places = placesOf(events, plan);
  const marks: string[] = [];
  let next = 0;
  for (const [index, event] of events.entries()) {
    disk.apply(event);
    if (event.kind === 'mark') marks.push(event.text);
    for (; places[next]?.index === index; next += 1) {
      const number = places[next]?.number ?? 0;
      const random = randomOf(plan.seed, number);
      const survival = drawSurvival(random, plan.tearing);
      const name = `seed ${plan.seed}, cut ${number}, after event ${index} of ${events.length}`;
      yield { name, marks: [...marks], survival, state: disk.cut(survival, random) };
    }
  }
}

/** Two in five right behind something acknowledged, where there is most to lose; the others anywhere. */
function placesOf(
  events: readonly TraceEvent[],
  { seed, cuts }: CutPlan,
): readonly { readonly index: number; readonly number: number }[] {
  const marked = [...events.entries()].filter(([, { kind }]) => kind === 'mark').map(([index]) => index);
  const places = Array.from({ length: cuts }, (_, number) => {
    const random = randomOf(seed + 1, number);
    const behindMark = Math.min(random.pick(marked) + random.below(3), events.length - 1);
    return { index: random.chance(0.4) ? behindMark : random.below(events.length), number };
  });
  return places.sort((left, right) => left.index - right.index || left.number - right.number);
}

const randomOf = (seed: number, number: number) => new SeededRandom(Math.imul(seed, 1_000_003) + number);
