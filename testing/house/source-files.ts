import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's folder, with a trailing separator. */
export const projectFolder = fileURLToPath(new URL('../../', import.meta.url));

export interface SourceFile {
  /** Path from the project's folder, with `/`. */
  readonly path: string;
  readonly text: string;
}

const sourceName = /\.(ts|tsx|mts|cts|js|mjs|cjs|jsx)$/;
const notOurs = new Set(['node_modules', 'dist', '.cache', '.git', 'data-local', 'coverage']);

/** Every program file of the project. */
export async function readSourceFiles(): Promise<readonly SourceFile[]> {
  const entries = await foundUnder(projectFolder);
  return await Promise.all(
    entries.map(async (path) => ({
      path: relative(projectFolder, path).split(sep).join('/'),
      text: await readFile(path, 'utf8'),
    })),
  );
}

async function foundUnder(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const found = await Promise.all(
    entries.map(async (entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return notOurs.has(entry.name) ? [] : await foundUnder(path);
      return sourceName.test(entry.name) ? [path] : [];
    }),
  );
  return found.flat();
}
