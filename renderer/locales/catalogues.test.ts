import { describe, expect, it } from 'vitest';
import { vitalsForm } from '#clinic/forms/vitals.ts';
import { KeyOperationSchema, OperationStepSchema, WayInSchema } from '#contracts/bridge/access.ts';
import { auditActions } from '#contracts/bridge/audit.ts';
import { DeviceFactSchema } from '#contracts/bridge/devices.ts';
import { ScanSchema } from '#contracts/bridge/scans.ts';
import { SignatureViewSchema } from '#contracts/bridge/views.ts';
import { errorCodes } from '#contracts/errors.ts';
import { type Language, languages } from '#contracts/languages.ts';
import { PatientBodySchema } from '#contracts/records/patients.ts';
import { urgencies, VisitBodySchema, visitStates } from '#contracts/records/visits.ts';
import { roles } from '#contracts/roles.ts';
import { readCatalogue } from './read-catalogue.ts';

const catalogueFiles = import.meta.glob<string>('./*.po', { query: '?raw', import: 'default', eager: true });
const sources = import.meta.glob<string>(['../**/*.ts', '../**/*.tsx', '!../**/*.test.ts'], {
  query: '?raw',
  import: 'default',
  eager: true,
});
const clinicSources = import.meta.glob<string>(
  [
    '../../clinic/forms/*.ts',
    '../../clinic/identity/*.ts',
    '../../clinic/actions/*.ts',
    '!../../clinic/**/*.test.ts',
  ],
  { query: '?raw', import: 'default', eager: true },
);

const catalogue = (language: Language): ReadonlyMap<string, string> =>
  readCatalogue(catalogueFiles[`./${language}.po`] ?? '');
const english = catalogue('en');
const code = Object.values(sources).join('\n');

/** Values a message names, plural ones included; branches of a plural may leave them out. */
const placeholders = (words: string): string =>
  [...new Set([...words.matchAll(/\{([a-z]+)[},]/g)].map((match) => match[1]))].sort().join(' ');

/** Ids in the code: written out, or with a gap that a contract's values fill. */
const writtenIds = [...code.matchAll(/\bt\(\s*'([^']+)'/g)].map((match) => match[1] ?? '');
const patterns = [...code.matchAll(/`([a-z][a-z-]*\.[^\s`]*\$\{[^`]*)`/g)].map((match) => match[1] ?? '');
const asRegex = (pattern: string) =>
  new RegExp(`^${pattern.replace(/[.*+?^()|[\]\\]/g, '\\$&').replace(/\$\{.*?\}/g, '[\\w.-]+')}$`);

describe.each(languages)('the catalogue %s', (language) => {
  const words = catalogue(language);

  it('has the messages of the others, none empty', () => {
    expect([...words.keys()].sort()).toEqual([...english.keys()].sort());
    expect([...words].filter(([, text]) => text.trim() === '')).toEqual([]);
  });

  it('names the same values', () => {
    for (const [id, text] of words)
      expect(`${id}: ${placeholders(text)}`).toBe(`${id}: ${placeholders(english.get(id) ?? '')}`);
  });

  it('has a sentence for every error', () => {
    expect(errorCodes.filter((each) => !words.has(`error.${each}`))).toEqual([]);
  });

  it('writes every value of the contracts that the screens name', () => {
    const wanted = [
      ...roles.map((role) => `role.${role}`),
      ...urgencies.map((urgency) => `urgency.${urgency}`),
      ...visitStates.map((state) => `visit-state.${state}`),
      ...vitalsForm.fields.flatMap(({ name, unit }) => [`vital.${name}`, `unit.${unit}`]),
      ...Object.keys(PatientBodySchema.entries).map((field) => `field.${field}`),
      ...Object.keys(VisitBodySchema.entries).map((field) => `field.${field}`),
      ...auditActions.map((action) => `audit-action.${action}`),
      ...OperationStepSchema.options.map((step) => `key-step.${step}`),
      ...KeyOperationSchema.entries.hint.wrapped.options.map((hint) => `finger-hint.${hint}`),
      ...ScanSchema.options.flatMap(({ entries: { kind } }) =>
        // A patient is shown, not told.
        kind.literal === 'patient' ? [] : [`scan.${kind.literal}`],
      ),
      ...DeviceFactSchema.entries.kind.options.map((kind) => `device.${kind}`),
      ...DeviceFactSchema.entries.status.options.flatMap((status) =>
        status === 'ready' ? [] : [`device-status.${status}`],
      ),
      ...SignatureViewSchema.entries.verdict.options.map((verdict) => `signature.${verdict}`),
      ...WayInSchema.entries.method.options.flatMap((method) => [`way.${method}`, `unlock-method.${method}`]),
      ...['critical-low', 'low', 'high', 'critical-high'].map((flag) => `flag.${flag}`),
    ];
    expect(wanted.filter((id) => !words.has(id))).toEqual([]);
  });
});

describe('ids', () => {
  it('that the code writes out exist', () => {
    expect(writtenIds.length).toBeGreaterThan(200);
    expect(writtenIds.filter((id) => !english.has(id))).toEqual([]);
  });

  it('that the code puts together can exist', () => {
    const dead = patterns.filter((pattern) => ![...english.keys()].some((id) => asRegex(pattern).test(id)));
    expect(dead).toEqual([]);
  });

  it('that no code asks for are not kept', () => {
    const regexes = patterns.map(asRegex);
    const unused = [...english.keys()].filter(
      (id) => !code.includes(`'${id}'`) && !regexes.some((regex) => regex.test(id)),
    );
    expect(unused).toEqual([]);
  });

  it('of the forms have their words', () => {
    const rules = Object.values(clinicSources).join('\n');
    const topics = 'allergy|birth|entry|family|field|given|mahalla|patient|phone|pinfl|sex|vitals';
    const found = [...rules.matchAll(new RegExp(`'((?:${topics})\\.[a-z-]+)'`, 'g'))].map(
      (match) => match[1],
    );
    const fieldPaths = new Set(['birth.date']);
    const issues = [...new Set(found)].filter((id) => id !== undefined && !fieldPaths.has(id));
    expect(issues.length).toBeGreaterThan(15);
    expect(issues.filter((id) => !english.has(`issue.${id}`))).toEqual([]);
  });
});

describe('letters', () => {
  const plain = (text: string) => text.replace(/\{[^{}]*\}/g, ' ');

  it('oʻ and gʻ have U+02BB, the tutuq U+02BC, in Uzbek Latin', () => {
    for (const [id, text] of catalogue('uz-Latn')) {
      expect(`${id}: ${text}`).not.toMatch(/['`‘’´]/u);
      expect(`${id}: ${text}`).not.toMatch(/[oOgG]\u02bc/u);
      expect(`${id}: ${text}`).not.toMatch(/[^oOgG]\u02bb/u);
      expect(`${id}: ${text}`).not.toMatch(/[\u0400-\u04ff]/u);
    }
  });

  it('no word mixes Latin and Cyrillic letters', () => {
    // The name of the product stays Latin and takes endings.
    const allowed = /Hamshira/g;
    for (const language of ['uz-Cyrl', 'ru'] as const) {
      for (const [id, text] of catalogue(language)) {
        expect(`${id}: ${plain(text).replace(allowed, '')}`.slice(id.length)).not.toMatch(
          /\p{Script=Latin}\p{Script=Cyrillic}|\p{Script=Cyrillic}\p{Script=Latin}/u,
        );
      }
    }
  });

  it('Cyrillic catalogues use Latin letters only for names of keys, addresses and measures', () => {
    const known = /\b(Hamshira|Windows|Enter|Ctrl|SpO|wss?|C)\b|Hamshira/g;
    for (const language of ['uz-Cyrl', 'ru'] as const) {
      for (const [id, text] of catalogue(language)) {
        const variants = text.replace(/\{(\w+), plural,/g, ' ').replace(/\b(one|few|many|other)\s*\{/g, ' ');
        expect(`${id}: ${plain(variants).replace(known, '')}`.slice(id.length)).not.toMatch(
          /\p{Script=Latin}/u,
        );
      }
    }
  });

  it('no plural asks Intl to write a number', () => {
    for (const language of languages) {
      for (const [id, text] of catalogue(language)) expect(`${id}: ${text}`).not.toMatch(/#/);
    }
  });
});
