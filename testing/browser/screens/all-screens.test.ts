import type { Browser } from 'playwright-core';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { languages } from '#contracts/languages.ts';
import { PinflSchema } from '#contracts/records/patients.ts';
import { scriptedPassphrase, scriptedPin } from '#testing/doubles/scripted-access.ts';
import { launchBrowser } from '../browser.ts';
import { misfits, scrollsDown, seriousFindings, smallTargets } from './inspections.ts';
import { keepPicture, type Look, openScreens, type Screens } from './open-screens.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser.close();
});

const looks: readonly Look[] = [
  ...languages.map((language) => ({ language, theme: 'light' }) as const),
  { language: 'uz-Latn', theme: 'dark' },
  { language: 'ru', theme: 'dark' },
];

/** One screen as somebody comes to it; `isDaily` ones must not scroll at 1366 by 768. */
interface Step {
  readonly name: string;
  readonly isDaily?: boolean;
  readonly go: (screens: Screens) => Promise<void>;
}

const steps: readonly Step[] = [
  {
    name: 'enrolment',
    go: async ({ page, workstation }) => {
      workstation.setState({ phase: 'unenrolled' });
      await page.locator('.enrolment').waitFor();
    },
  },
  {
    name: 'enrolment-errors',
    go: async ({ page }) => {
      await page.locator('button[type=submit]').click();
      await page.locator('.error-summary').waitFor();
    },
  },
  {
    name: 'unlock-people',
    isDaily: true,
    go: async ({ page, workstation }) => {
      workstation.setState({ phase: 'locked' });
      await page.locator('.person-choice').first().waitFor();
    },
  },
  {
    name: 'unlock-wrong',
    isDaily: true,
    go: async ({ page }) => {
      await page.locator('.person-choice').first().click();
      await page.locator('#passphrase').fill('wrong');
      await page.keyboard.press('Enter');
      await page.locator('.field-error').waitFor();
    },
  },
  {
    name: 'unlock-failed',
    go: async ({ page, workstation }) => {
      workstation.setState({ phase: 'failed', failure: { code: 'store.damaged' } });
      await page.locator('.notice-danger').waitFor();
    },
  },
  {
    name: 'unlock-key',
    isDaily: true,
    go: async ({ page, workstation }) => {
      workstation.setState({ phase: 'locked', failure: { code: 'access.device-removed' } });
      await page.locator('.unlock-back').click();
      await page.locator('.person-choice').nth(3).click();
      await page.locator('.key-prompt-touch').waitFor();
    },
  },
  {
    name: 'unlock-insert-key',
    isDaily: true,
    go: async ({ page, workstation }) => {
      workstation.access.key.pullOut();
      await page.locator('.key-proof .field-error').waitFor();
      workstation.access.setDoor({
        devices: [{ id: '1', kind: 'key', name: 'Kalit', status: 'no-permission' }],
        roads: [{ road: 'usb', status: 'library-missing' }],
      });
      await page.locator('.key-proof .button-primary').click();
      await page.locator('.key-prompt-insert-key').waitFor();
    },
  },
  {
    name: 'unlock-pin',
    isDaily: true,
    go: async ({ page, workstation }) => {
      workstation.setState({ failure: null });
      workstation.access.setDoor({
        devices: [{ id: '1', kind: 'key', name: 'Kalit', status: 'ready' }],
        roads: [{ road: 'usb', status: 'ready' }],
      });
      workstation.access.key.plugIn();
      await page.locator('.key-prompt-touch').waitFor();
      workstation.access.key.touch({ code: 'access.pin-needed', detail: {} });
      await page.locator('#key-pin').fill('0000');
      await page.keyboard.press('Enter');
      await page.getByText('7', { exact: false }).first().waitFor();
    },
  },
  {
    name: 'unlock-help',
    go: async ({ page }) => {
      await page.keyboard.press('F1');
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'emergency-paper',
    isDaily: true,
    go: async ({ page }) => {
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      await page.locator('.unlock-foot .text-button-danger').click();
      await page.locator('#emergency-opening-reason').fill('Bemor ogʻir');
      await page.locator('#emergency-name').fill('Olimov');
      await page.locator('#paper-group-1').fill('0A1B2-3C4D5-6E7F8-9G0H1-2J3K4-5M6N7-8P9Q0-R1S2S');
      await page.locator('.emergency-way button[type=submit]').click();
      await page.locator('.paper-group [aria-invalid]').waitFor();
    },
  },
  {
    name: 'emergency-two',
    isDaily: true,
    go: async ({ page }) => {
      await page.locator('#emergency-method-two').focus();
      await page.keyboard.press('Space');
      await page.locator('.holder-choices button').first().click();
      await page.locator('#passphrase').fill(scriptedPassphrase);
      await page.keyboard.press('Enter');
      await page.locator('.emergency-shown').waitFor();
    },
  },
  { name: 'home', isDaily: true, go: async (screens) => await screens.signIn() },
  {
    name: 'home-search',
    isDaily: true,
    go: async ({ page }) => {
      await page.locator('#patient-search').fill('karimova');
      await page.locator('.found').first().waitFor();
    },
  },
  {
    name: 'home-nobody',
    isDaily: true,
    go: async ({ page }) => {
      await page.locator('#patient-search').fill('qwpt bnmk');
      await page.locator('.home-search .button-primary').waitFor();
    },
  },
  {
    name: 'patient',
    go: async ({ page }) => {
      await page.locator('#patient-search').fill('karimova dilnoza');
      await page.locator('.found').first().waitFor();
      await page.keyboard.press('Enter');
      await page.locator('.patient').waitFor();
    },
  },
  {
    name: 'patient-queue',
    go: async ({ page }) => {
      await page.locator('.banner-actions .button-primary').click();
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'patient-change',
    go: async ({ page }) => {
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      await page.locator('.patient-side .text-button').last().click();
      await page.getByRole('dialog').locator('#family').waitFor();
    },
  },
  {
    name: 'visit',
    isDaily: true,
    go: async ({ page }) => {
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      await page.keyboard.press('F2');
      await page.locator('.queue-in-progress .row-link').click();
      await page.locator('.favourite').first().waitFor();
    },
  },
  {
    name: 'visit-typed',
    isDaily: true,
    go: async ({ page }) => {
      await page.locator('#systolicMmHg').focus();
      for (const value of ['186', '112', '96', '38,4', '93', '24', '82,5', '', '11,2', '8']) {
        await page.keyboard.type(value);
        await page.keyboard.press('Enter');
      }
      await page.keyboard.type('Bosh ogʻrigʻi, koʻngil aynishi');
      await page.locator('.favourite').first().click();
      await page.locator('.drafted').waitFor();
    },
  },
  {
    name: 'visit-saved',
    isDaily: true,
    go: async ({ page }) => {
      await page.keyboard.press('Control+Enter');
      await page.locator('.save-bar-saved').waitFor();
    },
  },
  {
    name: 'visit-error',
    go: async ({ page }) => {
      await page.locator('.recorded-actions button').nth(1).click();
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'register',
    isDaily: true,
    go: async ({ page }) => {
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      await page.keyboard.press('F4');
      await page.locator('#pinfl').fill('412038504200');
    },
  },
  {
    name: 'register-alike',
    go: async ({ page }) => {
      await page.locator('#pinfl').fill('');
      await page.locator('#family').fill('Karimova');
      await page.locator('#given').fill('Dilnoza');
      await page.locator('#birth').fill('12.3.85');
      await page.locator('label.segment:has(#sex-female)').click();
      await page.keyboard.press('Control+Enter');
      await page.locator('.alike-question').waitFor();
    },
  },
  {
    name: 'register-errors',
    go: async ({ page }) => {
      await page.locator('#family').fill('');
      await page.locator('#birth').fill('31.02.1985');
      await page.locator('#phone').fill('12');
      await page.keyboard.press('Control+Enter');
      await page.locator('.error-summary').waitFor();
    },
  },
  {
    name: 'day',
    isDaily: true,
    go: async ({ page }) => {
      await page.keyboard.press('F8');
      await page.locator('.diagnosis-bar-name').first().waitFor();
    },
  },
  {
    name: 'unsent',
    go: async ({ page }) => {
      await page.locator('.places button').nth(3).click();
      await page.locator('.unsent-row').first().waitFor();
    },
  },
  {
    name: 'unsent-none',
    go: async ({ page, workstation }) => {
      workstation.receiveAll();
      await page.locator('.unsent-card .empty').waitFor();
    },
  },
  {
    name: 'reviews-conflict',
    isDaily: true,
    go: async ({ page }) => {
      await page.locator('.places button').nth(4).click();
      await page.locator('.difference').waitFor();
    },
  },
  {
    name: 'reviews-duplicate',
    isDaily: true,
    go: async ({ page }) => {
      await page.keyboard.press('ArrowDown');
      await page.locator('.pair-side .row-title').nth(1).waitFor();
    },
  },
  {
    name: 'requests',
    isDaily: true,
    go: async ({ page }) => {
      await page.locator('.places button').nth(5).click();
      await page.locator('.request-detail .request-events').waitFor();
    },
  },
  {
    name: 'ask-access',
    go: async ({ page }) => {
      await page.locator('.screen-head-actions button').click();
      await page.locator('#access-ground-break-glass').focus();
      await page.keyboard.press('Space');
      await page.getByRole('dialog').locator('button[type=submit]').click();
      await page.locator('#access-pinfl-error').waitFor();
    },
  },
  {
    name: 'patient-from-elsewhere',
    go: async ({ page }) => {
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      await page.locator('.request-detail .card-head button').click();
      await page.locator('.patient > .notice').waitFor();
    },
  },
  {
    name: 'send-elsewhere',
    go: async ({ page }) => {
      await page.locator('.banner button').first().click();
      await page.locator('#facility').click();
      await page.locator('.choices .choice').first().waitFor();
    },
  },
  {
    name: 'keys',
    go: async ({ page }) => {
      await page.keyboard.press('Escape');
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      await page.keyboard.press('F1');
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'offline',
    isDaily: true,
    go: async ({ page, workstation, host }) => {
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      workstation.setSync({ link: 'offline', lastContactAt: Date.now() - 26 * 3_600_000 });
      workstation.setState({ clockErrorMs: -3 * 24 * 3_600_000 });
      await page.keyboard.press('F2');
      await page.locator('.content > .bar-notice').waitFor();
      host.cut();
      await page.locator('.app > .bar-notice').waitFor();
    },
  },
  {
    name: 'refused',
    go: async ({ page, workstation, host }) => {
      host.resume();
      await page.locator('.app > .bar-notice').waitFor({ state: 'detached' });
      workstation.setState({ clockErrorMs: null });
      workstation.setSync({ link: 'refused', refusal: 'sync.protocol-mismatch' });
      await page.locator('.sync-refusal').waitFor();
    },
  },
  {
    name: 'must-connect',
    isDaily: true,
    go: async ({ page, workstation }) => {
      workstation.setSync({
        link: 'offline',
        refusal: null,
        lastContactAt: Date.now() - 95 * 24 * 3_600_000,
      });
      workstation.setState({ mustConnect: true });
      await page.locator('#emergency-reason').waitFor();
    },
  },
  {
    name: 'scan-found',
    go: async ({ page, workstation }) => {
      workstation.setState({ mustConnect: false });
      workstation.setSync({ link: 'online', refusal: null });
      await page.locator('.queue-row').first().waitFor();
      const [pinfl] = workstation.pinfls();
      workstation.scan({ kind: 'patient', pinfl: v.parse(PinflSchema, pinfl) });
      await page.locator('.scan-name').waitFor();
    },
  },
  {
    name: 'scan-unknown',
    isDaily: true,
    go: async ({ page, workstation }) => {
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      workstation.scan({ kind: 'unknown', text: 'X' });
      await page.locator('.scan-told p').waitFor();
    },
  },
  {
    name: 'own-keys',
    isDaily: true,
    go: async ({ page }) => {
      await page.locator('.places button').nth(6).click();
      await page.locator('.person-detail').waitFor();
    },
  },
  {
    name: 'switch',
    isDaily: true,
    go: async ({ page }) => {
      await page.keyboard.press('F7');
      await page.locator('.unlock .person-choice').first().waitFor();
      expect(await page.locator('.sidebar').isVisible()).toBe(false);
    },
  },
  {
    name: 'break-glass-session',
    isDaily: true,
    go: async ({ page, workstation }) => {
      workstation.lock();
      await page.locator('.unlock-foot').waitFor();
      const [somebody] = workstation.people;
      if (somebody === undefined) throw new Error('nobody works here');
      workstation.unlock(somebody.id, 'two');
      await page.locator('.content > .bar-notice-danger').waitFor();
    },
  },
  {
    name: 'people',
    isDaily: true,
    go: async (screens) => {
      screens.workstation.lock();
      await screens.page.locator('.unlock-foot').waitFor();
      await screens.signIn(3);
      await screens.page.locator('.places button').nth(6).click();
      await screens.page.locator('.person-detail').waitFor();
    },
  },
  {
    name: 'enrol-key-owner',
    go: async ({ page }) => {
      await page.locator('.staff-row').first().click();
      await page.locator('.person-actions .button-primary').click();
      await page.getByRole('dialog').locator('#passphrase').waitFor();
    },
  },
  {
    name: 'enrol-key',
    go: async ({ page, workstation }) => {
      await page.getByRole('dialog').locator('#passphrase').fill(scriptedPassphrase);
      await page.keyboard.press('Enter');
      await page.locator('#key-label').fill('Qora kalit № 2');
      await page.locator('.dialog-foot .button-primary').click();
      await page.locator('.key-prompt-touch').waitFor();
      workstation.access.key.touch();
      await expect.poll(() => workstation.access.key.operation()?.step).toBe('touch-again');
    },
  },
  {
    name: 'enrol-key-done',
    go: async ({ page, workstation }) => {
      workstation.access.key.touch();
      await page.locator('.dialog .notice-good').waitFor();
    },
  },
  {
    name: 'remove-key',
    go: async ({ page }) => {
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      await page.locator('.way-row button').last().click();
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'bind-card',
    go: async ({ page, workstation }) => {
      await page.getByRole('dialog').locator('.button-danger').click();
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      await page.locator('.person-actions .button').nth(2).click();
      await page.getByRole('dialog').locator('.key-prompt').waitFor();
      workstation.access.holdCard(workstation.people[1]?.id ?? null);
      await page.locator('.dialog .notice-warning').waitFor();
    },
  },
  {
    name: 'remove-person',
    go: async ({ page }) => {
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      await page.locator('.person-actions .button').last().click();
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'staff',
    isDaily: true,
    go: async ({ page }) => {
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      await page.locator('.screen-head-actions .button-primary').click();
      await page.locator('.staff-form').waitFor();
    },
  },
  {
    name: 'key-settings',
    isDaily: true,
    go: async ({ page, workstation }) => {
      workstation.access.setDoor({ rotation: null });
      await page.locator('.access-place').nth(1).click();
      await page.locator('#key-pin').fill(scriptedPin);
      await page.keyboard.press('Enter');
      await page.locator('.finger-form').waitFor();
    },
  },
  {
    name: 'key-settings-finger',
    isDaily: true,
    go: async ({ page, workstation }) => {
      await page.locator('#finger-name').fill('Chap bosh barmoq');
      await page.keyboard.press('Enter');
      await page.locator('.finger-progress').waitFor();
      workstation.access.key.touch();
      workstation.access.key.touch('off-centre');
      await page.locator('.finger-progress .field-warning').waitFor();
    },
  },
  {
    name: 'recovery',
    isDaily: true,
    go: async ({ page, workstation }) => {
      workstation.access.key.cancel();
      await page.locator('.access-place').nth(2).click();
      await page.locator('.holder-list').waitFor();
    },
  },
  {
    name: 'paper-sheet',
    isDaily: true,
    go: async ({ page }) => {
      await page.locator('.recovery-body .button-primary').first().click();
      await page.getByRole('dialog').locator('.button-danger').click();
      await page.locator('.paper-sheet-group').first().waitFor();
    },
  },
  {
    name: 'paper-check',
    isDaily: true,
    go: async ({ page }) => {
      await page.locator('.paper-actions .button-primary').click();
      await page.locator('.paper-check button[type=submit]').click();
      await page.locator('.field-error').first().waitFor();
    },
  },
  {
    name: 'audit-recent',
    go: async ({ page }) => {
      await page.locator('.places button').nth(6).click();
      await page.locator('.access-place').nth(3).click();
      await page.locator('.audit-table').waitFor();
    },
  },
  {
    name: 'audit-of-patient',
    go: async ({ page }) => {
      await page.keyboard.press('F2');
      await page.locator('.queue-in-progress .row-link').waitFor();
      await page.locator('#patient-search').fill('karimova dilnoza');
      await page.locator('.found').first().waitFor();
      await page.keyboard.press('Enter');
      await page.locator('.banner-actions .button').first().click();
      await page.locator('.audit-table').waitFor();
      await page.locator('#audit-emergency').check();
    },
  },
];

describe.each(looks)('$language $theme', (look) => {
  let screens: Screens;
  beforeAll(async () => {
    screens = await openScreens(browser, look);
  });
  afterAll(async () => {
    await screens.close();
  });

  it.each(steps)('$name', async ({ name, isDaily, go }) => {
    await go(screens);
    const { page } = screens;
    await page.mouse.move(700, 4);
    await page.waitForTimeout(150);
    await keepPicture(page, name, look);
    expect(await misfits(page)).toEqual([]);
    expect(await smallTargets(page)).toEqual([]);
    expect(await seriousFindings(page)).toEqual([]);
    if (isDaily) expect(await scrollsDown(page)).toBeLessThanOrEqual(0);
    expect(screens.complaints).toEqual([]);
  });
});
