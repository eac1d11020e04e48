import { existsSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { languages } from '#contracts/languages.ts';
import { atRest } from '../at-rest.ts';
import { launchBrowser } from '../browser.ts';
import { misfits, scrollsDown, seriousFindings, smallTargets } from './inspections.ts';
import { openScreens, type Screens } from './open-screens.ts';

let browser: Browser;
let screens: Screens;
beforeAll(async () => {
  browser = await launchBrowser();
  screens = await openScreens(browser, { language: 'en', theme: 'light' });
  await screens.signIn();
});
afterAll(async () => {
  await screens.close();
  await browser.close();
});

it.each(languages)('all screens are inspected in %s', (language) => {
  const file = `./all-screens-${language.toLowerCase()}.test.ts`;
  expect(existsSync(new URL(file, import.meta.url))).toBe(true);
});

/** Spoils one element of the page. */
const spoil = async (selector: string, style: Readonly<Record<string, string>>) =>
  await screens.page
    .locator(selector)
    .first()
    .evaluate((element, wanted) => {
      if (element instanceof HTMLElement) Object.assign(element.style, wanted);
    }, style);

it('the inspections find what is planted', async () => {
  const { page } = screens;
  await page.evaluate(() => document.fonts.ready.then(() => undefined));
  await atRest(page);
  expect(await misfits(page)).toEqual([]);
  await spoil('.place-words', { color: '#d0d0d0' });
  expect(await seriousFindings(page)).toEqual([expect.stringContaining('color-contrast')]);
  await spoil('.brand-name', { whiteSpace: 'nowrap', width: '400px' });
  expect(await misfits(page)).toEqual([expect.stringContaining('out of its box')]);
  await spoil('.place-words', { overflow: 'hidden', whiteSpace: 'nowrap', width: '10px', flex: 'none' });
  expect(await misfits(page)).toContainEqual(expect.stringContaining('cut off'));
  await spoil('.icon-button', { width: '20px', height: '20px' });
  expect(await smallTargets(page)).toHaveLength(1);
  await spoil('.home', { minHeight: '900px' });
  expect(await scrollsDown(page)).toBeGreaterThan(0);
});
