import type { Page } from 'playwright-core';
import { atRest } from './at-rest.ts';

/** Between two keys of a reader, in ms: far less than between two of a person. */
const betweenKeysMs = 4;

/**
 * Types digits and letters as a reader does: faster than anybody, and what the page does not take goes into the field. Each key has
 * the time at which the reader sent it, as the system gives it, however busy the page was. `end` is what it sends after them. A page
 * that was only just drawn does not listen yet: that is waited for.
 */
export async function typeFast(page: Page, text: string, end: 'Enter' | 'silence' = 'Enter'): Promise<void> {
  await atRest(page);
  await page.evaluate(
    ([typed, last, gapMs]) => {
      const target = () => document.activeElement ?? document.body;
      let atMs = performance.now();
      const press = (code: string, key: string) => {
        const event = new KeyboardEvent('keydown', { code, key, bubbles: true, cancelable: true });
        atMs += gapMs;
        Object.defineProperty(event, 'timeStamp', { value: atMs });
        return target().dispatchEvent(event);
      };
      for (const character of typed) {
        const code = /[0-9]/.test(character) ? `Digit${character}` : `Key${character.toUpperCase()}`;
        if (press(code, character)) document.execCommand('insertText', false, character);
      }
      if (last === 'Enter' && press('Enter', 'Enter')) {
        const field = document.activeElement;
        if (field instanceof HTMLInputElement) field.form?.requestSubmit();
        else if (field instanceof HTMLButtonElement) field.click();
      }
    },
    [text, end, betweenKeysMs] as const,
  );
}
