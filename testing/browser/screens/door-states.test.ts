import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { languages } from '#contracts/languages.ts';
import { launchBrowser } from '../browser.ts';
import { accessStates } from './access-states.ts';
import { doorStates } from './door-states.ts';
import { misfits, scrollsDown, seriousFindings, smallTargets } from './inspections.ts';
import { keepPicture, openScreens, type Screens } from './open-screens.ts';
import { keyboardFaults } from './tab-walk.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser.close();
});

/** Language changes anywhere, with all that is typed kept (SCR-20): one way to a state serves all four. */
async function speak({ page }: Screens, language: string): Promise<void> {
  const choice = page.locator(`#language-${language}`);
  await choice.evaluate((radio: HTMLInputElement) => radio.click());
  await page.locator(`html[lang="${language}"]`).waitFor({ state: 'attached' });
}

it.each([...doorStates, ...accessStates])('$name', async ({ name, isDaily, go }) => {
  const screens = await openScreens(browser, { language: 'en', theme: 'light' });
  const { page } = screens;
  try {
    await go(screens);
    for (const language of languages) {
      await speak(screens, language);
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
});
