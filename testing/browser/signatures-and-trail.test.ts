import { randomUUID } from 'node:crypto';
import type { Page } from 'playwright-core';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import type { SignatureView } from '#contracts/bridge/views.ts';
import { EntryIdSchema } from '#contracts/ids.ts';
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

describe('signatures', () => {
  const signature = (verdict: SignatureView['verdict'], beyond = 0): SignatureView => ({
    id: v.parse(EntryIdSchema, randomUUID()),
    at: Date.now() - 3_600_000,
    by: person(3).id,
    verdict,
    beyond: Array.from({ length: beyond }, () => v.parse(EntryIdSchema, randomUUID())),
  });
  const openPatient = async () => {
    await screens.signIn();
    await page.locator('#patient-search').fill('karimova dilnoza');
    await page.locator('.found').first().waitFor();
    await page.keyboard.press('Enter');
    await page.locator('.history-item').nth(4).waitFor();
  };

  it('say what each is worth, and that a finished visit has none', async () => {
    screens.workstation.sign([
      [signature('valid', 2)],
      // A good one after a bad one does not hide it.
      [signature('altered'), signature('valid')],
      [signature('unknown-key')],
      [signature('revoked-key-at-that-time')],
    ]);
    await openPatient();
    await page.locator('.history-item .signature').nth(3).waitFor();
    const marks = await page
      .locator('.history-item')
      .evaluateAll((rows) =>
        rows.slice(0, 5).map((row) => row.querySelector('.signature')?.textContent ?? ''),
      );
    expect(marks[0]).toMatch(/^Signed by Olimov Jahongir, .*\+2 written later$/);
    expect(marks[1]).toMatch(/^ALTERED after Olimov/);
    expect(marks[2]).toMatch(/cannot be checked here/);
    expect(marks[3]).toMatch(/key that was revoked/);
    expect(marks[4]).toBe('Not signed');
  });

  /** Visits whose signature lies on something else of the visit. */
  const coveredVisits = () =>
    page.locator('.history-item').evaluateAll(
      (rows) =>
        rows.filter((row) => {
          const mark = row.querySelector('.signature')?.getBoundingClientRect();
          const parts = [...row.querySelectorAll('.history-day *, .history-found *, .history-marks *')];
          const boxes = parts.map((part) => part.getBoundingClientRect()).filter(({ width }) => width > 1);
          return boxes.some(
            ({ left, right, top, bottom }) =>
              mark !== undefined &&
              left < mark.right &&
              right > mark.left &&
              top < mark.bottom - 1 &&
              bottom > mark.top + 1,
          );
        }).length,
    );

  it.each(['screen', 'print'] as const)('lie on nothing else in any language: %s', async (media) => {
    screens.workstation.sign([
      [signature('valid', 2)],
      [signature('altered')],
      [signature('unknown-key')],
      [signature('revoked-key-at-that-time')],
    ]);
    await openPatient();
    await page.emulateMedia({ media });
    // An A4 sheet without its margins.
    if (media === 'print') await page.setViewportSize({ width: 703, height: 1_032 });
    for (const language of languages) {
      await chooseLanguage(page, language);
      expect(await coveredVisits(), language).toBe(0);
      expect(await misfits(page), language).toEqual([]);
    }
  });

  it('stand on paper beside the day of the visit, which the screen calls today', async () => {
    await screens.signIn();
    await page.locator('.queue-in-progress .row-link').click();
    const title = page.locator('.visit-title');
    await title.waitFor();
    expect(await title.innerText()).not.toMatch(/\d{4}/);
    await page.emulateMedia({ media: 'print' });
    await atRest(page);
    expect(await title.innerText()).toMatch(/Today \d\d\.\d\d\.\d{4}/);
  });

  it('are printed with the records, without what is only for the screen, dark on white', async () => {
    screens.workstation.sign([[signature('altered')]]);
    await openPatient();
    await page.evaluate(() => {
      document.documentElement.setAttribute('data-theme', 'dark');
    });
    await page.emulateMedia({ media: 'print' });
    await atRest(page);
    expect(await page.locator('.sidebar').isVisible()).toBe(false);
    expect(await page.locator('.signature-altered').isVisible()).toBe(true);
    const { height, shown, colour } = await page.evaluate(() => {
      const content = document.querySelector('.content');
      return {
        height: content?.scrollHeight ?? 0,
        shown: content?.clientHeight ?? 0,
        colour: getComputedStyle(document.body).color,
      };
    });
    // Nothing scrolls on paper.
    expect(shown).toBe(height);
    expect(colour).toBe('rgb(20, 33, 42)');
  });
});

describe('the trail', () => {
  it('is walked page by page with the keyboard to its beginning and back', async () => {
    await screens.signIn(3);
    await page.locator('.places button').nth(6).click();
    await page.locator('.access-nav').getByRole('button', { name: 'Who did what' }).focus();
    await page.keyboard.press('Enter');
    const rows = page.locator('.audit-table tbody tr');
    await rows.first().waitFor();
    const newest = (await rows.first().textContent()) ?? '';
    let seen = await rows.count();
    await page.getByRole('button', { name: 'Older' }).focus();
    for (let pages = 1; pages < 5; pages += 1) {
      const before = (await rows.first().textContent()) ?? '';
      await expect.poll(() => page.evaluate(() => document.activeElement?.textContent), soon).toBe('Older');
      await page.keyboard.press('Enter');
      await rows.first().filter({ hasNotText: before }).waitFor();
      seen += await rows.count();
    }
    expect(seen).toBe(230);
    // At the end the focus is on the way back.
    await expect.poll(() => page.getByRole('button', { name: 'Older' }).isDisabled(), soon).toBe(true);
    await expect.poll(() => page.evaluate(() => document.activeElement?.textContent), soon).toBe('Newest');
    await page.keyboard.press('Enter');
    await rows.first().filter({ hasText: newest }).waitFor();
    await expect.poll(() => page.evaluate(() => document.activeElement?.textContent), soon).toBe('Older');
  });
});
