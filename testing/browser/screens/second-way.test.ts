import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { appError } from '#contracts/errors.ts';
import { scriptedPaperKey } from '#testing/doubles/scripted-access.ts';
import { atRest, soon } from '../at-rest.ts';
import { launchBrowser } from '../browser.ts';
import { inspectInEveryLanguage } from './every-language.ts';
import { openScreens, type Screens } from './open-screens.ts';
import type { Step } from './step.ts';

// docs/specs/access.md ACC-53: how the demand for a second way looks, and who may go on.

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser.close();
});

const [nurse, head] = [0, 3];

/** Somebody with a passphrase alone unlocks, and there is nothing to fall back on. */
async function comeIn({ page, workstation }: Screens, at: number): Promise<void> {
  const somebody = workstation.people[at];
  if (somebody === undefined) throw new Error('nobody of that number works here');
  workstation.access.loseRecovery(somebody.id);
  workstation.unlock(somebody.id);
  await page.locator('.second-way h1').waitFor();
}

/** The keyboard stands on the way to work; it is taken. */
async function goToWork(page: Page): Promise<void> {
  const way = page.locator('.second-way-foot .button-primary');
  await way.waitFor();
  await expect.poll(() => way.evaluate((button) => button === document.activeElement), soon).toBe(true);
  await page.keyboard.press('Enter');
  await page.locator('.home').waitFor();
}

const states: readonly Step[] = [
  { name: 'second-way', isDaily: true, go: (screens) => comeIn(screens, head) },
  { name: 'second-way-nurse', isDaily: true, go: (screens) => comeIn(screens, nurse) },
  {
    name: 'second-way-paper',
    isDaily: true,
    go: async (screens) => {
      await comeIn(screens, head);
      await screens.page.locator('.second-way-choice .button-primary').click();
      await screens.page.locator('.paper-sheet-group').first().waitFor();
    },
  },
  {
    name: 'second-way-done',
    isDaily: true,
    go: async (screens) => {
      const { page } = screens;
      await comeIn(screens, head);
      await page.locator('.second-way-choice .button-primary').click();
      await page.locator('.paper-actions .button-primary').click();
      const groups = scriptedPaperKey.split('-');
      for (const field of await page.locator('.paper-check input').all()) {
        await field.fill(groups[Number((await field.getAttribute('id'))?.split('-').at(-1)) - 1] ?? '');
      }
      await page.keyboard.press('Enter');
      await page.locator('.second-way-done').waitFor();
    },
  },
  {
    name: 'second-way-key',
    go: async (screens) => {
      await comeIn(screens, head);
      await screens.page.locator('.second-way-choice .button').last().click();
      await screens.page.locator('#key-label').waitFor();
    },
  },
  {
    name: 'staff-needs-recovery',
    go: async (screens) => {
      const { page, workstation } = screens;
      await screens.signIn(head);
      const somebody = workstation.people[head];
      if (somebody === undefined) throw new Error('no head');
      workstation.access.loseRecovery(somebody.id);
      await page.locator('.places button').nth(6).click();
      await page.locator('.screen-head-actions .button-primary').click();
      await page.locator('.staff-form .notice-warning').waitFor();
    },
  },
];

it.each(states)('$name', async (state) => {
  await inspectInEveryLanguage(browser, state);
});

it('a nurse may go on to her patient, and is told again at every unlock; in an emergency nobody is', async () => {
  const screens = await openScreens(browser, { language: 'en', theme: 'light' });
  const { page, workstation } = screens;
  const somebody = workstation.people[nurse];
  if (somebody === undefined) throw new Error('no nurse');
  try {
    await comeIn(screens, nurse);
    for (let unlocks = 0; unlocks < 2; unlocks += 1) {
      await page.getByText('Fetch the head or the technician').waitFor();
      await goToWork(page);
      workstation.lock();
      await page.locator('.person-choice').first().waitFor();
      workstation.unlock(somebody.id);
    }
    await page.locator('.second-way').waitFor();
    workstation.lock();
    await page.locator('.person-choice').first().waitFor();
    workstation.unlock(somebody.id, 'two');
    await page.locator('.home').waitFor();
    await atRest(page);
    expect(await page.locator('.second-way').count()).toBe(0);
    expect(screens.complaints).toEqual([]);
  } finally {
    await screens.close();
  }
});

it('comes at the beginning of a session and never in the middle of one', async () => {
  const screens = await openScreens(browser, { language: 'en', theme: 'light' });
  try {
    await screens.signIn(head);
    const somebody = screens.workstation.people[head];
    if (somebody === undefined) throw new Error('no head');
    screens.workstation.access.loseRecovery(somebody.id);
    // What the workstation says later of itself comes with it.
    screens.workstation.setState({ clockErrorMs: -3 * 24 * 3_600_000 });
    await screens.page.locator('.content > .bar-notice').waitFor();
    await atRest(screens.page);
    expect(await screens.page.locator('.second-way').count()).toBe(0);
    expect(await screens.page.locator('.home').count()).toBe(1);
  } finally {
    await screens.close();
  }
});

it('lets an administrator past where a full disk takes no second way, and nowhere else', async () => {
  const screens = await openScreens(browser, { language: 'en', theme: 'light' });
  const { page, workstation } = screens;
  const make = page.locator('.second-way-choice .button-primary');
  try {
    await comeIn(screens, head);
    workstation.failNext('recovery.make-paper', appError('access.forbidden'));
    await make.click();
    await page.locator('.notice-danger').waitFor();
    await atRest(page);
    expect(await page.locator('.second-way-foot').count()).toBe(0);
    workstation.failNext('recovery.make-paper', appError('store.disk-full'));
    await make.click();
    await goToWork(page);
  } finally {
    await screens.close();
  }
});
