import { mkdir } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { ScopeSchema } from '#contracts/ids.ts';
import { languages } from '#contracts/languages.ts';
import { atRest, pressAtRest, soon } from './at-rest.ts';
import { chooseLanguage } from './choose-language.ts';
import { freshScreens } from './fresh-screens.ts';
import { misfits } from './screens/inspections.ts';
import { pictureFolder, type Screens } from './screens/open-screens.ts';

const polyclinic = {
  code: v.parse(ScopeSchema, 'NUK173503'),
  name: {
    'uz-Latn': 'Nukus tumani 3-sonli oilaviy poliklinikasi',
    'uz-Cyrl': 'Нукус тумани 3-сонли оилавий поликлиникаси',
    ru: 'Семейная поликлиника № 3 Нукусского района',
    en: 'Family polyclinic no. 3 of Nukus district',
  },
  isTraining: true,
} as const;

let screens: Screens;
let page: Page;
const { person } = freshScreens((began) => {
  ({ screens, page } = began);
});

const openVisit = async () => {
  await screens.signIn();
  await page.locator('.queue-in-progress .row-link').click();
  await page.locator('.visit-title').waitFor();
};
const openPatient = async (person = 0) => {
  await screens.signIn(person);
  await page.locator('#patient-search').fill('karimova dilnoza');
  await page.locator('.found').first().waitFor();
  await page.keyboard.press('Enter');
  await page.locator('.history-item').first().waitFor();
};
const pages = [
  ['a visit', openVisit],
  ['a patient', openPatient],
] as const;
/** Counts what would go to the printer. */
const countPrints = async () => {
  await atRest(page);
  await page.evaluate(() => {
    window.print = () => {
      document.documentElement.dataset.prints = String(Number(document.documentElement.dataset.prints) + 1);
    };
    document.documentElement.dataset.prints = '0';
  });
  return () => page.evaluate(() => document.documentElement.dataset.prints);
};
const onPaper = async () => {
  await page.emulateMedia({ media: 'print' });
  // An A4 sheet without its margins.
  await page.setViewportSize({ width: 703, height: 1_032 });
  await atRest(page);
};

describe.each(pages)('%s', (name, open) => {
  it('says that it can be printed, and is: by the button and its key on either keyboard', async () => {
    await open();
    const prints = await countPrints();
    const button = page.getByRole('button', { name: 'Print' });
    await button.filter({ hasText: 'Ctrl P' }).waitFor();
    await button.click();
    await expect.poll(prints, soon).toBe('1');
    await page.keyboard.press('Control+p');
    await expect.poll(prints, soon).toBe('2');
    await page.evaluate(() =>
      window.dispatchEvent(new KeyboardEvent('keydown', { key: 'з', ctrlKey: true, cancelable: true })),
    );
    await expect.poll(prints, soon).toBe('3');
  });

  it('names on paper, and only there, the polyclinic, day and time, and who is signed in', async () => {
    screens.workstation.setState({ facility: polyclinic });
    await open();
    const head = page.locator('.printed-head');
    expect(await head.isVisible()).toBe(false);
    await onPaper();
    await mkdir(pictureFolder, { recursive: true });
    for (const language of languages) {
      await chooseLanguage(page, language);
      const words = await head.innerText();
      expect(words).toContain(polyclinic.name[language]);
      expect(words).toContain(person(0).name);
      expect(words).toMatch(/\b\d\d\.\d\d\.\d{4} \d\d:\d\d\b/);
      expect(await page.locator('.print-button').isVisible()).toBe(false);
      expect(await misfits(page), language).toEqual([]);
      const picture = `${pictureFolder}/printed-${name.replace(' ', '-')}.${language}.png`;
      await page.screenshot({ path: picture, fullPage: true });
    }
    const tops = await page.evaluate(() =>
      ['.printed-head', '.banner'].map((part) => document.querySelector(part)?.getBoundingClientRect().top),
    );
    expect(tops[0]).toBeLessThan(tops[1] ?? 0);
  });

  it('fits the screen with the button in every language', async () => {
    await open();
    for (const language of languages) {
      await chooseLanguage(page, language);
      expect(await misfits(page), language).toEqual([]);
    }
  });
});

describe('paper', () => {
  it('has the time at which it was printed, not that at which the page was opened', async () => {
    await openVisit();
    const head = page.locator('.printed-head');
    await atRest(page);
    await page.clock.setFixedTime(Date.now() + 3 * 3_600_000);
    const before = await head.textContent();
    await page.pdf();
    await expect.poll(() => head.textContent(), soon).not.toBe(before);
    const time = (await head.textContent())?.match(/\d\d:\d\d/)?.[0];
    const shown = await page.evaluate(() =>
      new Date().toLocaleTimeString('en-GB', {
        timeZone: 'Asia/Tashkent',
        hour: '2-digit',
        minute: '2-digit',
      }),
    );
    expect(time).toBe(shown);
  });

  it('shows nothing of a page that was put aside', async () => {
    await openPatient();
    await pressAtRest(page, 'F7');
    await page.locator('.face-aside').waitFor({ state: 'attached' });
    await page.emulateMedia({ media: 'print' });
    await atRest(page);
    expect(await page.locator('.banner-name').isVisible()).toBe(false);
    expect(await page.locator('.history-item').first().isVisible()).toBe(false);
  });
});
