import type { ReactNode } from 'react';
import { type Language, languages } from '#contracts/languages.ts';
import { Icon } from '../parts/icons.tsx';
import { Segmented } from '../parts/segmented.tsx';
import { useWords } from '../wording/words.ts';
import { type Theme, usePreferences } from './preferences.ts';

/** Each language by its own name, so that everyone finds back. */
const ownNames: Readonly<Record<Language, { readonly short: string; readonly full: string }>> = {
  'uz-Latn': { short: 'Oʻz', full: 'Oʻzbekcha' },
  'uz-Cyrl': { short: 'Ўз', full: 'Ўзбекча' },
  ru: { short: 'Ру', full: 'Русский' },
  en: { short: 'En', full: 'English' },
};

const nextTheme: Readonly<Record<Theme, Theme>> = { system: 'light', light: 'dark', dark: 'system' };
const themeIcons = { system: 'contrast', light: 'sun', dark: 'moon' } as const;

/** Language and theme, at hand on every screen, the locked one included. */
export function ScreenChoices(): ReactNode {
  const { t } = useWords();
  const { language, theme, set } = usePreferences();
  const themeWords = t(`theme.${theme}`);
  return (
    // A form of its own: at F7 the page behind has the same choice, and radio buttons of one form exclude each other.
    <form className="screen-choices" onSubmit={(event) => event.preventDefault()}>
      <Segmented
        name="language"
        label={t('language.label')}
        isLabelHidden
        size="small"
        value={language}
        onChange={(chosen) => set({ language: chosen })}
        options={languages.map((each) => ({
          value: each,
          hint: ownNames[each].full,
          label: (
            <span lang={each}>
              <span aria-hidden="true">{ownNames[each].short}</span>
              <span className="visually-hidden">{ownNames[each].full}</span>
            </span>
          ),
        }))}
      />
      <button
        type="button"
        className="icon-button"
        title={themeWords}
        aria-label={themeWords}
        onClick={() => set({ theme: nextTheme[theme] })}
      >
        <Icon name={themeIcons[theme]} />
      </button>
    </form>
  );
}
