import { atRest, pressAtRest } from '../at-rest.ts';
import type { Step } from './step.ts';

/** A day at the clinic, in order: each step goes on from the one before. */
export const clinicSteps: readonly Step[] = [
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
      await pressAtRest(page, 'Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      await page.locator('.patient-side .text-button').last().click();
      await page.getByRole('dialog').locator('#family').waitFor();
    },
  },
  {
    name: 'visit',
    isDaily: true,
    go: async ({ page }) => {
      await pressAtRest(page, 'Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      await pressAtRest(page, 'F2');
      await page.locator('.queue-in-progress .row-link').click();
      await page.locator('.favourite').first().waitFor();
    },
  },
  {
    name: 'visit-typed',
    isDaily: true,
    go: async ({ page }) => {
      await atRest(page);
      await page.locator('#systolicMmHg').focus();
      for (const value of ['186', '112', '96', '38,4', '93', '24', '82,5', '', '11,2', '8']) {
        await page.keyboard.type(value, { delay: 40 });
        await page.keyboard.press('Enter');
      }
      await page.keyboard.type('Bosh ogʻrigʻi, koʻngil aynishi', { delay: 40 });
      await page.locator('.favourite').first().click();
      await page.locator('.drafted').waitFor();
    },
  },
  {
    name: 'visit-saved',
    isDaily: true,
    go: async ({ page }) => {
      await pressAtRest(page, 'Control+Enter');
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
      await pressAtRest(page, 'Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      await pressAtRest(page, 'F4');
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
      await pressAtRest(page, 'Control+Enter');
      await page.locator('.alike-question').waitFor();
    },
  },
  {
    name: 'register-errors',
    go: async ({ page }) => {
      await page.locator('#family').fill('');
      await page.locator('#birth').fill('31.02.1985');
      await page.locator('#phone').fill('12');
      await pressAtRest(page, 'Control+Enter');
      await page.locator('.error-summary').waitFor();
    },
  },
  {
    name: 'day',
    isDaily: true,
    go: async ({ page }) => {
      await pressAtRest(page, 'F8');
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
      await pressAtRest(page, 'ArrowDown');
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
      await page.getByRole('dialog').waitFor();
      await atRest(page);
      await page.locator('#access-ground-break-glass').focus();
      await page.keyboard.press('Space');
      await page.getByRole('dialog').locator('button[type=submit]').click();
      await page.locator('#access-pinfl-error').waitFor();
    },
  },
  {
    name: 'patient-from-elsewhere',
    go: async ({ page }) => {
      await pressAtRest(page, 'Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      await page.locator('.request-detail .card-head button').click();
      await page.locator('.patient > .notice').waitFor();
    },
  },
  {
    name: 'send-elsewhere',
    go: async ({ page }) => {
      await page.locator('.banner-actions button:not(.print-button)').first().click();
      await page.locator('#facility').click();
      await page.locator('.choices .choice').first().waitFor();
    },
  },
  {
    name: 'keys',
    go: async ({ page }) => {
      await pressAtRest(page, 'Escape');
      await page.locator('.choices').waitFor({ state: 'hidden' });
      await pressAtRest(page, 'Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      await pressAtRest(page, 'F1');
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'offline',
    isDaily: true,
    go: async ({ page, workstation, host }) => {
      await pressAtRest(page, 'Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      workstation.setSync({ link: 'offline', lastContactAt: Date.now() - 26 * 3_600_000 });
      workstation.setState({ clockErrorMs: -3 * 24 * 3_600_000 });
      await pressAtRest(page, 'F2');
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
];
