import type { Page } from 'playwright-core';
import { beforeEach, describe, expect, it } from 'vitest';
import { appError } from '#contracts/errors.ts';
import { scriptedPin } from '#testing/doubles/scripted-access.ts';
import { atRest, soon } from './at-rest.ts';
import { freshScreens } from './fresh-screens.ts';
import type { Screens } from './screens/open-screens.ts';

let screens: Screens;
let page: Page;
const { person, asked, valuesOfFields } = freshScreens((began) => {
  ({ screens, page } = began);
});

describe('the people who open together', () => {
  const card = () => page.locator('section', { has: page.locator('.holder-list') });
  const badge = () => card().locator('.badge').textContent();
  beforeEach(async () => {
    await screens.signIn(3);
    await page.locator('.places button').nth(6).click();
    await page.locator('.access-nav').getByRole('button', { name: 'Recovery' }).click();
    await page.locator('.holder-list').waitFor();
  });

  it('are counted as saved, not as ticked; saved is said after saving', async () => {
    await expect.poll(badge, soon).toBe('3');
    await card().getByLabel(person(1).name).uncheck();
    await atRest(page);
    expect(await badge()).toBe('3');
    expect(await card().getByText('Saved on this computer').count()).toBe(0);
    await card().getByRole('button', { name: 'Save' }).click();
    await card().getByText('Saved on this computer').waitFor();
    await expect.poll(badge, soon).toBe('2');
    await card().getByLabel(person(1).name).check();
    await card().getByText('Saved on this computer').waitFor({ state: 'detached' });
  });

  it('are not called saved when the disk was full', async () => {
    await card().getByLabel(person(1).name).uncheck();
    screens.workstation.failNext('recovery.set-holders', appError('store.disk-full'));
    await card().getByRole('button', { name: 'Save' }).click();
    await card().getByText('disk is full').waitFor();
    await atRest(page);
    expect(await card().getByText('Saved on this computer').count()).toBe(0);
    expect(await badge()).toBe('3');
    expect(await card().getByLabel(person(1).name).isChecked()).toBe(false);
  });
});

describe('key settings', () => {
  const key = () => screens.workstation.access.key;
  const openSettings = async () => {
    await screens.signIn(3);
    await page.locator('.places button').nth(6).click();
    await page.locator('.access-nav').getByRole('button', { name: 'Key settings' }).click();
  };
  const learn = async () => {
    await openSettings();
    await page.locator('#key-pin').fill(scriptedPin);
    await page.keyboard.press('Enter');
    await page.locator('#finger-name').fill('Left thumb');
    await page.keyboard.press('Enter');
    await page.locator('.finger-progress').waitFor();
    // The screen says so before the key was asked.
    await expect.poll(() => key().operation()?.kind, soon).toBe('enrol-finger');
  };

  it('counts good touches only, says what was wrong with a bad one, and lists the new finger', async () => {
    await learn();
    for (const good of [1, 2]) {
      key().touch();
      await page.getByText(`${good} of 5`).waitFor();
    }
    key().touch('too-fast');
    await page.locator('.finger-progress .field-warning').waitFor();
    await page.getByText('2 of 5').waitFor();
    key().touch();
    await page.getByText('3 of 5').waitFor();
    await page.locator('.finger-progress .field-warning').waitFor({ state: 'detached' });
    key().touch();
    key().touch();
    await page.locator('.fingers .plain-row', { hasText: 'Left thumb' }).waitFor();
    const count = page.locator('section', { has: page.locator('.fingers') }).locator('.badge');
    await expect.poll(() => count.textContent(), soon).toBe('2');
  });

  it('says that the key was pulled out in the middle, and learns nothing', async () => {
    await learn();
    key().touch();
    await page.getByText('1 of 5').waitFor();
    key().pullOut();
    await page.getByText('What was not finished does not count').waitFor();
    await page.getByText('Insert your key').waitFor();
    // The next one that is plugged in may be another: it is not tried with this one's PIN.
    const asking = asked('keys.describe');
    key().plugIn();
    await page.locator('#key-pin').waitFor();
    expect(asked('keys.describe')).toBe(asking + 1);
    expect(await page.locator('#key-pin').inputValue()).toBe('');
    await page.locator('#key-pin').fill(scriptedPin);
    await page.keyboard.press('Enter');
    await page.locator('.fingers .plain-row').first().waitFor();
    expect(await page.locator('.fingers .plain-row', { hasText: 'Left thumb' }).count()).toBe(0);
  });

  it('warns before the last wrong PINs, and says what a blocked key needs', async () => {
    screens.workstation.access.setKey({ pinAttemptsLeft: 2 });
    await openSettings();
    await page.getByText('PIN attempts left: 2. After that').waitFor();
    await page.getByText('After a reset it opens nothing').waitFor();
    screens.workstation.access.setKey({ pinAttemptsLeft: 0 });
    await page.getByRole('button', { name: 'Look at the key' }).click();
    // The warning before it has these words, too.
    await page.locator('.key-facts .notice-danger', { hasText: 'blocked for good' }).waitFor();
    await page.locator('.key-facts .notice-warning').waitFor({ state: 'detached' });
    expect(await page.locator('#key-pin, #pin-present, #pin-next').count()).toBe(0);
  });

  it('never keeps a PIN in a field after it was sent', async () => {
    await openSettings();
    await page.locator('#pin-present').fill('0000');
    await page.locator('#pin-next').fill('246802');
    await page.locator('#pin-repeated').fill('246802');
    await page.locator('.pin-change button[type=submit]').click();
    await page.locator('.pin-change .notice-danger').waitFor();
    await expect.poll(valuesOfFields, soon).not.toMatch(/0000|246802/);
  });
});

describe('the sheet of a paper key', () => {
  it('is all that is printed of its page', async () => {
    await screens.signIn(3);
    await page.locator('.places button').nth(6).click();
    await page.locator('.access-nav').getByRole('button', { name: 'Recovery' }).click();
    await page.getByRole('button', { name: 'Make a new paper key' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Make a new paper key' }).click();
    await page.locator('.paper-sheet-group').first().waitFor();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.emulateMedia({ media: 'print' });
    await atRest(page);
    const shown = await page.evaluate(() =>
      [...document.querySelectorAll('body *')]
        .filter(
          (each) => each.closest('.paper-sheet') === null && each.closest('title, script, style') === null,
        )
        .filter(
          (each) =>
            each.checkVisibility({ visibilityProperty: true }) &&
            [...each.childNodes].some(
              (node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim() !== '',
            ),
        )
        .map((each) => each.textContent),
    );
    expect(shown).toEqual([]);
    expect(await page.locator('.paper-sheet-group').last().isVisible()).toBe(true);
  });
});
