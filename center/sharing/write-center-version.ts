import type { RecordId, Scope } from '#contracts/ids.ts';
import type { BodyByCollection, CollectionName, RecordOf } from '#contracts/records/registry.ts';
import { DigestChange } from '../feed/digest-change.ts';
import type { Applied } from '../ingest/batch.ts';
import { laneOf } from '../ingest/lane-of.ts';
import type { Session } from '../postgres/database.ts';
import { mattersOf, patientNamedBy } from '../record-matters.ts';
import { type CenterVersion, makeCenterVersion, readStored } from './center-version.ts';
import { ownOrigin, place, type SharingContext } from './sharing-context.ts';
import * as sql from './statements.ts';

/** What a record at its home is to become. */
export interface CenterEdit<C extends CollectionName> {
  readonly scope: Scope;
  readonly collection: C;
  readonly id: RecordId;
  /** Names why, for the operation id. */
  readonly purpose: string;
  /** Null leaves the record as it is. */
  readonly change: (
    record: RecordOf<C>,
  ) => { readonly body: BodyByCollection[C]; readonly scope?: Scope } | null;
  /** Where the record is at home from now on, if not here. */
  readonly newHome?: Scope;
}

/** What came of a {@link CenterEdit}. */
export type EditOutcome =
  | { readonly kind: 'written'; readonly version: CenterVersion; readonly applied: Applied }
  | { readonly kind: 'unchanged' }
  /** No such record is at home here; `home` says where it is, null if it is not known here. */
  | { readonly kind: 'elsewhere'; readonly home: Scope | null };

/**
 * Writes the next version of a record that is at home in a scope, as the center: compared and set under the record's lock,
 * the version before kept in its history, and a follow errand for whoever has a copy. Takes feed positions, so it is the
 * last thing of its transaction.
 */
export async function writeCenterVersion<C extends CollectionName>(
  session: Session,
  context: SharingContext,
  edit: CenterEdit<C>,
): Promise<EditOutcome> {
  const { scope, collection, id } = edit;
  const [locked] = await session.rows(sql.lockDocuments, sql.LockedSchema, [scope, [collection], [id]]);
  if (locked === undefined || locked.home !== null) return { kind: 'elsewhere', home: locked?.home ?? null };
  const [document] = await session.rows(sql.readDocuments, sql.DocumentSchema, [scope, [collection], [id]]);
  if (document === undefined) return { kind: 'elsewhere', home: null };
  const stored = readStored(collection, document.body);
  const change = edit.change(stored);
  if (change === null) return { kind: 'unchanged' };
  const origin = ownOrigin(scope, context);
  const by = { center: context.center, at: origin.at, purpose: edit.purpose };
  const version = makeCenterVersion(collection, stored, change, by);
  await session.run(sql.keepVersion, [scope, collection, id]);
  const home = edit.newHome ?? null;
  await session.run(sql.updateDocuments, [
    scope,
    [collection],
    [id],
    [version.rev],
    [version.text],
    [home],
    [patientNamedBy(collection, mattersOf(collection, version.record))],
  ]);
  if (home === null) await session.run(sql.writeErrands, [scope, 'follow', origin.at, [collection], [id]]);
  const digests = new DigestChange();
  digests.replace(collection, id, document.rev, version.rev);
  const lane = laneOf(collection, origin.at, origin.at);
  const entries = [{ lane, collection, id, rev: version.rev, op: null }];
  return { kind: 'written', version, applied: await place(session, origin, entries, digests) };
}
