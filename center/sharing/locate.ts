import type { RecordId, Scope } from '#contracts/ids.ts';
import { versionOf } from '#sync/merge/revision.ts';
import { keyColumns } from './note-applied.ts';
import { NotNow, type SharingContext } from './sharing-context.ts';
import * as sql from './statements.ts';

/** Where a patient's record is at home. */
export type Location =
  | { readonly kind: 'home'; readonly scope: Scope }
  /** `from` gave the record away, `to` has not taken it yet. */
  | { readonly kind: 'moving'; readonly from: Scope; readonly to: Scope }
  | { readonly kind: 'unknown' };

/** More hops than a patient moves between two looks. */
const maxHops = 8;

/** Follows the traces of a patient's record, beginning with what `scope` knows. */
export async function locate(
  { database }: SharingContext,
  scope: Scope,
  patient: RecordId,
): Promise<Location> {
  const path: { readonly scope: Scope; readonly version: number }[] = [];
  for (let here = scope; path.length < maxHops; ) {
    const [document] = await database.rows(sql.readDocuments, sql.DocumentSchema, [
      here,
      ...keyColumns([{ collection: 'patients', id: patient }]),
    ]);
    const before = path.at(-1);
    if (document === undefined) {
      return before === undefined ? { kind: 'unknown' } : { kind: 'moving', from: before.scope, to: here };
    }
    if (document.home === null) return { kind: 'home', scope: here };
    const version = versionOf(document.rev);
    const { home } = document;
    // Two that name each other: the one with the newer version gave the record away.
    if (before?.scope === home) {
      return before.version > version
        ? { kind: 'moving', from: home, to: here }
        : { kind: 'moving', from: here, to: home };
    }
    path.push({ scope: here, version });
    here = home;
  }
  throw new NotNow();
}
