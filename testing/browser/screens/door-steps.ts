import { expect } from 'vitest';
import { scriptedPassphrase } from '#testing/doubles/scripted-access.ts';
import { atRest, pressAtRest, soon } from '../at-rest.ts';
import type { Step } from './step.ts';

/** The lock screen, enrolment and emergencies. */
export const doorSteps: readonly Step[] = [
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
      await expect.poll(() => workstation.access.key.operation()?.step, soon).toBe('touch-now');
      workstation.access.key.touch({ code: 'access.pin-needed', detail: {} });
      await page.locator('#key-pin').fill('0000');
      await page.keyboard.press('Enter');
      await page.locator('.key-proof .field-error', { hasText: '7' }).waitFor();
    },
  },
  {
    name: 'unlock-help',
    go: async ({ page }) => {
      await pressAtRest(page, 'F1');
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'emergency-paper',
    isDaily: true,
    go: async ({ page }) => {
      await pressAtRest(page, 'Escape');
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
      await atRest(page);
      await page.locator('#emergency-method-two').focus();
      await page.keyboard.press('Space');
      await page.locator('.holder-choices button').first().click();
      await page.locator('#passphrase').fill(scriptedPassphrase);
      await page.keyboard.press('Enter');
      await page.locator('.emergency-shown').waitFor();
    },
  },
];
