import type { Page } from 'playwright-core';
import { atRest } from './at-rest.ts';

/** Chooses a language; resolves once the screen speaks it. At F7 the page behind has the same choice: the first counts. */
export async function chooseLanguage(page: Page, language: string): Promise<void> {
  await page
    .locator(`#language-${language}`)
    .first()
    .evaluate((radio: HTMLInputElement) => {
      // Looked at in each language, though a click is the next action, and what a screen tells ends with it.
      document.addEventListener('click', (event) => event.stopPropagation(), { once: true });
      radio.click();
    });
  await page.locator(`html[lang="${language}"]`).waitFor({ state: 'attached' });
  // The page's language is named a moment before its words are there.
  await atRest(page);
}
