import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import type { DeviceId, Scope } from '#contracts/ids.ts';
import type { RecordOf } from '#contracts/records/registry.ts';
import { assembleCenter } from './center-core.ts';
import { readDictionaries } from './dictionaries.ts';
import { openDictionaryShelf } from './dictionary-shelf.ts';
import type { EnrolmentCode } from './enrolment.ts';
import type { CenterRecord } from './facilities.ts';
import { createNewsBus, type NewsBus } from './feed/bus.ts';
import type { BackupPolicy } from './feed/durability.ts';
import type { GatewayLimits } from './gateway/limits.ts';
import { serveWebSockets } from './gateway/web-sockets.ts';
import { loadIdentity } from './identity.ts';
import { migrate } from './migrations/migrate.ts';
import type { Effects, Log } from './ports.ts';
import { type Database, openDatabase } from './postgres/database.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './postgres/embedded.ts';
import { requireDurableCommits } from './postgres/require-durable-commits.ts';
import { systemEffects } from './system-effects.ts';
import { createPageAccess } from './web/access.ts';
import { createLiveOverview } from './web/live-overview.ts';
import { readOverview } from './web/overview.ts';
import { readPageFiles } from './web/page-files.ts';
import { createPageServer } from './web/page-server.ts';

/** How a center is started. */
export interface CenterOptions {
  /** Holds the embedded PostgreSQL and its password; unused with `postgresUrl`. */
  readonly dataFolder: string;
  /** 0 or nothing: a free one. */
  readonly port?: number;
  /** Loopback only; a reverse proxy with TLS stands in front of a center that others reach. */
  readonly host?: '127.0.0.1';
  /** Further values of `Host` the page answers to, for such a proxy. */
  readonly pageHosts?: readonly string[];
  /** Any PostgreSQL instead of the embedded one. */
  readonly postgresUrl?: string;
  /** Default: `commit` with the embedded PostgreSQL, `operator` with one by URL. */
  readonly backup?: BackupPolicy;
  /** How long a workstation may work without a welcome; 90 days unless told otherwise. */
  readonly offlineLimitMs?: number;
  readonly limits?: Partial<GatewayLimits>;
  readonly effects?: Effects;
  readonly log: Log;
}

/** A center that serves workstations and its page. */
export interface RunningCenter {
  /** For workstations: `ws://127.0.0.1:<port>/sync`. */
  readonly url: string;
  /** The page, with its access token in the fragment. */
  readonly pageUrl: string;
  /** Connection string of the PostgreSQL behind it. A secret. */
  readonly postgresUrl: string;
  /** Resolves if the PostgreSQL ended by itself; the center has to be closed then. Never resolves with `postgresUrl`. */
  readonly lost: Promise<void>;
  createFacility(record: RecordOf<'reference'>): Promise<void>;
  /** Throws if there is no such facility. */
  createEnrolmentCode(scope: Scope): Promise<EnrolmentCode>;
  /** False if there is no such device, or it was revoked before. */
  revoke(device: DeviceId): Promise<boolean>;
  /** Has a device erase its records at its next contact. False if there is no such device, or it was ordered before. */
  wipe(device: DeviceId): Promise<boolean>;
  /** Bulk-loads valid records into existing facilities; returns how many are new. */
  seed(records: Iterable<CenterRecord>): Promise<number>;
  /** Whether no facility exists yet. */
  isEmpty(): Promise<boolean>;
  close(): Promise<void>;
}

const keepAliveMs = 120_000;
const requestLimitMs = 600_000;

/** Starts a center; resolves when it serves. Whatever was opened is closed again if it cannot. */
export async function startCenter(options: CenterOptions): Promise<RunningCenter> {
  const effects = options.effects ?? systemEffects(options.log);
  const embedded =
    options.postgresUrl === undefined
      ? await startEmbeddedPostgres(join(options.dataFolder, 'postgres'), effects)
      : undefined;
  const postgresUrl = embedded?.url ?? options.postgresUrl ?? '';
  const database = openDatabase(postgresUrl, effects.log);
  const bus = createNewsBus(database, postgresUrl, effects);
  const closeDatabase = async () => {
    await bus.close();
    await database.close();
    await embedded?.stop();
  };
  try {
    await requireDurableCommits(database);
    await migrate(database);
    return await serve(options, { effects, embedded, postgresUrl, database, bus, closeDatabase });
  } catch (error) {
    await closeDatabase();
    throw error;
  }
}

interface Foundation {
  readonly effects: Effects;
  readonly embedded: EmbeddedPostgres | undefined;
  readonly postgresUrl: string;
  readonly database: Database;
  readonly bus: NewsBus;
  readonly closeDatabase: () => Promise<void>;
}

async function serve(options: CenterOptions, foundation: Foundation): Promise<RunningCenter> {
  const { database, bus, effects, embedded } = foundation;
  const identity = await loadIdentity(database, effects);
  const dictionaries = await openDictionaryShelf(() => readDictionaries(database, identity), bus, effects);
  const core = await assembleCenter({
    dictionaries: dictionaries.current,
    database,
    bus,
    effects,
    backup: options.backup ?? (options.postgresUrl === undefined ? 'commit' : 'operator'),
    ...(options.offlineLimitMs === undefined ? {} : { offlineLimitMs: options.offlineLimitMs }),
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  });
  const http = createServer({ keepAliveTimeout: keepAliveMs, requestTimeout: requestLimitMs });
  const port = await listen(http, options);
  const stopSockets = serveWebSockets(http, core.gateway);
  const access = createPageAccess(effects.random);
  const live = createLiveOverview(() => readOverview(database, effects), bus, effects);
  const hosts = new Set([`127.0.0.1:${port}`, `localhost:${port}`, ...(options.pageHosts ?? [])]);
  const files = await readPageFiles();
  http.on('request', createPageServer({ files, access, live, ...core, hosts, log: effects.log }));
  await bus.ready();
  const close = async () => {
    // First: whoever comes back while the gateway ends would stay, and the server with it.
    stopSockets();
    live.close();
    await dictionaries.close();
    await core.close();
    await closeHttp(http);
    await foundation.closeDatabase();
  };
  return {
    url: `ws://127.0.0.1:${port}/sync`,
    pageUrl: `http://127.0.0.1:${port}/#token=${access.token}`,
    postgresUrl: foundation.postgresUrl,
    lost: embedded === undefined ? new Promise(() => undefined) : embedded.ended.then(() => undefined),
    createFacility: core.createFacility,
    createEnrolmentCode: core.createEnrolmentCode,
    revoke: core.revoke,
    wipe: core.wipe,
    seed: core.seed,
    isEmpty: core.isEmpty,
    close: closeOnce(close),
  };
}

function listen(http: Server, options: CenterOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    http.once('error', reject);
    http.listen(options.port ?? 0, options.host ?? '127.0.0.1', () => {
      http.off('error', reject);
      const address = http.address();
      if (typeof address === 'object' && address !== null) resolve(address.port);
      else reject(new Error('The center has no port.'));
    });
  });
}

function closeHttp(http: Server): Promise<void> {
  return new Promise((resolve) => {
    http.close(() => resolve());
    http.closeAllConnections();
  });
}

function closeOnce(close: () => Promise<void>): () => Promise<void> {
  let closing: Promise<void> | undefined;
  return () => {
    closing ??= close();
    return closing;
  };
}
