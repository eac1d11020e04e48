import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { languages } from '#contracts/languages.ts';
import { launchBrowser } from '../browser.ts';
import { accessSteps } from './access-steps.ts';
import { clinicSteps } from './clinic-steps.ts';
import { doorSteps } from './door-steps.ts';
import { misfits, scrollsDown, seriousFindings, smallTargets } from './inspections.ts';
import { keepPicture, type Look, openScreens, type Screens } from './open-screens.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser.close();
});

const looks: readonly Look[] = [
  ...languages.map((language) => ({ language, theme: 'light' }) as const),
  { language: 'uz-Latn', theme: 'dark' },
  { language: 'ru', theme: 'dark' },
];

const steps = [...doorSteps, ...clinicSteps, ...accessSteps];

describe.each(looks)('$language $theme', (look) => {
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
    await page.waitForTimeout(150);
    await keepPicture(page, name, look);
    expect(await misfits(page)).toEqual([]);
    expect(await smallTargets(page)).toEqual([]);
    expect(await seriousFindings(page)).toEqual([]);
    if (isDaily) expect(await scrollsDown(page)).toBeLessThanOrEqual(0);
    expect(screens.complaints).toEqual([]);
  });
});
