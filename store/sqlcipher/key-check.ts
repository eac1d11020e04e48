import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import * as v from 'valibot';
import { syncFolder } from './durable-folder.ts';

const hex = (bytes: number) => v.pipe(v.string(), v.length(2 * bytes), v.regex(/^[0-9a-f]*$/));

/**
 * Tells a wrong key from a damaged first page: to SQLCipher both look the same (STO-5). The file beside the database holds
 * a random nonce and its HMAC-SHA-256 under the key. It gives nothing away about a key of 256 random bits.
 *
 * It also keeps the database's salt. SQLCipher reads that from the first sector of the file itself, past the log: a power cut
 * that tears this sector while the log is being put back would make the whole file unreadable, although the log holds the page.
 */
const KeyCheckSchema = v.object({
  nonce: hex(32),
  tag: hex(32),
  salt: v.optional(hex(16)),
  saltTag: v.optional(hex(32)),
});

export type KeyVerdict = 'right' | 'wrong' | 'unknown';

/** Whether `key` is the key that `file` was made with; `unknown` if the check file is missing or unreadable. */
export function verifyKey(file: string, key: Uint8Array): KeyVerdict {
  const check = readCheck(file);
  if (check === undefined) return 'unknown';
  const expected = Buffer.from(check.tag, 'hex');
  return timingSafeEqual(expected, tagOf(key, check.nonce)) ? 'right' : 'wrong';
}

/** The salt of the database in lower-case hexadecimal; undefined if it was never kept or is not what was kept. */
export function rememberedSalt(file: string, key: Uint8Array): string | undefined {
  const { salt, saltTag } = readCheck(file) ?? {};
  if (salt === undefined || saltTag === undefined) return undefined;
  return timingSafeEqual(Buffer.from(saltTag, 'hex'), saltTagOf(key, salt)) ? salt : undefined;
}

/** Writes the check file of a database that `key` has just opened. `salt`: in hexadecimal. */
export function rememberKey(file: string, key: Uint8Array, salt: string): void {
  const nonce = randomBytes(32).toString('hex');
  const tag = tagOf(key, nonce).toString('hex');
  const text = JSON.stringify({ nonce, tag, salt, saltTag: saltTagOf(key, salt).toString('hex') });
  writeFileSync(`${checkFile(file)}.new`, text, { flush: true });
  renameSync(`${checkFile(file)}.new`, checkFile(file));
  syncFolder(dirname(resolve(file)));
}

const checkFile = (file: string) => `${file}-key-check`;

function tagOf(key: Uint8Array, nonce: string): Buffer {
  return createHmac('sha256', key).update('hamshira key check v1\n').update(nonce).digest();
}

function saltTagOf(key: Uint8Array, salt: string): Buffer {
  return createHmac('sha256', key).update('hamshira salt v1\n').update(salt).digest();
}

function readCheck(file: string): v.InferOutput<typeof KeyCheckSchema> | undefined {
  try {
    const parsed = v.safeParse(KeyCheckSchema, JSON.parse(readFileSync(checkFile(file), 'utf8')));
    return parsed.success ? parsed.output : undefined;
  } catch {
    // Missing or not JSON: the database itself decides then.
    return undefined;
  }
}
