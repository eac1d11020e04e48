import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { scriptedBadge, scriptedPassphrase } from '#testing/doubles/scripted-access.ts';
import { atRest, soon } from './at-rest.ts';
import { freshScreens } from './fresh-screens.ts';
import type { Screens } from './screens/open-screens.ts';
import { typeFast } from './typing-reader.ts';

let screens: Screens;
let page: Page;
const { person, asked, valuesOfFields } = freshScreens((began) => {
  ({ screens, page } = began);
});

describe('a badge on a reader that types', () => {
  it('picks its owner on the lock as a card does, and presses nothing', async () => {
    await page.locator('.person-choice').first().waitFor();
    await typeFast(page, `${scriptedBadge}1`);
    await page.getByRole('heading', { name: person(1).name }).waitFor();
    expect(await page.locator('#passphrase').inputValue()).toBe('');
    expect(asked('session.unlock')).toBe(0);
  });

  it('of somebody else takes over from a half-typed passphrase, and its number stands in no field', async () => {
    await page.getByRole('button', { name: person(0).name }).click();
    await page.locator('#passphrase').fill('uch qiz');
    await typeFast(page, `${scriptedBadge}2`);
    await page.getByRole('heading', { name: person(2).name }).waitFor();
    expect(await page.locator('#passphrase').inputValue()).toBe('');
    expect(asked('session.unlock')).toBe(0);
  });

  it('of nobody says so, picks nobody, and leaves a half-typed passphrase as it was', async () => {
    await page.getByRole('button', { name: person(2).name }).click();
    await page.locator('#passphrase').fill('uch qiz');
    await typeFast(page, '77777777');
    await page.getByText('belongs to nobody here').waitFor();
    await page.getByRole('heading', { name: person(2).name }).waitFor();
    expect(await page.locator('#passphrase').inputValue()).toBe('uch qiz');
    expect(asked('session.unlock')).toBe(0);
    // Somebody who types on opens as always.
    await page.locator('#passphrase').fill(scriptedPassphrase);
    await page.keyboard.press('Enter');
    await page.locator('.home').waitFor();
  });

  it('without an Enter counts after a moment of silence', async () => {
    await page.locator('.person-choice').first().waitFor();
    await typeFast(page, `${scriptedBadge}1`, 'silence');
    await page.getByRole('heading', { name: person(1).name }).waitFor();
  });

  it('is told from a passphrase that a program types', async () => {
    await page.getByRole('button', { name: person(0).name }).click();
    await page.locator('#passphrase').focus();
    await typeFast(page, 'qalampirmunchoq', 'silence');
    await expect.poll(() => page.locator('#passphrase').inputValue(), soon).toBe('qalampirmunchoq');
    expect(asked('access.card-typed')).toBe(0);
  });

  it('gets into no field of an emergency opening, and sends nothing', async () => {
    await page.getByRole('button', { name: 'Emergency opening' }).click();
    await page.locator('#emergency-opening-reason').fill('Keys');
    await typeFast(page, `${scriptedBadge}1`);
    // It went to the workstation as a card that nobody waits for; what it would have sent else went before.
    await expect.poll(() => asked('access.card-typed'), soon).toBe(1);
    await atRest(page);
    expect(await valuesOfFields()).not.toContain(scriptedBadge.slice(0, 3));
    expect(await page.locator('#emergency-opening-reason').inputValue()).toBe('Keys');
    expect(asked('session.break-glass')).toBe(0);
  });

  it('is told from a person who types a passphrase', async () => {
    await page.getByRole('button', { name: person(0).name }).click();
    await page.locator('#passphrase').focus();
    await page.keyboard.type('12345678', { delay: 50 });
    await expect.poll(() => page.locator('#passphrase').inputValue(), soon).toBe('12345678');
    expect(asked('access.card-typed')).toBe(0);
  });

  it('picks who takes over at F7, and shows nothing of the patient behind', async () => {
    await screens.signIn();
    await page.locator('.queue-in-progress .row-link').click();
    await page.locator('.banner-name').waitFor();
    await page.keyboard.press('F7');
    await page.getByText('Who goes on?').waitFor();
    await typeFast(page, `${scriptedBadge}1`);
    await page.getByRole('heading', { name: person(1).name }).waitFor();
    expect(await page.locator('.banner-name').isVisible()).toBe(false);
  });
});

describe('a badge that nobody has yet', () => {
  it('is bound to a member of staff from a reader that types', async () => {
    await screens.signIn(3);
    await page.locator('.places button').nth(6).click();
    await page.locator('.person-actions .button').nth(2).click();
    const dialog = page.getByRole('dialog');
    await dialog.locator('.key-prompt-touch').waitFor();
    await typeFast(page, '77777777');
    await dialog.locator('.key-prompt-waiting').waitFor();
    expect(asked('staff.bind-card')).toBe(0);
    await dialog.locator('.button-primary').click();
    await dialog.waitFor({ state: 'detached' });
    expect(asked('staff.bind-card')).toBe(1);
    expect(await page.locator('.scan-told p').count()).toBe(0);
  });
});

describe('a health card', () => {
  it('says that its number is not known here, and what to do', async () => {
    await screens.signIn();
    await page.locator('#patient-search').focus();
    await typeFast(page, '86012345678901');
    // Told for some seconds, in one line.
    await page.locator('.scan-told p', { hasText: /not kept in the records.*Search by name/ }).waitFor();
    expect(await page.locator('#patient-search').inputValue()).toBe('');
  });
});
