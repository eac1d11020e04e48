/** Who worked here last first, the others as they come, who is at work at the end. */
export function inOrderOfUse<Somebody extends { readonly id: string }>(
  people: readonly Somebody[],
  lastPeople: readonly string[],
  present: string | null,
): readonly Somebody[] {
  const rank = ({ id }: Somebody): number => {
    if (id === present) return Number.MAX_SAFE_INTEGER;
    const at = lastPeople.indexOf(id);
    return at < 0 ? lastPeople.length : at;
  };
  return people.toSorted((one, other) => rank(one) - rank(other));
}
