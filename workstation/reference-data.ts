import type { Icd10Hit, MahallaHit } from '#contracts/bridge/views.ts';

/** Shipped national and international lists, searchable. */
export interface ReferenceData {
  /** ICD-10 by code or words; for an empty text `favourites` in their order. */
  searchIcd10(text: string, limit: number, favourites: readonly string[]): readonly Icd10Hit[];
  /** Unknown codes are left out. */
  icd10ByCodes(codes: readonly string[]): readonly Icd10Hit[];
  /** Mahallas by name in any script; those of `catchment` first. */
  searchMahallas(text: string, limit: number, catchment: readonly string[]): readonly MahallaHit[];
  mahallaName(code: string): string | null;
}
