import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Language, languages } from '#contracts/languages.ts';
import { atRest, pressAtRest, soon } from '../at-rest.ts';
import { launchBrowser } from '../browser.ts';
import { misfits, scrollsDown, seriousFindings, smallTargets } from './inspections.ts';
import { keepPicture, openScreens, type Screens } from './open-screens.ts';

let browser: Browser;
let screens: Screens | undefined;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser.close();
});
afterEach(async () => {
  await screens?.close();
  screens = undefined;
});

async function openInbox(language: Language) {
  const opened = await openScreens(browser, { language, theme: 'light' });
  screens = opened;
  await opened.signIn();
  await opened.page.locator('.places button').nth(4).press('Enter');
  await opened.page.locator('.difference').waitFor();
  const press = async (...keys: readonly string[]) => await pressAtRest(opened.page, ...keys);
  const focused = () => opened.page.evaluate(() => document.activeElement?.getAttribute('type') ?? '');
  const openCount = () => opened.page.locator('.review-item:not(.review-settled)').count();
  return { ...opened, press, focused, openCount };
}

describe('the inbox without a mouse', () => {
  it('a digit only chooses, Enter settles, and Ctrl+Z takes it back', async () => {
    const { page, press, focused, openCount, workstation } = await openInbox('en');
    await expect.poll(openCount, soon).toBe(3);
    await press('2');
    await expect.poll(focused, soon).toBe('radio');
    await press('1', '2', 'Enter');
    await expect.poll(openCount, soon).toBe(2);
    // What is sent later comes after what was sent before: only Enter sent anything.
    expect(workstation.asked.filter((name) => name === 'reviews.settle')).toHaveLength(1);
    await page.locator('.notice-good', { hasText: 'The other version is right' }).waitFor();
    await press('Control+z');
    await expect.poll(openCount, soon).toBe(3);
    await page.locator('.decision').first().filter({ hasText: 'Taken back' }).waitFor();
    await press('1', 'Enter');
    await expect.poll(openCount, soon).toBe(2);
  });

  it('arrows go from question to question and left to right between the answers', async () => {
    const { page, press } = await openInbox('en');
    const current = () => page.evaluate(() => document.activeElement?.getAttribute('aria-current') ?? '');
    await press('ArrowDown');
    await expect.poll(current, soon).toBe('true');
    await page.locator('.pair').waitFor();
    await press('1');
    const chosen = () =>
      page.evaluate(() =>
        [...document.querySelectorAll('.answer input')].findIndex((each) => each.matches(':checked')),
      );
    await expect.poll(chosen, soon).toBe(0);
    await press('ArrowRight');
    await expect.poll(chosen, soon).toBe(1);
    await press('ArrowLeft', 'ArrowLeft');
    await expect.poll(chosen, soon).toBe(2);
    await press('ArrowUp');
    await page.locator('.difference-mine').first().waitFor();
  });

  it('says what differs without colour, who wrote it, and that the record has changed since', async () => {
    const { page, press } = await openInbox('en');
    const marked = async () =>
      (await page.locator('mark.differs').allTextContents()).map((text) => text.trim());
    await expect.poll(marked, soon).toEqual(['01', '99', '30.07.1972', '03.07.1972']);
    await page.locator('thead .difference-author').first().filter({ hasText: 'Ergasheva Nargiza' }).waitFor();
    await press('ArrowUp');
    await page.getByText('Somebody has changed the record since.').waitFor();
    await expect.poll(marked, soon).toContain('152/94');
    expect(await page.locator('thead th').count()).toBe(5);
    expect(await page.locator('.difference').textContent()).not.toMatch(/[{}"]/);
    await press('3', 'Enter');
    await page.locator('.notice-good', { hasText: 'What it says now is right' }).waitFor();
  });

  it('two records become one, are found once, show every allergy, and come apart again', async () => {
    const { page, press, openCount } = await openInbox('en');
    await press('ArrowDown');
    await page.locator('.pair').waitFor();
    await keepPicture(page, 'reviews-pair', { language: 'en', theme: 'light' });
    await expect.poll(() => page.locator('.agrees').count(), soon).toBeGreaterThan(1);
    // The right record goes on, the allergy stands in the left one.
    await press('2');
    await page.locator('.answer-follows', { hasText: 'Nothing is deleted' }).waitFor();
    await press('Enter');
    await expect.poll(openCount, soon).toBe(2);
    await press('F2');
    await page.locator('#patient-search').fill('4120385042100');
    await page.locator('.found').first().waitFor();
    await page.locator('.search-box .spinner').waitFor({ state: 'detached' });
    await atRest(page);
    expect(await page.locator('.found', { hasText: '12.03.1985' }).count()).toBe(1);
    expect(await page.locator('.found').first().textContent()).toContain('also recorded as');
    await press('Enter');
    await page.locator('.linked-record').waitFor();
    await page.locator('.banner', { hasText: 'Penitsillin (Severe)' }).waitFor();
    await page.locator('.allergy-item', { hasText: 'from the other record' }).waitFor();
    await page.locator('.history-item', { hasText: 'from the other record' }).nth(3).waitFor();
    await keepPicture(page, 'patient-linked', { language: 'en', theme: 'light' });
    expect(await seriousFindings(page)).toEqual([]);
    await page.locator('.linked-record .text-button').first().press('Enter');
    await page.getByText('This is an older record of').waitFor();
    await page.locator('.banner-actions .print-button').waitFor();
    await atRest(page);
    expect(await page.locator('.banner-actions button:not(.print-button)').count()).toBe(0);
    await page.locator('.notice-warning button').press('Enter');
    await page.locator('.linked-record .text-button').nth(1).press('Enter');
    const dialog = page.getByRole('dialog');
    await dialog.waitFor();
    // The way out gets the focus first.
    await atRest(page);
    await dialog.locator('.button-danger').press('Enter');
    await expect.poll(() => page.evaluate(() => document.activeElement?.id), soon).toBe('part-reason');
    await page.keyboard.type('Two sisters', { delay: 40 });
    await dialog.locator('.button-danger').press('Enter');
    await page.locator('.linked-record').waitFor({ state: 'detached' });
    await expect.poll(() => page.locator('.banner').textContent(), soon).not.toContain('Penitsillin');
  });
});

describe.each(languages)('in %s', (language) => {
  it('every question fits, has no serious finding, and stays usable at twice the size', async () => {
    const { page, press, complaints } = await openInbox(language);
    const look = { language, theme: 'light' } as const;
    const inspect = async (name: string) => {
      await keepPicture(page, `inbox-${name}`, look);
      expect(await misfits(page)).toEqual([]);
      expect(await smallTargets(page)).toEqual([]);
      expect(await seriousFindings(page)).toEqual([]);
    };
    await inspect('conflict');
    expect(await scrollsDown(page)).toBeLessThanOrEqual(0);
    await press('ArrowDown');
    await page.locator('.pair').waitFor();
    await press('3');
    await inspect('pair');
    expect(await scrollsDown(page)).toBeLessThanOrEqual(0);
    await press('ArrowDown');
    await page.locator('.notice-warning').waitFor();
    await inspect('changed');
    await press('1', 'Enter');
    await page.locator('.review-settled').waitFor();
    await page.locator('.review-settled').press('Enter');
    await page.locator('.decision').waitFor();
    await inspect('settled');
    // 200 %: half as many pixels for the same window.
    await page.setViewportSize({ width: 683, height: 384 });
    await page.locator('.review-item').first().press('Enter');
    await page.locator('.review-item').first().and(page.locator('[aria-current=true]')).waitFor();
    await page.locator('.answer input').first().waitFor();
    await keepPicture(page, 'inbox-doubled', look);
    const beyond = await page.evaluate(() => {
      const content = document.querySelector('#content');
      return content === null ? 999 : content.scrollWidth - content.clientWidth;
    });
    expect(beyond).toBeLessThanOrEqual(0);
    await press('1', 'Enter');
    await expect.poll(() => page.locator('.review-settled').count(), soon).toBe(2);
    expect(complaints).toEqual([]);
  });
});
