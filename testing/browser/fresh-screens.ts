import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import type { Person } from '#contracts/bridge/views.ts';
import { launchBrowser } from './browser.ts';
import { openScreens, type Screens } from './screens/open-screens.ts';

/** What tests of screens ask again and again. */
export interface FreshScreens {
  readonly screens: Screens;
  readonly page: Page;
  /** Who works there, in the order of the lock. */
  person(at: number): Pick<Person, 'id' | 'name'>;
  /** How often the screen asked the workstation for this. */
  asked(name: string): number;
  /** Id of what has the focus. */
  focused(): Promise<string>;
  /** All that stands in fields. */
  valuesOfFields(): Promise<string>;
}

/** One browser for the file, and for each test a lock screen in English that nobody used before; a page that complains fails the test. */
export function freshScreens(): () => FreshScreens {
  let browser: Browser;
  let opened: FreshScreens | null = null;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser.close();
  });
  beforeEach(async () => {
    opened = questionsOf(await openScreens(browser, { language: 'en', theme: 'light' }));
    opened.page.setDefaultTimeout(15_000);
  });
  afterEach(async () => {
    expect(opened?.screens.complaints).toEqual([]);
    await opened?.screens.close();
  });
  return () => {
    if (opened === null) throw new Error('no test runs');
    return opened;
  };
}

function questionsOf(screens: Screens): FreshScreens {
  const { page, workstation } = screens;
  return {
    screens,
    page,
    person(at) {
      const found = workstation.people[at];
      if (found === undefined) throw new Error('nobody of that number works here');
      return found;
    },
    asked: (name) => workstation.asked.filter((each) => each === name).length,
    focused: () => page.evaluate(() => document.activeElement?.id ?? ''),
    valuesOfFields: () =>
      page.evaluate(() =>
        [...document.querySelectorAll<HTMLInputElement>('input:not([type=radio])')]
          .map((field) => field.value)
          .join('|'),
      ),
  };
}
