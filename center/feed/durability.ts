import type { Scope } from '#contracts/ids.ts';
import type { Database, Statement } from '../postgres/database.ts';
import { readScopeHead } from './read-feed.ts';

/**
 * What counts as safe enough for a workstation to forget what it sent. `commit`: what PostgreSQL committed with fsync, for
 * a center whose disk is its backup. `operator`: what an operator declared after a backup.
 */
export type BackupPolicy = 'commit' | 'operator';

/** Tells up to which position a scope is safe. */
export type DurableReader = (scope: Scope) => Promise<number>;

const markHeads: Statement = { name: 'durable-mark', text: 'update scope_head set marked = head' };
const confirmMarks: Statement = {
  name: 'durable-confirm',
  text: 'update scope_head set durable = marked where marked > durable',
};

/** The watermark under `policy`. */
export function createDurableReader(database: Database, policy: BackupPolicy): DurableReader {
  return async (scope) => {
    const { head, durable } = await readScopeHead(database, scope);
    return policy === 'commit' ? head : durable;
  };
}

/** Notes where every scope stands, right before a backup is taken. */
export const markBeforeBackup = (database: Database): Promise<number> => database.run(markHeads, []);

/** Declares everything up to the last mark safe, once that backup is where it belongs. */
export const confirmBackup = (database: Database): Promise<number> => database.run(confirmMarks, []);
