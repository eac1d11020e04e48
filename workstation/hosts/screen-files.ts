import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';

/** One file of the built renderer. */
export interface ScreenFile {
  readonly contentType: string;
  /** Named after its content, so that it may be kept for ever. */
  readonly isImmutable: boolean;
  read(): Promise<Uint8Array>;
}

/** Files of the built renderer by URL path. What is not listed does not exist: no path of a request touches the disk. */
export type ScreenFiles = ReadonlyMap<string, ScreenFile>;

const mostFiles = 2_000;
const contentTypes: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json; charset=utf-8',
  '.woff': 'font/woff',
  '.woff2': 'font/woff2',
};

/** Lists the folder of the built renderer; throws when it has no `index.html`. Source maps and unknown kinds are left out. */
export async function listScreenFiles(folder: string): Promise<ScreenFiles> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = new Map<string, ScreenFile>();
  for (const entry of entries.slice(0, mostFiles)) {
    const contentType = contentTypes[extname(entry.name)];
    if (!entry.isFile() || contentType === undefined) continue;
    const path = join(entry.parentPath, entry.name);
    const urlPath = `/${relative(folder, path).split(sep).join('/')}`;
    const isImmutable = /^\/assets\/.+-[\w-]{8,}\.\w+$/.test(urlPath);
    files.set(urlPath, { contentType, isImmutable, read: () => readFile(path) });
  }
  const start = files.get('/index.html');
  if (start === undefined) throw new Error(`no built screens in ${folder}; run npm run build`);
  return files.set('/', start);
}
