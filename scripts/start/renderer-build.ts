import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'vite';
import { projectFolder } from '../steps.ts';

/** What the built screens are made from. */
const sources = ['renderer', 'contracts', 'clinic', 'package-lock.json'];
const built = join(projectFolder, 'dist', 'renderer', 'index.html');

/** Builds the screens if they are missing or older than what they are made from. Says whether it built. */
export async function buildRendererIfStale(): Promise<boolean> {
  const builtAt = await modifiedAt(built);
  const changed = await Promise.all(sources.map((source) => newestUnder(join(projectFolder, source))));
  if (builtAt !== undefined && builtAt > Math.max(...changed)) return false;
  await build({
    configFile: join(projectFolder, 'renderer', 'vite.config.ts'),
    logLevel: 'warn',
  });
  return true;
}

const modifiedAt = async (path: string): Promise<number | undefined> =>
  (await stat(path).catch(() => undefined))?.mtimeMs;

async function newestUnder(path: string): Promise<number> {
  const found = await stat(path);
  if (!found.isDirectory()) return found.mtimeMs;
  const names = await readdir(path);
  const times = await Promise.all(names.map((name) => newestUnder(join(path, name))));
  return Math.max(found.mtimeMs, ...times);
}
