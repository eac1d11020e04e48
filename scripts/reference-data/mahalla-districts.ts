/** A code with its name, as the national code systems list them. */
export interface CodedName {
  readonly code: string;
  readonly name: string;
}

/** Region of a mahalla code (first two digits) in the national region code (first four). */
const regionByPrefix: Readonly<Record<string, string>> = {
  '10': '1726',
  '11': '1727',
  '12': '1724',
  '13': '1708',
  '14': '1718',
  '15': '1730',
  '16': '1714',
  '17': '1703',
  '18': '1710',
  '19': '1722',
  '20': '1706',
  '21': '1712',
  '22': '1733',
  '23': '1735',
};

/** Least number of settlement names in common, and by how much the best must beat the second, to believe a match. */
const leastShared = 3;
const leastLead = 2;

/**
 * District of each group of mahalla codes (their first four digits). The national lists do not say it: it is inferred from
 * the settlements of the SOATO tree that share their names with mahallas. Groups without a clear winner are left out.
 */
export function inferDistricts(
  mahallas: readonly CodedName[],
  settlements: readonly CodedName[],
): ReadonlyMap<string, string> {
  const districtsByName = groupSettlements(settlements);
  const scoresByGroup = new Map<string, Map<string, number>>();
  for (const mahalla of mahallas) {
    const group = mahalla.code.slice(0, 4);
    const region = regionByPrefix[group.slice(0, 2)] ?? 'none';
    const places = [...(districtsByName.get(foldPlace(mahalla.name)) ?? [])];
    const candidates = places.filter((district) => district.startsWith(region));
    const scores = scoresByGroup.get(group) ?? new Map<string, number>();
    scoresByGroup.set(group, scores);
    for (const district of candidates) {
      scores.set(district, (scores.get(district) ?? 0) + 1 / candidates.length);
    }
  }
  return clearWinners(scoresByGroup);
}

function groupSettlements(settlements: readonly CodedName[]): ReadonlyMap<string, ReadonlySet<string>> {
  const districtsByName = new Map<string, Set<string>>();
  for (const { code, name } of settlements) {
    if (code.length <= 7) continue;
    const districts = districtsByName.get(foldPlace(name)) ?? new Set();
    districtsByName.set(foldPlace(name), districts.add(code.slice(0, 7)));
  }
  return districtsByName;
}

function clearWinners(scoresByGroup: ReadonlyMap<string, ReadonlyMap<string, number>>): Map<string, string> {
  const winners = new Map<string, string>();
  for (const [group, scores] of scoresByGroup) {
    const [best, second] = [...scores].sort((left, right) => right[1] - left[1]);
    if (best === undefined || best[1] < leastShared) continue;
    if (best[1] >= leastLead * (second?.[1] ?? 0)) winners.set(group, best[0]);
  }
  return winners;
}

/** Spelling differences between the two lists: apostrophes, h and x, q and k, and the words for "mahalla". */
function foldPlace(name: string): string {
  return name
    .toLowerCase()
    .replace(/[ʻʼ‘’'`]/g, '')
    .replace(/\b(mfy|shfy|qfy|aul|mahallasi)\b/g, '')
    .replace(/kh|h/g, 'x')
    .replace(/q/g, 'k')
    .replace(/[^a-z]/g, '');
}
