import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A text found where only cipher text belongs. */
export interface PlainTextFound {
  readonly file: string;
  readonly text: string;
  readonly encoding: string;
}

/** Looks for `texts` in every file below `folder`, in every encoding they could have been written in (SEC: docs/specs/store.md STO-2). */
export function findPlainText(folder: string, texts: readonly string[]): PlainTextFound[] {
  const forms = texts.flatMap((text) => formsOf(text).map((form) => ({ text, ...form })));
  return filesBelow(folder).flatMap((file) => {
    const content = readFileSync(file);
    return forms
      .filter(({ bytes }) => content.includes(bytes))
      .map(({ text, encoding }) => ({ file, text, encoding }));
  });
}

export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

interface Form {
  readonly encoding: string;
  readonly bytes: Buffer;
}

function formsOf(text: string): Form[] {
  const variants = new Map([
    ['as written', text],
    ['lower case', text.toLowerCase()],
    ['upper case', text.toUpperCase()],
    ['JSON', escapedForJson(text)],
    [
      'JSON, upper-case digits',
      escapedForJson(text).replace(/\\u[0-9a-f]{4}/g, (part) => `\\u${part.slice(2).toUpperCase()}`),
    ],
    ['URL', encodeURIComponent(text)],
  ]);
  return [...variants].flatMap(([variant, value]) => [
    { encoding: `${variant}, UTF-8`, bytes: Buffer.from(value, 'utf8') },
    { encoding: `${variant}, UTF-16LE`, bytes: Buffer.from(value, 'utf16le') },
    { encoding: `${variant}, UTF-16BE`, bytes: Buffer.from(value, 'utf16le').swap16() },
    { encoding: `${variant}, hexadecimal`, bytes: Buffer.from(Buffer.from(value, 'utf8').toString('hex')) },
    ...base64Forms(variant, Buffer.from(value, 'utf8')),
  ]);
}

const escapedForJson = (text: string): string =>
  text.replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** In base64 a text looks different at each of three offsets; its ends depend on its neighbours and are left out. */
function base64Forms(variant: string, bytes: Buffer): Form[] {
  return [0, 1, 2].map((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    const inner = encoded.slice(offset === 0 ? 0 : 4, encoded.length - 2);
    return { encoding: `${variant}, base64 at ${offset}`, bytes: Buffer.from(inner) };
  });
}
