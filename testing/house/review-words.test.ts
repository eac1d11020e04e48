import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { requests } from '#contracts/bridge/requests.ts';
import { errorCodes } from '#contracts/errors.ts';
import { languages } from '#contracts/languages.ts';
import { PatientBodySchema } from '#contracts/records/patients.ts';
import { VisitBodySchema, VitalsSchema } from '#contracts/records/visits.ts';
import { readCatalogue } from '#renderer/locales/read-catalogue.ts';

const Words = v.object({ reviewWords: v.record(v.string(), v.record(v.string(), v.string())) });
const folder = fileURLToPath(new URL('../../', import.meta.url));
/** Browser code without declarations: imported by a name that the type checker does not follow. */
const wordsFile = new URL('../../center/web/browser/review-words.js', import.meta.url).href;
const load = async () => v.parse(Words, await import(wordsFile)).reviewWords;

describe.each(languages)("PAGE-5: the words of questions on the center's page in %s", (language) => {
  it('are those of the workstation', async () => {
    const catalogue = readCatalogue(await readFile(`${folder}renderer/locales/${language}.po`, 'utf8'));
    const words = (await load())[language] ?? {};
    expect(Object.keys(words).length).toBeGreaterThan(100);
    for (const [id, text] of Object.entries(words))
      expect(`${id}: ${text}`).toBe(`${id}: ${catalogue.get(id)}`);
  });

  it('name every field, measurement and expected failure', async () => {
    const words = (await load())[language] ?? {};
    const failures = requests['reviews.settle'].errors.filter((code) => code.startsWith('record.'));
    const wanted = [
      ...[...Object.keys(PatientBodySchema.entries), ...Object.keys(VisitBodySchema.entries)].map(
        (field) => `field.${field}`,
      ),
      ...Object.keys(VitalsSchema.entries).map((name) => `vital.${name}`),
      ...failures.map((code) => `error.${code}`),
    ];
    expect(wanted.filter((id) => !(id in words))).toEqual([]);
    expect(errorCodes).toEqual(expect.arrayContaining([...failures]));
  });
});
