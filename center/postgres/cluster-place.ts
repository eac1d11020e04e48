import { createHash } from 'node:crypto';
import { chmod, chown, cp, mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import * as v from 'valibot';
import type { Log, Random } from '../ports.ts';
import { type Account, canReach, postgresAccount } from './account.ts';
import { binariesIn, locatePostgres, type PostgresBinaries } from './binaries.ts';
import { makeLastingFolder, replaceFile } from './lasting-files.ts';

/** Where a cluster lives and what runs it. */
export interface ClusterPlace {
  readonly binaries: PostgresBinaries;
  /** PGDATA. */
  readonly cluster: string;
  readonly passwordFile: string;
  readonly logFile: string;
  readonly account: Account | undefined;
}

/** Where a cluster goes when root's data folder lies where the account of PostgreSQL cannot go, as under /root. */
const outsideFolder = '/var/lib/hamshira-center';

const OutsideSchema = v.object({ cluster: v.pipe(v.string(), v.startsWith(`${outsideFolder}/`)) });

/**
 * Prepares the folders of a cluster that belongs to `dataFolder`. Usually they lie inside. If the center runs as root
 * and PostgreSQL's own account cannot reach the folder (or the programs), they are put below /var/lib/hamshira-center,
 * and the data folder keeps a note of where.
 */
export async function prepareClusterPlace(
  dataFolder: string,
  random: Random,
  log: Log,
): Promise<ClusterPlace> {
  const folder = resolve(dataFolder);
  await makeLastingFolder(folder);
  const account = await postgresAccount();
  const binaries = await reachableBinaries(await locatePostgres(), account, log);
  const cluster = await clusterFolder(folder, account, random, log);
  await mkdir(cluster, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  if (account !== undefined && (await stat(cluster)).uid !== account.uid) {
    await chown(cluster, account.uid, account.gid);
  }
  return {
    binaries,
    cluster,
    passwordFile: join(folder, 'postgres-password'),
    logFile: join(folder, 'postgres.log'),
    account,
  };
}

async function clusterFolder(
  folder: string,
  account: Account | undefined,
  random: Random,
  log: Log,
): Promise<string> {
  const note = join(folder, 'cluster.json');
  const noted = await readFile(note, 'utf8').catch(() => undefined);
  if (noted !== undefined) return v.parse(OutsideSchema, JSON.parse(noted)).cluster;
  if (account === undefined || (await canReach(account, folder))) return join(folder, 'cluster');
  const cluster = join(outsideFolder, Buffer.from(random.bytes(8)).toString('hex'));
  log(`PostgreSQL's account cannot reach ${folder}; its files go to ${cluster}.`);
  await makeOutsideFolder();
  await replaceFile(note, JSON.stringify({ cluster }));
  return cluster;
}

/** Copies the programs to where `account` can run them, once per version, if it cannot run them where npm put them. */
async function reachableBinaries(
  binaries: PostgresBinaries,
  account: Account | undefined,
  log: Log,
): Promise<PostgresBinaries> {
  if (account === undefined || (await canReach(account, binaries.folder))) return binaries;
  const { size, mtimeMs } = await stat(binaries.postgres);
  const version = createHash('sha256').update(`${size} ${mtimeMs}`).digest('hex').slice(0, 12);
  const folder = join(outsideFolder, `postgresql-${version}`);
  if ((await stat(folder).catch(() => undefined)) === undefined) {
    log(`PostgreSQL's account cannot reach its programs; copying them to ${folder}.`);
    const unfinished = `${folder}.${process.pid}`;
    await makeOutsideFolder();
    await cp(binaries.folder, unfinished, { recursive: true, verbatimSymlinks: true });
    await rename(unfinished, folder).catch(() => rm(unfinished, { recursive: true, force: true }));
  }
  return binariesIn(folder);
}

async function makeOutsideFolder(): Promise<void> {
  await makeLastingFolder(outsideFolder);
  await chmod(outsideFolder, 0o755);
}
