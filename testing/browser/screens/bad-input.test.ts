import { readFileSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ErrorCode, errorMeanings } from '#contracts/errors.ts';
import { languages } from '#contracts/languages.ts';
import { readCatalogue } from '#renderer/locales/read-catalogue.ts';
import { atRest, pressAtRest, soon } from '../at-rest.ts';
import { launchBrowser } from '../browser.ts';
import { draftCount } from '../kept-drafts.ts';
import { openScreens, type Screens } from './open-screens.ts';

// What goes wrong is made for real beside store, access, sync and center; here every case has its sentence on the screen, in
// every language, and what was typed stays.

let browser: Browser;
let screens: Screens;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser.close();
});
afterEach(async () => {
  await screens.close();
});

const catalogues = new URL('../../../renderer/locales/', import.meta.url);
const note = 'SpO2 95 36,6';

describe.each(languages)('in %s', (language) => {
  const words = readCatalogue(readFileSync(new URL(`${language}.po`, catalogues), 'utf8'));
  const sentence = (code: ErrorCode): string => words.get(`error.${code}`) ?? `no words for ${code}`;
  const seen = async (code: ErrorCode, within: string) =>
    await screens.page
      .locator(within)
      .filter({ hasText: sentence(code) })
      .first()
      .waitFor();

  beforeEach(async () => {
    screens = await openScreens(browser, { language, theme: 'light' });
  });

  const typeNote = async () => {
    await screens.signIn();
    await screens.page.locator('.queue-in-progress .row-link').click();
    await screens.page.locator('#note').fill(note);
  };
  const save = async () => await pressAtRest(screens.page, 'Control+Enter');
  const typed = async (field: string) => await screens.page.locator(`#${field}`).inputValue();
  const expectSaves = async () => {
    await save();
    await screens.page.locator('.save-bar-saved').waitFor();
    await screens.page.locator('.recorded-list').filter({ hasText: note }).waitFor();
  };

  it('a wrong passphrase', async () => {
    const { page } = screens;
    await page.locator('.person-choice').first().click();
    await page.locator('#passphrase').fill('wrong');
    await page.keyboard.press('Enter');
    await seen('access.wrong-passphrase', '.field-error');
    await expect.poll(() => page.evaluate(() => document.activeElement?.id), soon).toBe('passphrase');
  });

  it('a damaged database file', async () => {
    screens.workstation.setState({ phase: 'failed', failure: { code: 'store.damaged' } });
    await seen('store.damaged', '.notice-danger');
  });

  it('a full disk: not saved, still typed, and saved once there is room', async () => {
    await typeNote();
    screens.workstation.failNext('visits.record', { code: 'store.disk-full' });
    await save();
    await seen('store.disk-full', '.notice-danger');
    await screens.page.getByText(words.get('save.not-saved') ?? 'no words').waitFor();
    await atRest(screens.page);
    expect(await screens.page.locator('.save-bar-saved').count()).toBe(0);
    expect(await typed('note')).toBe(note);
    await expectSaves();
  });

  it.each(['sync.device-cloned', 'sync.protocol-mismatch', 'sync.unknown-message'] as const)(
    'a center that refuses (%s): work goes on',
    async (refusal) => {
      await typeNote();
      screens.workstation.setSync({ link: 'refused', refusal });
      await seen(refusal, '.sync-refusal');
      await expectSaves();
    },
  );

  it.each(['enrolment.code-stale'] as const)(
    'an enrolment that the center refuses (%s): what was entered stays',
    async (code) => {
      const { page, workstation } = screens;
      workstation.setState({ phase: 'unenrolled' });
      const entered = {
        center: 'ws://127.0.0.1:4711',
        code: 'ABCDE-12345',
        label: '1',
        family: 'Karimova',
        given: 'Nargiza',
        'new-passphrase': 'toʻrt yashil daraxt 44',
        'repeated-passphrase': 'toʻrt yashil daraxt 44',
      };
      for (const [field, value] of Object.entries(entered)) await page.locator(`#${field}`).fill(value);
      workstation.failNext('workstation.enrol', { code });
      await page.locator('button[type=submit]').click();
      await seen(code, '.notice-danger');
      for (const [field, value] of Object.entries(entered)) expect(await typed(field)).toBe(value);
    },
  );

  it('a message of another build: the page says so, and what was typed is there after a reload', async () => {
    const { page, host } = screens;
    await typeNote();
    // DRA-4: on disk about a second later.
    await expect.poll(() => draftCount(page), soon).toBe(1);
    host.say({ type: 'dance' });
    await seen('bridge.unknown-message', '.blocked-words');
    await page.reload();
    await page.locator('.draft .button').first().click();
    await expect.poll(() => typed('note'), soon).toBe(note);
  });

  it('a record that does not fit: fields are marked, nothing is cleared', async () => {
    const { page, workstation } = screens;
    await screens.signIn();
    await pressAtRest(page, 'F4');
    await page.locator('#family').fill('Qwpt');
    await page.locator('#given').fill('Bnmk');
    await page.locator('#birth').fill('12.3.85');
    await page.locator('label.segment:has(#sex-female)').click();
    workstation.failNext('patients.register', {
      code: 'record.invalid',
      detail: { paths: ['birth.date'], issues: ['birth.future'] },
    });
    await save();
    await seen('record.invalid', '.notice-danger');
    await page
      .locator('.error-summary')
      .filter({ hasText: words.get('issue.birth.future') ?? 'no words' })
      .waitFor();
    await page.locator('#birth[aria-invalid=true]').waitFor();
    expect(await typed('family')).toBe('Qwpt');
    await save();
    await page.locator('.patient').waitFor();
  });

  it('a record that the center could not use is in the list of the unsent, with the reason', async () => {
    await screens.signIn();
    screens.workstation.refuseOldest();
    await screens.page.locator('.places button').nth(3).click();
    await seen('sync.record-refused', '.unsent-row');
  });
});

it('the sentences are those of the contract, each its own', () => {
  for (const language of languages) {
    const words = readCatalogue(readFileSync(new URL(`${language}.po`, catalogues), 'utf8'));
    const sentences = Object.keys(errorMeanings).map((code) => words.get(`error.${code}`));
    expect(new Set(sentences).size).toBe(sentences.length);
  }
});
