import { words as english } from './review-words-english.js';
import { words as russian } from './review-words-russian.js';
import { words as uzbekCyrillic } from './review-words-uzbek-cyrillic.js';
import { words as uzbekLatin } from './review-words-uzbek-latin.js';

/** @import { Language } from './words.js' */

/** @type {Readonly<Record<Language, Readonly<Record<string, string>>>>} */
export const reviewWords = { 'uz-Latn': uzbekLatin, 'uz-Cyrl': uzbekCyrillic, ru: russian, en: english };

/**
 * The words of a message, with its values put in; the id itself where there are none, so that nothing is left out.
 * @param {Language} language
 * @param {string} id
 * @param {Readonly<Record<string, string | number>>} [values]
 */
export const tell = (language, id, values = {}) =>
  (reviewWords[language][id] ?? id).replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ''));
