import type { RecordId, Scope } from '#contracts/ids.ts';
import { readStored } from './center-version.ts';
import { deliver } from './deliver.ts';
import { parcelOf } from './follow.ts';
import { keyColumns } from './note-applied.ts';
import type { SharingContext } from './sharing-context.ts';
import * as sql from './statements.ts';

/**
 * Makes a facility and those of its region known to each other, so that patients can be referred by name (SHA-8): copies of
 * their reference records, at most 300 of them.
 */
export async function publishFacility(context: SharingContext, scope: Scope, id: RecordId): Promise<void> {
  const { database } = context;
  const [own] = await database.rows(sql.readDocuments, sql.DocumentSchema, [
    scope,
    ...keyColumns([{ collection: 'reference', id }]),
  ]);
  if (own === undefined || own.home !== null) return;
  const neighbours = (await database.rows(sql.readNeighbours, sql.ScopeRowSchema, [scope])).map(
    (neighbour) => neighbour.scope,
  );
  const records = await database.rows(sql.readFacilityRecords, sql.DocumentSchema, [neighbours]);
  const parcels = records.flatMap((record) => {
    const { body } = readStored('reference', record.body);
    return body.kind === 'facility' ? [parcelOf(body.code, record)] : [];
  });
  await deliver(context, scope, parcels);
  for (const neighbour of neighbours) await deliver(context, neighbour, [parcelOf(scope, own)]);
}
