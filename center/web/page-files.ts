import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** A file the page is made of. */
export interface PageFile {
  readonly type: string;
  readonly bytes: Buffer;
}

const own: readonly (readonly [path: string, file: string, type: string])[] = [
  ['/', 'shell.html', 'text/html; charset=utf-8'],
  ['/fonts.css', 'fonts.css', 'text/css; charset=utf-8'],
  ['/page.css', 'page.css', 'text/css; charset=utf-8'],
  ['/page.js', 'page.js', 'text/javascript; charset=utf-8'],
  ['/elements.js', 'elements.js', 'text/javascript; charset=utf-8'],
  ['/facility-list.js', 'facility-list.js', 'text/javascript; charset=utf-8'],
  ['/received-list.js', 'received-list.js', 'text/javascript; charset=utf-8'],
  ['/center-link.js', 'center-link.js', 'text/javascript; charset=utf-8'],
  ['/reviews.css', 'reviews.css', 'text/css; charset=utf-8'],
  ['/review-list.js', 'review-list.js', 'text/javascript; charset=utf-8'],
  ['/review-dialog.js', 'review-dialog.js', 'text/javascript; charset=utf-8'],
  ['/review-values.js', 'review-values.js', 'text/javascript; charset=utf-8'],
  ['/review-words.js', 'review-words.js', 'text/javascript; charset=utf-8'],
  ['/review-words-english.js', 'review-words-english.js', 'text/javascript; charset=utf-8'],
  ['/review-words-russian.js', 'review-words-russian.js', 'text/javascript; charset=utf-8'],
  ['/review-words-uzbek-cyrillic.js', 'review-words-uzbek-cyrillic.js', 'text/javascript; charset=utf-8'],
  ['/review-words-uzbek-latin.js', 'review-words-uzbek-latin.js', 'text/javascript; charset=utf-8'],
  ['/difference.js', 'difference.js', 'text/javascript; charset=utf-8'],
  ['/writing.js', 'writing.js', 'text/javascript; charset=utf-8'],
  ['/words.js', 'words.js', 'text/javascript; charset=utf-8'],
];

/** The alphabets of the four languages; the same on a machine without fonts. */
const fonts = ['latin', 'latin-ext', 'cyrillic', 'cyrillic-ext'].flatMap((alphabet) =>
  [400, 600].map((weight) => `noto-sans-${alphabet}-${weight}-normal.woff2`),
);

/** Reads every file of the page, by its path on the server. */
export async function readPageFiles(): Promise<ReadonlyMap<string, PageFile>> {
  const folder = join(import.meta.dirname, 'browser');
  const fontFolder = join(
    dirname(createRequire(import.meta.url).resolve('@fontsource/noto-sans/package.json')),
    'files',
  );
  const files = await Promise.all([
    ...own.map(
      async ([path, file, type]) => [path, { type, bytes: await readFile(join(folder, file)) }] as const,
    ),
    ...fonts.map(async (file) => {
      const bytes = await readFile(join(fontFolder, file));
      return [`/fonts/${file}`, { type: 'font/woff2', bytes }] as const;
    }),
  ]);
  return new Map(files);
}
