import { Database, type Statement } from '@signalapp/sqlcipher';
import { asReplicaFailure, translatingFailures } from './failure.ts';
import { rememberedSalt } from './key-check.ts';
import { hexOfKey } from './thread-key.ts';

/** What the driver binds. Numbers go in as 64-bit floats; INTEGER columns turn whole ones back into integers. */
export type SqlValue = string | number | null | Uint8Array<ArrayBuffer>;

/** A prepared statement whose failures are `ReplicaFailure`s. Prepared once, kept until the connection closes. */
export interface PreparedStatement {
  /** Runs it and gives the number of rows changed. */
  run(parameters: readonly SqlValue[]): number;
  /** The first column of the first row. */
  value(parameters: readonly SqlValue[]): SqlValue | undefined;
  /** The first column of all rows. */
  values(parameters: readonly SqlValue[]): readonly SqlValue[];
  /** All rows by column name. */
  rows(parameters: readonly SqlValue[]): readonly Readonly<Record<string, SqlValue>>[];
}

export interface ConnectionOptions {
  /** Path of the database file. */
  readonly file: string;
  /** Raw key of 32 bytes. Never a passphrase: deriving one takes 200 ms per connection. */
  readonly key: Uint8Array;
  /** A connection that only reads; the write-ahead log must be there already. */
  readonly readonly?: boolean;
  /** Page cache in kibibytes. */
  readonly cacheKibibytes?: number;
}

/** How long a statement waits for another connection of this process. Other processes are kept out by the lock file. */
const busyTimeoutMs = 5_000;
/** 24 MiB: an index of 100,000 records and the pages of a working day fit, on machines of 4 GB. */
const defaultCacheKibibytes = 24 * 1024;
/** Statements kept prepared. Queries are built from few shapes; this is only a bound. */
const maxPreparedStatements = 500;

/**
 * One connection to an encrypted database (STO-1): write-ahead log, fsync on every commit.
 * All of it is synchronous; every failure of the disk comes out as a `ReplicaFailure`.
 */
export class Connection {
  readonly database: Database;
  readonly #prepared = new Map<string, PreparedStatement & { close(): void }>();
  #isInTransaction = false;
  #isClosed = false;

  private constructor(database: Database) {
    this.database = database;
  }

  /** Opens `file`, creating it if missing. Throws `ReplicaFailure`; a wrong key shows as `store.damaged` here. */
  static open(options: ConnectionOptions): Connection {
    if (options.key.length !== 32) throw new RangeError('the key must have 32 bytes');
    const database = new Database(options.file, { cacheStatements: false });
    try {
      configure(database, options);
      return new Connection(database);
    } catch (error) {
      database.close();
      throw asReplicaFailure(error);
    }
  }

  /** The random bytes that the file's key for authentication is made with; in hexadecimal. */
  get salt(): string {
    return String(this.prepare('PRAGMA cipher_salt').value([]));
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  get isInTransaction(): boolean {
    return this.#isInTransaction;
  }

  /** The prepared statement of `sql`, from the cache where possible. */
  prepare(sql: string): PreparedStatement {
    const cached = this.#prepared.get(sql);
    if (cached !== undefined) return cached;
    if (this.#prepared.size >= maxPreparedStatements) this.#dropOldestStatement();
    const statement = prepareStatement(this.database, sql);
    this.#prepared.set(sql, statement);
    return statement;
  }

  /** Runs statements that need no parameters. */
  execute(sql: string): void {
    translatingFailures(() => this.database.exec(sql));
  }

  /**
   * Runs `work` in one transaction that takes the write lock at once. Durable when this returns; if `work` or the commit
   * throws, nothing is left. Does not nest: a transaction inside a transaction is a defect and throws.
   */
  transaction<Value>(work: () => Value): Value {
    if (this.#isInTransaction) throw new Error('a transaction is open already');
    this.prepare('BEGIN IMMEDIATE').run([]);
    this.#isInTransaction = true;
    try {
      const value = work();
      this.prepare('COMMIT').run([]);
      return value;
    } catch (error) {
      this.#rollback(error);
      throw asReplicaFailure(error);
    } finally {
      this.#isInTransaction = false;
    }
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#prepared.clear();
    translatingFailures(() => this.database.close());
  }

  #rollback(cause: unknown): void {
    try {
      this.database.exec('ROLLBACK');
    } catch (error) {
      // SQLite has rolled back by itself after a full disk or an I/O error; anything else hides the first error.
      if (!(error instanceof Error) || !error.message.includes('no transaction is active')) {
        throw new AggregateError([cause, error], 'rollback failed');
      }
    }
  }

  #dropOldestStatement(): void {
    const [oldest] = this.#prepared;
    if (oldest === undefined) return;
    oldest[1].close();
    this.#prepared.delete(oldest[0]);
  }
}

function configure(database: Database, options: ConnectionOptions): void {
  // Errors reach us as exceptions; the library would also print them.
  database.exec('PRAGMA cipher_log_level = NONE');
  const salt = rememberedSalt(options.file, options.key) ?? '';
  database.exec(`PRAGMA key = "x'${hexOfKey(options.key)}${salt}'"`);
  database.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}`);
  // The first read proves key and file.
  database.exec('SELECT count(*) FROM sqlite_schema');
  if (options.readonly === true) database.exec('PRAGMA query_only = ON');
  else database.exec('PRAGMA journal_mode = WAL');
  database.exec('PRAGMA synchronous = FULL');
  database.exec(`PRAGMA cache_size = ${-(options.cacheKibibytes ?? defaultCacheKibibytes)}`);
  database.exec('PRAGMA temp_store = MEMORY');
}

/**
 * The driver decides at preparation whether rows come as single columns or as objects, so each form is prepared when it
 * is first used.
 */
function prepareStatement(database: Database, sql: string): PreparedStatement & { close(): void } {
  let column: Statement<{ pluck: true; persistent: true }> | undefined;
  let row: Statement<{ persistent: true }> | undefined;
  // No closures here: every read and write passes through.
  const columnStatement = () => {
    column ??= database.prepare(sql, { pluck: true, persistent: true });
    return column;
  };
  return {
    run: (parameters) => {
      try {
        return (column ?? columnStatement()).run(parameters).changes;
      } catch (error) {
        throw asReplicaFailure(error);
      }
    },
    value: (parameters) => {
      try {
        return (column ?? columnStatement()).get<SqlValue>(parameters);
      } catch (error) {
        throw asReplicaFailure(error);
      }
    },
    values: (parameters) => {
      try {
        return (column ?? columnStatement()).all<SqlValue>(parameters);
      } catch (error) {
        throw asReplicaFailure(error);
      }
    },
    rows: (parameters) => {
      try {
        row ??= database.prepare(sql, { persistent: true });
        return row.all<Record<string, SqlValue>>(parameters);
      } catch (error) {
        throw asReplicaFailure(error);
      }
    },
    close: () => {
      column?.close();
      row?.close();
    },
  };
}
