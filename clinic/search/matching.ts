/**
 * Whether each of `wanting` can have one of `offered` for itself, by `suits`. Augmenting paths: one who took moves on if
 * there is something else for it. Stops at the first that nothing is left for.
 */
export function canBeMatched<Wanting, Offered>(
  wanting: readonly Wanting[],
  offered: readonly Offered[],
  suits: (wanting: Wanting, offered: Offered) => boolean,
): boolean {
  const takenBy = new Map<Offered, Wanting>();
  const place = (one: Wanting, tried: Set<Offered>): boolean => {
    for (const each of offered) {
      if (tried.has(each) || !suits(one, each)) continue;
      tried.add(each);
      const holder = takenBy.get(each);
      if (holder !== undefined && !place(holder, tried)) continue;
      takenBy.set(each, one);
      return true;
    }
    return false;
  };
  return wanting.every((one) => place(one, new Set()));
}
