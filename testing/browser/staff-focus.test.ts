import type { Page } from 'playwright-core';
import { beforeEach, describe, expect, it } from 'vitest';
import { touchesOfNewKey } from '#contracts/bridge/access.ts';
import { atRest, pressAtRest, soon } from './at-rest.ts';
import { freshScreens } from './fresh-screens.ts';
import type { Screens } from './screens/open-screens.ts';

let screens: Screens;
let page: Page;
const { person, focused: focusedField } = freshScreens((began) => {
  ({ screens, page } = began);
});
beforeEach(async () => {
  await screens.signIn(3);
  await page.locator('.places button').nth(6).press('Enter');
  await page.locator('#person-name').waitFor();
});
const focused = () => page.evaluate(() => document.activeElement?.textContent ?? '');
/** By keyboard alone. */
const press = (name: string) => page.getByRole('button', { name }).last().press('Enter');
const closed = () => page.getByRole('dialog').waitFor({ state: 'detached' });
/** The focus comes there, and nothing that gives the focus back or takes it moves it on. */
const staysOn = async (words: string) => {
  await expect.poll(focused, soon).toBe(words);
  await atRest(page);
  expect(await focused()).toBe(words);
};

describe('the keyboard among the staff', () => {
  it('goes to the name when a card was bound, and again when it was taken away', async () => {
    const { name } = person(1);
    await page.locator('.staff-row', { hasText: name }).press('Enter');
    await press('Give a card');
    // A card that lay there before the dialog knew the reader is none; without one there is nothing to give.
    await page.getByRole('dialog').locator('.key-prompt-touch').waitFor();
    screens.workstation.access.holdCard(null);
    await page.getByRole('dialog').locator('.key-prompt-waiting').waitFor();
    await press('Give this card');
    await closed();
    await page.getByRole('button', { name: 'Take the card away' }).waitFor();
    await expect.poll(focused, soon).toBe(name);
    await page.keyboard.press('Tab');
    expect(await focused()).not.toBe('');
    await press('Take the card away');
    await page.getByRole('button', { name: 'Give a card' }).waitFor();
    await expect.poll(focused, soon).toBe(name);
  });

  it('stands on the way out when a key was made, then where the dialog was opened', async () => {
    await press('Add a key');
    await page.locator('#key-label').fill('Blue key');
    await press('Add the key');
    await page.locator('.key-prompt-touch').waitFor();
    const { key } = screens.workstation.access;
    for (let touch = 1; touch <= touchesOfNewKey; touch += 1) {
      await page.getByText(`Touch ${touch} of ${touchesOfNewKey}`).waitFor();
      key.touch();
    }
    await page.getByText('The key opens this workstation now').waitFor();
    await expect.poll(focused, soon).toBe('Close');
    await page.keyboard.press('Enter');
    await closed();
    await staysOn('Add a key');
  });

  it('stays on the button whose dialog was left', async () => {
    await press('Change my passphrase');
    await page.getByRole('dialog').waitFor();
    await pressAtRest(page, 'Escape');
    await closed();
    await staysOn('Change my passphrase');
  });

  it('comes back from adding somebody to the button that led there', async () => {
    await press('Add a member of staff');
    await expect.poll(focusedField, soon).toBe('family');
    await press('Back to the list');
    await page.locator('#person-name').waitFor();
    await expect.poll(focused, soon).toBe('Add a member of staff');
  });

  it('stands on the way back where every way in was lost', async () => {
    await page.locator('.staff-row', { hasText: person(1).name }).press('Enter');
    await press('Add a key');
    await press('The phrase is forgotten and there is no key');
    await expect.poll(focused, soon).toBe('Back');
  });
});
