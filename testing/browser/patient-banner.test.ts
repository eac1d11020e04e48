import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { atRest } from './at-rest.ts';
import { launchBrowser } from './browser.ts';
import { openScreens } from './screens/open-screens.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser.close();
});

test.each(['nurse', 'head'])('a long family name is covered by nothing, for a %s', async (role) => {
  const screens = await openScreens(browser, { language: 'uz-Latn', theme: 'light' });
  const { page } = screens;
  try {
    await screens.signIn(role === 'nurse' ? 0 : 3);
    await page.locator('#patient-search').fill('a');
    await page.locator('.found').first().waitFor();
    await page.keyboard.press('Enter');
    await page.locator('.patient .banner-name').waitFor();
    await page.evaluate(() => document.fonts.ready.then(() => undefined));
    await atRest(page);
    const overlaps = await page.locator('.banner').evaluate((banner) => {
      const name = banner.querySelector('.banner-name');
      if (name === null) throw new Error('no name');
      name.textContent = 'QOʻCHQORBOYEVA-ABDURAHMONOVA, Oygulxon';
      // What is drawn, not the box: a long word goes over the edge of its box.
      const range = document.createRange();
      range.selectNodeContents(name);
      const others = [...banner.children].filter((child) => child !== name);
      return [...range.getClientRects()].flatMap((line) =>
        others
          .filter((other) => {
            const box = other.getBoundingClientRect();
            const isBeside = box.left >= line.right || box.right <= line.left;
            return !isBeside && box.top < line.bottom && box.bottom > line.top;
          })
          .map((other) => other.className),
      );
    });
    expect(overlaps).toEqual([]);
    const isWithin = await page
      .locator('.banner')
      .evaluate((banner) => banner.scrollWidth <= banner.clientWidth);
    expect(isWithin).toBe(true);
  } finally {
    await screens.close();
  }
});
