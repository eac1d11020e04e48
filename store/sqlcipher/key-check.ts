import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import * as v from 'valibot';

/**
 * Tells a wrong key from a damaged first page: to SQLCipher both look the same (STO-5). The file beside the database holds
 * a random nonce and its HMAC-SHA-256 under the key. It gives nothing away about a key of 256 random bits.
 */
const KeyCheckSchema = v.object({
  nonce: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  tag: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
});

export type KeyVerdict = 'right' | 'wrong' | 'unknown';

/** Whether `key` is the key that `file` was made with; `unknown` if the check file is missing or unreadable. */
export function verifyKey(file: string, key: Uint8Array): KeyVerdict {
  const check = readCheck(file);
  if (check === undefined) return 'unknown';
  const expected = Buffer.from(check.tag, 'hex');
  return timingSafeEqual(expected, tagOf(key, check.nonce)) ? 'right' : 'wrong';
}

/** Writes the check file of a database that `key` has just opened. */
export function rememberKey(file: string, key: Uint8Array): void {
  const nonce = randomBytes(32).toString('hex');
  const text = JSON.stringify({ nonce, tag: tagOf(key, nonce).toString('hex') });
  writeFileSync(`${checkFile(file)}.new`, text, { flush: true });
  renameSync(`${checkFile(file)}.new`, checkFile(file));
}

const checkFile = (file: string) => `${file}-key-check`;

function tagOf(key: Uint8Array, nonce: string): Buffer {
  return createHmac('sha256', key).update('hamshira key check v1\n').update(nonce).digest();
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
