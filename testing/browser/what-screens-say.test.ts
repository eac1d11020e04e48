import type { Browser, Page } from 'playwright-core';
import * as v from 'valibot';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { touchesOfNewKey } from '#contracts/bridge/access.ts';
import type { SignatureView } from '#contracts/bridge/views.ts';
import { EntryIdSchema } from '#contracts/ids.ts';
import { type Language, languages } from '#contracts/languages.ts';
import { maxSignatures } from '#contracts/records/signature.ts';
import { scriptedPassphrase } from '#testing/doubles/scripted-access.ts';
import { atRest, pressAtRest, soon } from './at-rest.ts';
import { launchBrowser } from './browser.ts';
import { chooseLanguage } from './choose-language.ts';
import { misfits } from './screens/inspections.ts';
import { keepPicture, openScreens, type Screens } from './screens/open-screens.ts';

// docs/specs/screens.md SCR-31, SCR-53, SCR-54, SCR-63: what a screen says is meant, is said once, and fits.

let browser: Browser;
let screens: Screens;
let page: Page;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());
beforeEach(async () => {
  screens = await openScreens(browser, { language: 'en', theme: 'light' });
  ({ page } = screens);
});
afterEach(async () => {
  expect(screens.complaints).toEqual([]);
  await screens.close();
});

const nameOf = (at: number): string => screens.workstation.people[at]?.name ?? '';
const focused = () => page.evaluate(() => document.activeElement?.textContent ?? '');

/** Nothing is cut off in any language, on a screen of the clinic and on a small one. */
async function fitsEverywhere(name: string): Promise<void> {
  for (const language of languages) {
    await chooseLanguage(page, language);
    for (const width of [1366, 1024]) {
      await page.setViewportSize({ width, height: 768 });
      await atRest(page);
      await keepPicture(page, `${name}-${width}`, { language, theme: 'light' });
      expect(await misfits(page), `${language} ${width}`).toEqual([]);
    }
  }
  await page.setViewportSize({ width: 1366, height: 768 });
  await chooseLanguage(page, 'en');
}

async function unlock(at: number): Promise<void> {
  await page.locator('.person-choice', { hasText: nameOf(at) }).click();
  await page.locator('#passphrase').fill(scriptedPassphrase);
  await page.keyboard.press('Enter');
  await page.locator('.home').waitFor();
}

/** On the registration form. */
async function typeSomebody(): Promise<void> {
  for (const [field, text] of Object.entries({ family: 'Zoirov', given: 'Botir', birth: '01021960' }))
    await page.locator(`#${field}`).fill(text);
  await page.locator('label.segment:has(#sex-male)').click();
}

describe('F7', () => {
  it('offers those who worked here last first, with the focus, and who is at work at the end, marked', async () => {
    for (const at of [2, 1, 0]) {
      await unlock(at);
      await pressAtRest(page, 'F9');
      await page.locator('.person-choice').first().waitFor();
    }
    const choices = () => page.locator('.person-choice-name').allInnerTexts();
    // On the lock, who worked last comes first, herself included.
    await expect.poll(async () => (await choices())[0], soon).toBe(nameOf(0));
    await unlock(0);
    await pressAtRest(page, 'F7');
    await page.getByText('Who goes on?').waitFor();
    await atRest(page);
    const offered = await choices();
    expect(offered.slice(0, 2)).toEqual([nameOf(1), nameOf(2)]);
    expect(offered.at(-1)).toMatch(new RegExp(`^${nameOf(0)}\\s+At work now$`));
    expect(offered.filter((each) => each.includes('At work now'))).toHaveLength(1);
    await expect.poll(focused, soon).toContain(nameOf(1));
    // The page behind has the same choice of language.
    const languagesChosen = page.locator('.screen-choices input:checked');
    expect(await languagesChosen.evaluateAll((found) => found.map(({ id }) => id))).toEqual([
      'language-en',
      'language-en',
    ]);
    await fitsEverywhere('switch');
  });
});

describe('a visit', () => {
  /** What the newest visit of the patient on the page says of itself. */
  const newest = () => page.locator('.visit-history li').first();
  const finish = async (): Promise<string> => {
    const row = page.locator('.queue-in-progress').first();
    const name = await row.locator('.queue-name strong').innerText();
    await row.locator('.row-link').click();
    await page.getByRole('button', { name: 'Finish the visit' }).click();
    await page.locator('.home').waitFor();
    return name;
  };

  it('that is finished is called so at once, saved here and not yet sent; nobody waits any more', async () => {
    await screens.signIn();
    const name = await finish();
    await page.locator('.queue-row').first().waitFor();
    await atRest(page);
    expect(await page.locator('.queue-row', { hasText: name }).count()).toBe(0);
    await page.locator('#patient-search').fill(name.replace(',', ''));
    await page.locator('.found').first().waitFor();
    await page.keyboard.press('Enter');
    await newest().waitFor();
    const words = await newest().innerText();
    expect(words).toContain('Finished');
    expect(words).toContain('Saved on this computer');
    expect(words).not.toMatch(/waiting|Received/i);
  });

  it('that waits says who waits: the patient, not the sending', async () => {
    await screens.signIn();
    const said: Readonly<Record<Language, string>> = {
      'uz-Latn': 'Bemor kutmoqda',
      'uz-Cyrl': 'Бемор кутмоқда',
      ru: 'Пациент ждёт',
      en: 'Patient waiting',
    };
    for (const language of languages) {
      await chooseLanguage(page, language);
      await expect
        .poll(() => page.locator('.chip-state-arrived').first().innerText(), soon)
        .toBe(said[language]);
    }
    await fitsEverywhere('queue');
  });

  it('with as many signatures as it holds says so, and not that somebody has no key', async () => {
    const [somebody] = screens.workstation.people;
    if (somebody === undefined) throw new Error('nobody works here');
    const one = (at: number): SignatureView => ({
      id: v.parse(EntryIdSchema, `01930000-0000-7000-8000-${String(at).padStart(12, '0')}`),
      at: Date.now(),
      by: somebody.id,
      verdict: 'valid',
      beyond: [],
    });
    screens.workstation.sign([Array.from({ length: maxSignatures }, (_, at) => one(at))]);
    await screens.signIn();
    await finish();
    const told = page.getByRole('status').filter({ hasText: 'Visit finished' });
    await told.waitFor();
    expect(await told.innerText()).toContain('Not signed: the visit has as many signatures as it can hold');
    await fitsEverywhere('finished-no-room');
  });
});

describe('a new key', () => {
  it('is said to be touched as often as it is, and counts the touches', async () => {
    await screens.signIn(3);
    await page.locator('.places button').nth(6).click();
    await page.getByRole('button', { name: 'Add a key' }).click();
    await page.getByText('touches the key three times').waitFor();
    expect(touchesOfNewKey).toBe(3);
    await fitsEverywhere('enrol-key-touches');
    await page.locator('#key-label').fill('Blue key');
    await page.getByRole('dialog').getByRole('button', { name: 'Add the key' }).click();
    await page.getByText('Touch 1 of 3').waitFor();
    const { key } = screens.workstation.access;
    for (let touch = 0; touch < touchesOfNewKey; touch += 1) {
      await expect.poll(() => key.operation()?.kind, soon).toBe('enrol-key');
      const prompt = `Put your finger on the key${touch === 0 ? '' : ' again'}`;
      await page.locator('.key-prompt-touch', { hasText: prompt }).waitFor();
      await atRest(page);
      expect(await page.getByText('The key opens this workstation now').count()).toBe(0);
      key.touch();
    }
    await page.getByText('The key opens this workstation now').waitFor();
  });

  it('and what else there is to do for a person stand in rows of one width', async () => {
    await screens.signIn(3);
    await page.locator('.places button').nth(6).click();
    await page.locator('.staff-row').first().click();
    await expect.poll(() => page.locator('.person-actions .button').count(), soon).toBe(4);
    for (const language of languages) {
      await chooseLanguage(page, language);
      for (const width of [1366, 1024]) {
        await page.setViewportSize({ width, height: 768 });
        await atRest(page);
        const widths = await page
          .locator('.person-actions .button')
          .evaluateAll((buttons) =>
            buttons.map((button) => Math.round(button.getBoundingClientRect().width)),
          );
        expect(new Set(widths).size, `${language} ${width}: ${widths}`).toBe(1);
      }
    }
    await fitsEverywhere('person-actions');
  });
});

describe('the registration', () => {
  it('says once how many digits a personal number has', async () => {
    await screens.signIn();
    await pressAtRest(page, 'F4');
    await typeSomebody();
    await page.locator('#pinfl').fill('41203');
    const reading = page.locator('.pinfl-reading');
    await expect.poll(() => reading.innerText(), soon).toBe('5 of 14 digits');
    await pressAtRest(page, 'Control+Enter');
    await page.locator('#pinfl-error', { hasText: '14 digits' }).waitFor();
    await expect.poll(() => reading.innerText(), soon).toBe('5 / 14');
    // Every other mistake of it is said once, too.
    await page.locator('#pinfl').fill('41203850421007');
    await pressAtRest(page, 'Control+Enter');
    await expect.poll(() => page.locator('#pinfl-error').innerText(), soon).not.toContain('14 digits');
    await reading.waitFor({ state: 'detached' });
    await fitsEverywhere('register-pinfl');
  });
});

describe('the measurements of a new patient', () => {
  it('are no line while there is one of each, and say so', async () => {
    await screens.signIn();
    await pressAtRest(page, 'F4');
    await typeSomebody();
    await pressAtRest(page, 'Control+Enter');
    await page.locator('.patient').waitFor();
    for (const systolic of ['128', '131']) {
      await page.getByRole('button', { name: 'Put into the queue' }).click();
      await page.getByRole('dialog').locator('button[type="submit"]').click();
      await page.locator('#systolicMmHg').fill(systolic);
      await page.locator('#diastolicMmHg').fill('80');
      await pressAtRest(page, 'Control+Enter');
      await page.locator('.save-bar-saved').waitFor();
      await page.locator('.visit-head .text-button').click();
      const isFirst = systolic === '128';
      const [line, words] = [
        page.locator('.trend .sparkline'),
        page.locator('.trend').getByText('One measurement so far'),
      ];
      await (isFirst ? words : line).waitFor();
      await atRest(page);
      expect([await line.count(), await words.count()]).toEqual(isFirst ? [0, 1] : [1, 0]);
      if (isFirst) await fitsEverywhere('trend-first');
    }
  });
});
