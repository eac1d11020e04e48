import type { LinguiConfig } from '@lingui/conf';
import { formatter } from '@lingui/format-po';
import { languages } from '#contracts/languages.ts';

const config: LinguiConfig = {
  locales: [...languages],
  sourceLocale: 'en',
  catalogs: [{ path: '<rootDir>/locales/{locale}', include: [] }],
  // Ids are chosen by hand; the English words are a translation like the others.
  format: formatter({ explicitIdAsDefault: true, lineNumbers: false }),
};

export default config;
