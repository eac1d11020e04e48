import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Language } from '#contracts/languages.ts';
import { atRest } from '../at-rest.ts';
import { launchBrowser } from '../browser.ts';
import { accessSteps } from './access-steps.ts';
import { clinicSteps } from './clinic-steps.ts';
import { doorSteps } from './door-steps.ts';
import { misfits, scrollsDown, seriousFindings, smallTargets } from './inspections.ts';
import { keepPicture, type Look, openScreens, type Screens } from './open-screens.ts';

const steps = [...doorSteps, ...clinicSteps, ...accessSteps];

const themes: Readonly<Record<Language, readonly Look['theme'][]>> = {
  'uz-Latn': ['light', 'dark'],
  'uz-Cyrl': ['light'],
  ru: ['light', 'dark'],
  en: ['light'],
};

/** Tests that go through every screen in one language; each has a file of its own, so that several go at once. */
export function inspectAllScreens(language: Language): void {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser.close();
  });

  describe.each(themes[language])(`${language} %s`, (theme) => {
    const look = { language, theme };
    let screens: Screens;
    beforeAll(async () => {
      screens = await openScreens(browser, look);
    });
    afterAll(async () => {
      await screens.close();
    });

    it.each(steps)('$name', async ({ name, isDaily, go }) => {
      await go(screens);
      const { page } = screens;
      await page.mouse.move(700, 4);
      await atRest(page);
      await keepPicture(page, name, look);
      expect(await misfits(page)).toEqual([]);
      expect(await smallTargets(page)).toEqual([]);
      expect(await seriousFindings(page)).toEqual([]);
      if (isDaily) expect(await scrollsDown(page)).toBeLessThanOrEqual(0);
      expect(screens.complaints).toEqual([]);
    });
  });
}
