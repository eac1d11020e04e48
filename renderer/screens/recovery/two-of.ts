/** Two different places below `count`, in order, that nobody can guess: the paper is asked for, not the memory. */
export function twoOf(count: number, crypto: Pick<Crypto, 'getRandomValues'>): readonly [number, number] {
  const [one = 0, other = 0] = crypto.getRandomValues(new Uint32Array(2));
  const first = one % count;
  // The second is drawn among the places that are left.
  const second = (first + 1 + (other % (count - 1))) % count;
  return first < second ? [first, second] : [second, first];
}
