import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { languages } from '#contracts/languages.ts';
import { atRest, soon } from './at-rest.ts';
import { chooseLanguage } from './choose-language.ts';
import { freshScreens } from './fresh-screens.ts';
import { misfits } from './screens/inspections.ts';
import type { Screens } from './screens/open-screens.ts';

let screens: Screens;
let page: Page;
const { person } = freshScreens((began) => {
  ({ screens, page } = began);
});
const told = () => page.getByRole('status').filter({ hasText: 'Visit finished' });

/** From the queue; the name of whose visit it is. */
async function openVisit(): Promise<string> {
  const row = page.locator('.queue-in-progress').first();
  const family = (await row.locator('.queue-name strong').innerText()).split(/[ ,]/)[0] ?? '';
  await row.locator('.row-link').click();
  await page.getByRole('button', { name: 'Finish the visit' }).waitFor();
  return family;
}

async function finish(): Promise<string> {
  const family = await openVisit();
  await page.getByRole('button', { name: 'Finish the visit' }).click();
  await page.locator('.home').waitFor();
  await told().waitFor();
  // From now on it hears of the next click or key.
  await atRest(page);
  return family;
}

describe('a visit that is finished', () => {
  it('is said to be, with whose it is, that it is saved here and that it is signed', async () => {
    await screens.signIn();
    const family = await finish();
    const words = await told().innerText();
    expect(words.toLowerCase()).toContain(family.toLowerCase());
    expect(words).toMatch(/Visit finished: .+\. Saved on this computer \d\d:\d\d · Signed$/);
    for (const language of languages) {
      await chooseLanguage(page, language);
      expect(await page.locator('.bar-notice-good').count(), language).toBe(1);
      expect(await misfits(page), language).toEqual([]);
    }
  });

  it.each([
    ['paper', 'opened by the paper key'],
    ['two', 'opened by two people'],
  ] as const)('is not said to be signed in an emergency: %s', async (by, why) => {
    screens.workstation.unlock(person(0).id, by);
    await page.locator('.queue-row').first().waitFor();
    await finish();
    const words = await told().innerText();
    expect(words).toMatch(/Saved on this computer \d\d:\d\d · Not signed: /);
    expect(words).toContain(why);
  });

  it('is not said where nothing was saved', async () => {
    await screens.signIn();
    await openVisit();
    screens.workstation.failNext('visits.move', { code: 'store.disk-full' });
    await page.getByRole('button', { name: 'Finish the visit' }).click();
    await page.locator('.save-bar .notice-danger').waitFor();
    await atRest(page);
    expect(await told().count()).toBe(0);
    await page.keyboard.press('F2');
    await page.locator('.queue-row').first().waitFor();
    await atRest(page);
    expect(await told().count()).toBe(0);
  });

  it('is said while the mouse or the focus moves, and not after the next key', async () => {
    await screens.signIn();
    await finish();
    await page.keyboard.press('Tab');
    await page.mouse.move(300, 300);
    await atRest(page);
    expect(await told().count()).toBe(1);
    await page.locator('#patient-search').pressSequentially('k');
    await expect.poll(() => told().count(), soon).toBe(0);
  });

  it('is not said after the next click, nor on the way back', async () => {
    await screens.signIn();
    await finish();
    await page.locator('.queue-row .row-link').first().click();
    await page.locator('.visit').waitFor();
    await atRest(page);
    expect(await told().count()).toBe(0);
    await page.goBack();
    await page.locator('.queue-row').first().waitFor();
    await atRest(page);
    expect(await told().count()).toBe(0);
  });

  it('is nothing that another person, or the same one after a lock, is told', async () => {
    await screens.signIn();
    await finish();
    screens.workstation.lock();
    await page.locator('.person-choice').first().waitFor();
    await atRest(page);
    expect(await told().count()).toBe(0);
    await screens.signIn();
    await atRest(page);
    expect(await told().count()).toBe(0);
  });

  it('leaves the screen when another person takes over', async () => {
    await screens.signIn();
    await finish();
    // No key and no click comes before it: a card switches by itself.
    await screens.signIn(1);
    await expect.poll(() => told().count(), soon).toBe(0);
  });
});
