import { readFile, realpath } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import { contentSecurityPolicy, isOwnPage } from './policy.ts';

const typeByEnding: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.woff': 'font/woff',
};

const headers = {
  'content-security-policy': contentSecurityPolicy,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const;

const refuse = (status: 403 | 404 | 405): Response => new Response(null, { status, headers });

/** Answers the own scheme from the built screens in `folder`, and never with a file outside of it. */
export function serveScreenFiles(folder: string): (request: Request) => Promise<Response> {
  return async (request) => {
    if (request.method !== 'GET') return refuse(405);
    if (!isOwnPage(request.url)) return refuse(403);
    const path = await confinedPath(folder, new URL(request.url).pathname);
    const type = path === null ? undefined : typeByEnding[extname(path)];
    if (path === null || type === undefined) return refuse(404);
    return new Response(new Uint8Array(await readFile(path)), {
      headers: { ...headers, 'content-type': type },
    });
  };
}

/**
 * The real path of a file under `folder`, or null. Compared after links are followed: comparing the text alone would let
 * a link or an encoded `..` out.
 */
async function confinedPath(folder: string, pathname: string): Promise<string | null> {
  const decoded = decodedPath(pathname);
  if (decoded === null) return null;
  try {
    const root = await realpath(folder);
    const path = await realpath(join(root, decoded));
    return path.startsWith(root + sep) ? path : null;
  } catch {
    return null;
  }
}

function decodedPath(pathname: string): string | null {
  try {
    const decoded = decodeURIComponent(pathname);
    return decoded.includes('\0') || decoded.includes('\\') ? null : decoded;
  } catch {
    return null;
  }
}
