import type { MahallaHit } from '#contracts/bridge/views.ts';
import { foldLoose, foldStrict, splitWords } from '../search/fold.ts';
import type { District, Mahalla } from './mahallas.ts';

/** The national list, searchable in any script. */
export interface MahallaList {
  /**
   * Mahallas whose words begin with the typed ones, in any order; those of `catchment` (codes) first, then those of its
   * districts. An empty text gives the catchment. Names outside the catchment's districts say their district.
   */
  search(text: string, limit: number, catchment: readonly string[]): readonly MahallaHit[];
  /** The name as the national list writes it, or null for a code it does not have. */
  nameOf(code: string): string | null;
}

interface Entry {
  readonly mahalla: Mahalla;
  readonly strict: readonly string[];
  readonly loose: readonly string[];
}

/** Mahalla fuqarolar yigʻini, the assembly of citizens: part of nearly every name. */
const commonWords = new Set(['mfi', 'mahala', 'mahalasi']);

/** Folds all names once, so that a search compares short words only. */
export function createMahallaList(mahallas: readonly Mahalla[], districts: readonly District[]): MahallaList {
  const entries = mahallas.map(toEntry);
  const byCode = new Map(mahallas.map((mahalla) => [mahalla.code, mahalla]));
  const districtNames = new Map(districts.map((district) => [district.code, district.name]));
  return {
    nameOf: (code) => byCode.get(code)?.name ?? null,
    search(text, limit, catchment) {
      const near = nearness(catchment, byCode);
      const typed = tellingWords(text);
      const found = entries.filter((entry) =>
        typed.length === 0 ? near(entry.mahalla) === 0 : hasEvery(entry, typed),
      );
      return found
        .sort((left, right) => compareEntries(left, right, typed, near))
        .slice(0, limit)
        .map(({ mahalla }) => ({ code: mahalla.code, name: shownName(mahalla, near, districtNames) }));
    },
  };
}

function toEntry(mahalla: Mahalla): Entry {
  const strict = tellingWords(mahalla.name);
  return { mahalla, strict, loose: strict.map(foldLoose) };
}

function tellingWords(text: string): readonly string[] {
  return splitWords(text)
    .map(foldStrict)
    .filter((word) => word !== '' && !commonWords.has(word));
}

function hasEvery(entry: Entry, typed: readonly string[]): boolean {
  return typed.every((word) => {
    const loose = foldLoose(word);
    return entry.loose.some((known) => known.startsWith(loose));
  });
}

type Nearness = (mahalla: Mahalla) => 0 | 1 | 2;

/** 0 in the catchment, 1 in one of its districts, 2 elsewhere. */
function nearness(catchment: readonly string[], byCode: ReadonlyMap<string, Mahalla>): Nearness {
  const own = new Set(catchment);
  const districts = new Set(catchment.map((code) => byCode.get(code)?.district ?? null));
  return (mahalla) => {
    if (own.has(mahalla.code)) return 0;
    return mahalla.district !== null && districts.has(mahalla.district) ? 1 : 2;
  };
}

function compareEntries(left: Entry, right: Entry, typed: readonly string[], near: Nearness): number {
  return (
    near(left.mahalla) - near(right.mahalla) ||
    closeness(right, typed) - closeness(left, typed) ||
    compareText(left.mahalla.name, right.mahalla.name) ||
    compareText(left.mahalla.code, right.mahalla.code)
  );
}

/** Words that are whole count double, those that begin alike without the forgiving folds once. */
function closeness(entry: Entry, typed: readonly string[]): number {
  let sum = 0;
  for (const word of typed) {
    if (entry.strict.includes(word)) sum += 2;
    else if (entry.strict.some((known) => known.startsWith(word))) sum += 1;
  }
  return sum;
}

const compareText = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);

function shownName(mahalla: Mahalla, near: Nearness, districtNames: ReadonlyMap<string, string>): string {
  const district = mahalla.district === null ? undefined : districtNames.get(mahalla.district);
  return near(mahalla) < 2 || district === undefined ? mahalla.name : `${mahalla.name}, ${district}`;
}
