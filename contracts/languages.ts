import * as v from 'valibot';

/** Screen languages as BCP 47 tags: Uzbek in Latin and in Cyrillic script, Russian, English. */
export const languages = ['uz-Latn', 'uz-Cyrl', 'ru', 'en'] as const;
export type Language = (typeof languages)[number];
export const LanguageSchema = v.picklist(languages);
