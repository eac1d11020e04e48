import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { brotliDecompressSync, constants, inflateRawSync, inflateSync, zstdDecompressSync } from 'node:zlib';
import { type Needle, needlesOf } from './encodings.ts';

/** A place where one of the texts can be read without a key. */
export interface PlainText {
  /** Path from the folder that was looked through. */
  readonly file: string;
  readonly text: string;
  readonly encoding: string;
}

export interface Scan {
  readonly found: readonly PlainText[];
  /** What was looked at, so that a test can see that it was not nothing. */
  readonly files: readonly string[];
  readonly bytes: number;
}

export interface ScanOptions {
  /** Folders, by path from the folder, that are left out. */
  readonly except?: readonly string[];
}

/** Looks for the texts in the names and bytes of every file under `folder`, compressed parts included. */
export async function scanForPlainText(
  folder: string,
  texts: readonly string[],
  options: ScanOptions = {},
): Promise<Scan> {
  const files = await filesUnder(folder, folder, options.except ?? []);
  const needles = texts.map((text) => ({ text, needles: needlesOf(text) }));
  const found: PlainText[] = [];
  let bytes = 0;
  for (const file of files) {
    const content = await readFile(join(folder, file));
    bytes += content.length;
    for (const { text, needles: forms } of needles) {
      const hits = [...hitsIn(Buffer.from(file), forms, 'file name, '), ...hitsIn(content, forms, '')];
      for (const part of unpackedParts(content)) hits.push(...hitsIn(part, forms, 'compressed, '));
      found.push(...hits.map((encoding) => ({ file, text, encoding })));
    }
  }
  return { found, files, bytes };
}

async function filesUnder(
  root: string,
  folder: string,
  except: readonly string[],
): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const found = await Promise.all(
    entries.map(async (entry) => {
      const path = join(folder, entry.name);
      const fromRoot = relative(root, path);
      if (except.includes(fromRoot)) return [];
      if (entry.isDirectory()) return await filesUnder(root, path, except);
      return entry.isFile() ? [fromRoot] : [];
    }),
  );
  return found.flat();
}

const hitsIn = (content: Buffer, needles: readonly Needle[], where: string): readonly string[] =>
  needles.filter(({ bytes }) => content.includes(bytes)).map(({ encoding }) => where + encoding);

/** Beginnings of compressed data, and what undoes them. */
const packings: readonly { readonly magic: Buffer; readonly unpack: (data: Buffer) => Buffer }[] = [
  // Without its ten bytes of header: the reader of whole files refuses what follows the end.
  { magic: Buffer.from([0x1f, 0x8b, 0x08]), unpack: (data) => inflateRawSync(data.subarray(10), limits) },
  { magic: Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), unpack: (data) => zstdDecompressSync(data, size) },
  { magic: Buffer.from([0x78, 0x9c]), unpack: (data) => inflateSync(data, limits) },
];
/** Cut-off data gives what there is. */
const limits = { maxOutputLength: 64 * 1024 * 1024, finishFlush: constants.Z_SYNC_FLUSH } as const;
const size = { maxOutputLength: limits.maxOutputLength } as const;
/** Encrypted bytes hold such beginnings by chance: about one in 65,536 for the shortest. */
const mostParts = 2000;

function unpackedParts(content: Buffer): readonly Buffer[] {
  const parts: Buffer[] = [];
  for (const { magic, unpack } of packings) {
    let at = content.indexOf(magic);
    for (let tried = 0; at >= 0 && tried < mostParts; tried += 1) {
      const part = unpackedOrNothing(content.subarray(at), unpack);
      if (part !== undefined) parts.push(part);
      at = content.indexOf(magic, at + 1);
    }
  }
  const whole =
    content.length > 0 ? unpackedOrNothing(content, (data) => brotliDecompressSync(data, size)) : undefined;
  return whole === undefined ? parts : [...parts, whole];
}

function unpackedOrNothing(data: Buffer, unpack: (data: Buffer) => Buffer): Buffer | undefined {
  try {
    return unpack(data);
  } catch {
    return undefined;
  }
}
