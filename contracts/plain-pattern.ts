/** The UTF-16 units that may stand at one place of a text: 1 by unit. */
export type Units = Readonly<Uint8Array>;

/** One place after another. */
const plain = /^\^(?:(?:\[(?:[A-Za-z0-9](?:-[A-Za-z0-9])?)+\]|[A-Za-z0-9-])(?:\{[0-9]{1,2}\})?)+\$$/;
const places = /(?:\[([^\]]+)\]|([A-Za-z0-9-]))(?:\{([0-9]+)\})?/g;
const ranges = /(.)(?:-(.))?/g;
const unitCount = 0x10000;

/**
 * What a pattern asks of each place of a text, where it is no more than a row of letters, digits, dashes and sets of them, each so
 * many times: `^[A-Z]{3}[0-9]{6}$`. Such a text has one length. The same units are the same array. Undefined for every other pattern.
 */
export function unitsByPlace(pattern: RegExp): readonly Units[] | undefined {
  if (pattern.flags !== '' || !plain.test(pattern.source)) return undefined;
  const known = new Map<string, Units>();
  const unitsOf = (set: string): Units => {
    const units = known.get(set) ?? unitsOfSet(set);
    known.set(set, units);
    return units;
  };
  return [...pattern.source.slice(1, -1).matchAll(places)].flatMap(([, set, one, count = '1']) =>
    Array.from({ length: Number(count) }, () => unitsOf(set ?? one ?? '')),
  );
}

/** `set`: what stands between the brackets; or a single sign, which may be a dash. */
function unitsOfSet(set: string): Units {
  const units = new Uint8Array(unitCount);
  for (const [, from = '', to = from] of set.matchAll(ranges)) {
    units.fill(1, from.charCodeAt(0), to.charCodeAt(0) + 1);
  }
  return units;
}
