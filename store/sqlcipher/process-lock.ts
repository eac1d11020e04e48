import { Database } from '@signalapp/sqlcipher';
import { ReplicaFailure } from '#clinic/ports/replica-failure.ts';
import { resultCodeOf } from './failure.ts';

/**
 * Keeps every other process, and every other replica of this process, away from a database file (STO-6).
 *
 * The replica's reader thread has its own connection, so SQLite's own exclusive mode cannot be used on the database. The
 * lock is held on an empty SQLite file beside it: the operating system lets go of it whenever the process ends, so a
 * killed workstation never leaves a lock behind.
 */
export class ProcessLock {
  readonly #database: Database;

  private constructor(database: Database) {
    this.#database = database;
  }

  /** Takes the lock of `file`. Throws `store.in-use` if another holds it. */
  static take(file: string): ProcessLock {
    const database = new Database(`${file}-lock`);
    try {
      // No journal: nothing is ever written, and no second file must stay behind.
      database.exec('PRAGMA journal_mode = OFF; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
      return new ProcessLock(database);
    } catch (error) {
      database.close();
      const isBusy = resultCodeOf(error)?.startsWith('SQLITE_BUSY') === true;
      throw isBusy ? new ReplicaFailure('store.in-use', { cause: error }) : error;
    }
  }

  release(): void {
    this.#database.close();
  }
}
