import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import type { Person } from '#contracts/bridge/views.ts';
import { launchBrowser } from './browser.ts';
import { openScreens, type Screens } from './screens/open-screens.ts';

/** What tests of screens ask again and again, about the screens of the test that runs. */
export interface ScreenQuestions {
  /** Who works there, in the order of the lock. */
  person(at: number): Pick<Person, 'id' | 'name'>;
  /** How often the screen asked the workstation for this. */
  asked(name: string): number;
  /** Id of what has the focus. */
  focused(): Promise<string>;
  /** All that stands in fields. */
  valuesOfFields(): Promise<string>;
}

/**
 * One browser for the file, and for each test a lock screen in English that nobody used before, which `begin` is given; a page that
 * complains fails the test.
 */
export function freshScreens(
  begin: (began: { readonly screens: Screens; readonly page: Page }) => void,
): ScreenQuestions {
  let browser: Browser;
  let opened: Screens | null = null;
  const present = (): Screens => {
    if (opened === null) throw new Error('no test runs');
    return opened;
  };
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser.close();
  });
  beforeEach(async () => {
    opened = await openScreens(browser, { language: 'en', theme: 'light' });
    begin({ screens: opened, page: opened.page });
  });
  afterEach(async () => {
    expect(opened?.complaints).toEqual([]);
    await opened?.close();
  });
  return questionsAbout(present);
}

function questionsAbout(present: () => Screens): ScreenQuestions {
  return {
    person: (at) => {
      const found = present().workstation.people[at];
      if (found === undefined) throw new Error('nobody of that number works here');
      return found;
    },
    asked: (name) => present().workstation.asked.filter((each) => each === name).length,
    focused: () => present().page.evaluate(() => document.activeElement?.id ?? ''),
    valuesOfFields: () =>
      present().page.evaluate(() =>
        [...document.querySelectorAll<HTMLInputElement>('input:not([type=radio])')]
          .map((field) => field.value)
          .join('|'),
      ),
  };
}
