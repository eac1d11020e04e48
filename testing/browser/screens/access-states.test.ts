import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, it } from 'vitest';
import { launchBrowser } from '../browser.ts';
import { accessStates } from './access-states.ts';
import { inspectInEveryLanguage } from './every-language.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser.close();
});

it.each(accessStates)('$name', async (state) => {
  await inspectInEveryLanguage(browser, state);
});
