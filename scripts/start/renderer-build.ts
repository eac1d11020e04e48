import { spawn } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { projectFolder } from '../steps.ts';
import { StartRefusal } from './arguments.ts';

/** What the built screens are made from. */
const sources = ['renderer', 'contracts', 'clinic', 'package-lock.json'];
const built = join(projectFolder, 'dist', 'renderer', 'index.html');

/** Builds the screens if they are missing or older than what they are made from. Says whether it built. */
export async function buildRendererIfStale(): Promise<boolean> {
  const builtAt = await modifiedAt(built);
  const changed = await Promise.all(sources.map((source) => newestUnder(join(projectFolder, source))));
  if (builtAt !== undefined && builtAt > Math.max(...changed)) return false;
  await buildRenderer();
  return true;
}

/** In a process of its own: the bundler takes its mode from the environment, and screens are built for use. */
async function buildRenderer(): Promise<void> {
  const vite = join(projectFolder, 'node_modules', 'vite', 'bin', 'vite.js');
  const line = [vite, 'build', '--config', 'renderer/vite.config.ts', '--logLevel', 'warn'];
  const child = spawn(process.execPath, line, {
    cwd: projectFolder,
    env: { ...process.env, NODE_ENV: 'production' },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const code = await new Promise<number | null>((resolve) => {
    child.once('error', () => resolve(null));
    child.once('exit', resolve);
  });
  if (code !== 0) throw new StartRefusal('The screens could not be built; see above.');
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
