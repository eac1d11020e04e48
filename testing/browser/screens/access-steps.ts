import * as v from 'valibot';
import { expect } from 'vitest';
import { touchesOfNewKey } from '#contracts/bridge/access.ts';
import { PinflSchema } from '#contracts/records/patients.ts';
import { scriptedPassphrase, scriptedPin } from '#testing/doubles/scripted-access.ts';
import { pressAtRest, soon } from '../at-rest.ts';
import type { Step } from './step.ts';

/** Scans, ways in, keys, recovery, and who saw what. */
export const accessSteps: readonly Step[] = [
  {
    name: 'scan-found',
    go: async ({ page, workstation }) => {
      const listening = () => workstation.asked.filter((name) => name === 'scans.latest').length;
      const before = listening();
      workstation.setState({ mustConnect: false });
      workstation.setSync({ link: 'online', refusal: null });
      await page.locator('.queue-row').first().waitFor();
      // What was scanned before the screen listens is history.
      await expect.poll(listening, soon).toBeGreaterThan(before);
      const [pinfl] = workstation.pinfls();
      workstation.scan({ kind: 'patient', pinfl: v.parse(PinflSchema, pinfl) });
      await page.locator('.scan-name').waitFor();
    },
  },
  {
    name: 'scan-unknown',
    isDaily: true,
    go: async ({ page, workstation }) => {
      await pressAtRest(page, 'Escape');
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
      await pressAtRest(page, 'F7');
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
      await expect.poll(() => workstation.access.key.operation()?.step, soon).toBe('touch-now');
      workstation.access.key.touch();
      await expect.poll(() => workstation.access.key.operation()?.step, soon).toBe('touch-again');
    },
  },
  {
    name: 'enrol-key-done',
    go: async ({ page, workstation }) => {
      for (let touch = 1; touch < touchesOfNewKey; touch += 1) workstation.access.key.touch();
      await page.locator('.dialog .notice-good').waitFor();
    },
  },
  {
    name: 'remove-key',
    go: async ({ page }) => {
      await pressAtRest(page, 'Escape');
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
      await pressAtRest(page, 'Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      await page.locator('.person-actions .button').last().click();
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'staff',
    isDaily: true,
    go: async ({ page }) => {
      await pressAtRest(page, 'Escape');
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
      await expect.poll(() => workstation.access.key.operation()?.kind, soon).toBe('enrol-finger');
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
      await pressAtRest(page, 'F2');
      await page.locator('.queue-in-progress .row-link').waitFor();
      await page.locator('#patient-search').fill('karimova dilnoza');
      await page.locator('.found').first().waitFor();
      await page.keyboard.press('Enter');
      await page.locator('.banner-actions .button').first().click();
      await page.locator('.audit-table').waitFor();
      await page.locator('#audit-emergency').check();
      await page
        .locator('.audit-table tbody tr:not(.audit-emergency)')
        .first()
        .waitFor({ state: 'detached' });
    },
  },
];
