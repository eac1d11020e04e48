import type { Browser } from 'playwright-core';
import { expect } from 'vitest';
import { languages } from '#contracts/languages.ts';
import { chooseLanguage } from '../choose-language.ts';
import { misfits, scrollsDown, seriousFindings, smallTargets } from './inspections.ts';
import { keepPicture, openScreens } from './open-screens.ts';
import type { Step } from './step.ts';
import { keyboardFaults } from './tab-walk.ts';

/**
 * Brings a fresh page into a state and looks at it in every language: what does not fit, is too small, scrolls, or cannot be used by
 * keyboard alone. Language changes anywhere with all that is typed kept (SCR-20): one way there serves all four.
 */
export async function inspectInEveryLanguage(browser: Browser, { name, isDaily, go }: Step): Promise<void> {
  const screens = await openScreens(browser, { language: 'en', theme: 'light' });
  const { page } = screens;
  try {
    await go(screens);
    for (const language of languages) {
      await chooseLanguage(page, language);
      await keepPicture(page, name, { language, theme: 'light' });
      expect(await misfits(page), language).toEqual([]);
      expect(await smallTargets(page), language).toEqual([]);
      if (isDaily) expect(await scrollsDown(page), language).toBeLessThanOrEqual(0);
    }
    expect(await seriousFindings(page)).toEqual([]);
    expect(await keyboardFaults(page)).toEqual([]);
    expect(screens.complaints).toEqual([]);
  } finally {
    await screens.close();
  }
}
