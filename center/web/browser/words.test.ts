import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { languages } from '#contracts/languages.ts';
import { recordTypes } from '#contracts/records/registry.ts';

const folder = import.meta.dirname;
const Catalogues = v.record(v.string(), v.record(v.string(), v.pipe(v.string(), v.nonEmpty())));
const load = async () => v.parse(Catalogues, (await import('./words.js')).words);

describe('PAGE-5: the words of the page', () => {
  it('are complete in all four languages', async () => {
    const words = await load();
    expect(Object.keys(words)).toEqual([...languages]);
    const keys = Object.keys(words.en ?? {}).sort();
    for (const catalogue of Object.values(words)) expect(Object.keys(catalogue).sort()).toEqual(keys);
  });

  it('name every kind of record', async () => {
    const words = await load();
    for (const collection of Object.keys(recordTypes)) expect(words.en).toHaveProperty(collection);
  });

  it('hold no Cyrillic in Latin Uzbek and no Latin letters in Cyrillic, and U+02BB where it belongs', async () => {
    const words = await load();
    for (const text of Object.values(words['uz-Latn'] ?? {})) {
      expect(text).not.toMatch(/[\u0400-\u04ff'`‘’]/);
    }
    for (const text of Object.values({ ...words['uz-Cyrl'], ...words.ru }))
      expect(text).not.toMatch(/[A-Za-z]/);
  });

  it('are the only texts of the page', async () => {
    const scripts = [
      'page.js',
      'facility-list.js',
      'received-list.js',
      'review-list.js',
      'review-dialog.js',
      'review-values.js',
    ];
    for (const file of scripts) {
      const source = await readFile(join(folder, file), 'utf8');
      expect(source).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|Intl\.|toLocale/);
    }
  });
});
