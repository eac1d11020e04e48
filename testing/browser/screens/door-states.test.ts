import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, it } from 'vitest';
import { launchBrowser } from '../browser.ts';
import { doorStates } from './door-states.ts';
import { inspectInEveryLanguage } from './every-language.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser.close();
});

it.each(doorStates)('$name', async (state) => {
  await inspectInEveryLanguage(browser, state);
});
