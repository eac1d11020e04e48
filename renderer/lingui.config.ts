import { defineConfig } from '@lingui/cli';
import { formatter } from '@lingui/format-po';
import { languages } from '#contracts/languages.ts';

export default defineConfig({
  locales: [...languages],
  sourceLocale: 'en',
  catalogs: [{ path: '<rootDir>/locales/{locale}', include: [] }],
  // Ids are chosen by hand; the English words are a translation like the others.
  format: formatter({ explicitIdAsDefault: true, lineNumbers: false }),
});
