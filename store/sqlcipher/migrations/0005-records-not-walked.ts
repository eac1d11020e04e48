import type { Migration } from '../migrations.ts';

/** Nobody asks which records changed since when: the index for it cost every write (STO-8). */
export const recordsNotWalked: Migration = {
  version: 5,
  run: (connection) => {
    const tables = connection.prepare(`SELECT id FROM document_table WHERE ${isOfRecords}`).values([]);
    for (const id of tables) connection.execute(`DROP INDEX IF EXISTS document_${Number(id)}_written`);
    connection.execute(
      `UPDATE document_table SET layout = json_set(layout, '$.isWalked', json('false')) WHERE ${isOfRecords}`,
    );
  },
};

const isOfRecords = `database_name = 'replica'
  AND collection IN ('patients', 'visits', 'staff', 'reference', 'reviews', 'requests')`;
