import type { Decision, ReviewBody } from '#contracts/records/reviews.ts';

type Decided = Pick<ReviewBody, 'decisions'>;

/**
 * The decision that counts (REV-A4), or null where nobody has decided. Of decisions that did not know of each other the
 * first in the list counts, which is the center's order; a later one counts if it names the one it changes.
 */
export function countingDecision({ decisions }: Decided): Decision | null {
  let counting = decisions.find((decision) => decision.changes === undefined) ?? null;
  for (let steps = 0; counting !== null && steps < decisions.length; steps += 1) {
    const { id } = counting;
    const next = decisions.find((decision) => decision.changes === id);
    if (next === undefined) break;
    counting = next;
  }
  return counting;
}

/**
 * Whether a person still has to decide: nobody has, or the decision was taken back. Also if "what it says now" meets a
 * decision for one side that it did not know of: what the record said then is nowhere written.
 */
export function isOpenReview(review: Decided): boolean {
  const counting = countingDecision(review);
  if (counting === null || counting.choice === 'taken-back') return true;
  if (counting.choice !== 'present') return false;
  const later = review.decisions.slice(review.decisions.indexOf(counting) + 1);
  return later.some(({ choice }) => choice === 'mine' || choice === 'theirs');
}

/** Decisions made without knowing of the ones that count, and everything built on them. In their order. */
export function passedOverDecisions(review: Decided): readonly Decision[] {
  const line = new Set<string>();
  for (let last = countingDecision(review); last !== null && !line.has(last.id); ) {
    line.add(last.id);
    const { changes } = last;
    last = review.decisions.find((decision) => decision.id === changes) ?? null;
  }
  return review.decisions.filter((decision) => !line.has(decision.id));
}
