import idbAdapter from 'pouchdb-adapter-idb';
import PouchDB from 'pouchdb-core';
import * as v from 'valibot';
import type { DraftStore, SealedDraft } from './draft-box.ts';

const databaseName = 'hamshira-drafts';
/** Removed drafts leave an empty marker each; an otherwise empty database with this many is made anew. */
const mostMarkers = 2_000;
const mostConflicts = 5;

const RowSchema = v.object({ _id: v.string(), _rev: v.string(), sealed: v.string(), at: v.number() });
type Row = Pick<v.InferOutput<typeof RowSchema>, 'sealed' | 'at'>;

/** Sealed drafts in this browser's IndexedDB. PouchDB does not purge: it never sees anything in plain. */
export async function openPouchDraftStore(): Promise<DraftStore> {
  PouchDB.plugin(idbAdapter);
  const database = await openSwept();
  return {
    async list(owner) {
      const found = await database.allDocs({
        include_docs: true,
        startkey: `${owner}-`,
        endkey: `${owner}-\uffff`,
      });
      return found.rows.flatMap(({ doc }) => {
        const row = v.safeParse(RowSchema, doc);
        if (!row.success) return [];
        return [{ id: row.output._id, sealed: row.output.sealed, at: row.output.at }];
      });
    },
    put: (draft) => putLatest(database, draft),
    async remove(id) {
      const present = await revisionOf(database, id);
      if (present !== null) await database.remove(id, present);
    },
    // All boxes of a page share one connection under PouchDB: closing it would cut off whoever unlocks next. It goes with
    // the page, and what it reaches is sealed.
    close: () => Promise.resolve(),
  };
}

type Database = PouchDB.Database<Row>;

const openDatabase = (): Database =>
  // Superseded texts are dropped at once, as far as the adapter can.
  new PouchDB<Row>(databaseName, { adapter: 'idb', auto_compaction: true, revs_limit: 1 });

async function openSwept(): Promise<Database> {
  const database = openDatabase();
  const { doc_count: count, update_seq: writes } = await database.info();
  if (count > 0 || Number(writes) < mostMarkers) return database;
  await database.destroy();
  return openDatabase();
}

/** Another tab may write the same draft: the later one stays. */
async function putLatest(database: Database, draft: SealedDraft): Promise<void> {
  for (let attempt = 0; attempt < mostConflicts; attempt += 1) {
    const present = await revisionOf(database, draft.id);
    const row = { _id: draft.id, sealed: draft.sealed, at: draft.at };
    try {
      await database.put(present === null ? row : { ...row, _rev: present });
      return;
    } catch (cause) {
      if (!isStatus(cause, 409)) throw cause;
    }
  }
  throw new Error('the draft kept changing in another tab');
}

async function revisionOf(database: Database, id: string): Promise<string | null> {
  try {
    return (await database.get(id))._rev;
  } catch (cause) {
    if (isStatus(cause, 404)) return null;
    throw cause;
  }
}

const isStatus = (cause: unknown, status: number): boolean =>
  v.is(v.object({ status: v.literal(status) }), cause);
