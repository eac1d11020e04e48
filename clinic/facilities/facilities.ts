import type { FacilityHit } from '#contracts/bridge/views.ts';
import type { Scope } from '#contracts/ids.ts';
import type { RecordOf } from '#contracts/records/registry.ts';
import type { ReplicaReader } from '../ports/replica.ts';
import { foldLoose, foldStrict, splitWords } from '../search/fold.ts';

/** The center sends at most 300 neighbours (docs/specs/center.md SHA-8), and some packs. */
const mostReferences = 1_000;

/** Every facility that is known here, this one included, each once, by code. */
export function knownFacilities(reader: Pick<ReplicaReader, 'find'>): readonly FacilityHit[] {
  const newestByCode = new Map<Scope, RecordOf<'reference'>>();
  for (const record of reader.find('reference', { limit: mostReferences })) {
    if (record.body.kind !== 'facility') continue;
    const known = newestByCode.get(record.body.code);
    if (known === undefined || known.hlc < record.hlc) newestByCode.set(record.body.code, record);
  }
  return [...newestByCode.values()]
    .flatMap(({ body }) =>
      body.kind === 'facility' ? [{ code: body.code, name: body.name, district: body.district }] : [],
    )
    .sort((left, right) => compare(left.code, right.code));
}

/** A facility as known here; one that is not known goes by its code. */
export function facilityNamed(reader: Pick<ReplicaReader, 'find'>, code: Scope): FacilityHit {
  const known = knownFacilities(reader).find((facility) => facility.code === code);
  const name = { 'uz-Latn': code, 'uz-Cyrl': code, ru: code, en: code };
  return known ?? { code, name, district: '' };
}

/**
 * Other facilities whose code or words in any language begin with the typed ones, in any order and script; those of the own
 * district first. An empty text gives all.
 */
export function searchFacilities(
  reader: Pick<ReplicaReader, 'find'>,
  here: Scope,
  text: string,
  limit: number,
): readonly FacilityHit[] {
  const facilities = knownFacilities(reader);
  const own = facilities.find(({ code }) => code === here);
  const typed = text.split(/\s+/).filter((word) => word !== '');
  return facilities
    .filter((facility) => facility.code !== here && isMeant(facility, typed))
    .sort(
      (left, right) =>
        Number(right.district === own?.district) - Number(left.district === own?.district) ||
        compare(left.name['uz-Latn'], right.name['uz-Latn']) ||
        compare(left.code, right.code),
    )
    .slice(0, limit);
}

const fold = (word: string) => foldLoose(foldStrict(word));

/** Codes have no sounds: they are compared as they are. */
function isMeant({ code, district, name }: FacilityHit, typed: readonly string[]): boolean {
  const words = Object.values(name).flatMap((part) => splitWords(part).map(fold));
  const codes = [code.toLowerCase(), district];
  return typed.every(
    (wanted) =>
      codes.some((each) => each.startsWith(wanted.toLowerCase())) ||
      beginsWords(words, splitWords(wanted).map(fold)),
  );
}

const beginsWords = (words: readonly string[], parts: readonly string[]): boolean =>
  parts.length > 0 && parts.every((part) => words.some((word) => word.startsWith(part)));

const compare = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);
