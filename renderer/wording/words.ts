import { type I18n, type Messages, setupI18n } from '@lingui/core';
import { useLingui } from '@lingui/react';
import { useMemo } from 'react';
import * as v from 'valibot';
import type { AppError } from '#contracts/errors.ts';
import { type Language, LanguageSchema } from '#contracts/languages.ts';

export type WordValues = Readonly<Record<string, string | number>>;
/** The words of a message in the language of the screen. */
export type Translate = (id: string, values?: WordValues) => string;

export interface Words {
  readonly t: Translate;
  readonly language: Language;
}

/** Only the language that is looked at is loaded. */
const catalogues: Readonly<Record<Language, () => Promise<{ messages: Messages }>>> = {
  'uz-Latn': () => import('../locales/uz-Latn.po'),
  'uz-Cyrl': () => import('../locales/uz-Cyrl.po'),
  ru: () => import('../locales/ru.po'),
  en: () => import('../locales/en.po'),
};

/** No words yet. */
export const makeI18n = (): I18n => setupI18n();

/** The catalogue of a language, loaded when it is first wanted. */
export const loadWords = async (language: Language): Promise<Messages> =>
  (await catalogues[language]()).messages;

/** The words of the screen; the component is drawn again when the language changes. */
export function useWords(): Words {
  const { i18n } = useLingui();
  const { locale } = i18n;
  return useMemo(
    () => ({
      t: (id: string, values?: WordValues) => i18n._(id, { ...values }),
      language: v.parse(LanguageSchema, locale),
    }),
    [i18n, locale],
  );
}

/** Rules that forbid something whatever somebody's role is: each says what would have to be otherwise. */
const ownSentences = ['last-person', 'two-people', 'oneself', 'own-keys', 'no-share', 'holder-only'] as const;

function sentenceOf(t: Translate, { code, detail }: AppError, values: WordValues): string {
  const rule = ownSentences.find((each) => code === 'access.forbidden' && each === detail?.rule);
  return rule === undefined ? t(`error.${code}`, values) : t(`forbidden.${rule}`);
}

/** The sentence for a failure. Details that a sentence may name come as its values. */
export function describeError(t: Translate, error: AppError): string {
  const values: Record<string, string | number> = {};
  for (const [name, value] of Object.entries(error.detail ?? {})) {
    if (typeof value === 'string' || typeof value === 'number') values[name] = value;
  }
  const sentence = sentenceOf(t, error, values);
  const { incident } = values;
  // What the technician looks for in the log.
  return incident === undefined ? sentence : `${sentence} (№ ${incident})`;
}
