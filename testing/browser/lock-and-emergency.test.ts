import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { appError } from '#contracts/errors.ts';
import { scriptedPaperKey, scriptedPassphrase } from '#testing/doubles/scripted-access.ts';
import { atRest, pressAtRest, soon } from './at-rest.ts';
import { freshScreens } from './fresh-screens.ts';
import type { Screens } from './screens/open-screens.ts';

let screens: Screens;
let page: Page;
const { person, asked, focused } = freshScreens((began) => {
  ({ screens, page } = began);
});

describe('the lock', () => {
  it('has the focus where typing goes on, at each step of a key', async () => {
    await page.getByRole('button', { name: person(3).name }).click();
    await page.getByText('Put your finger on the key').waitFor();
    await expect.poll(() => screens.workstation.access.key.operation(), soon).not.toBeNull();
    screens.workstation.access.key.touch(appError('access.pin-needed'));
    await expect.poll(focused, soon).toBe('key-pin');
    await page.keyboard.type('0000', { delay: 40 });
    await page.keyboard.press('Enter');
    await page.getByText('7 attempts left').waitFor();
    await expect.poll(focused, soon).toBe('key-pin');
    // It has the focus anew: nothing takes it back from what is gone to now.
    await atRest(page);
    await page.getByRole('button', { name: 'By passphrase' }).focus();
    await page.keyboard.press('Enter');
    await expect.poll(focused, soon).toBe('passphrase');
    await page.keyboard.type('no', { delay: 40 });
    await page.keyboard.press('Enter');
    await page.locator('#passphrase-error').waitFor();
    await expect.poll(focused, soon).toBe('passphrase');
  });

  it('says how long to wait after too many attempts, and lets nobody in', async () => {
    await page.getByRole('button', { name: person(0).name }).click();
    screens.workstation.failNext('session.unlock', appError('access.too-many-attempts', { seconds: 128 }));
    await page.locator('#passphrase').fill(scriptedPassphrase);
    await page.keyboard.press('Enter');
    await page.getByText('Wait 128 seconds').waitFor();
    expect(await page.locator('.home').count()).toBe(0);
  });

  it('tells who has no key which ways there are here, and who opens together', async () => {
    await page.locator('.person-choice').first().waitFor();
    await pressAtRest(page, 'F1');
    const names = [1, 2, 3].map((at) => person(at).name).join(', ');
    await page.getByRole('dialog').getByText(names).waitFor();
    expect(await page.getByRole('dialog').textContent()).not.toContain(person(0).name);
    await pressAtRest(page, 'Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    screens.workstation.access.setDoor({ hasPaperKey: false, holders: [] });
    await pressAtRest(page, 'F1');
    await page.locator('.help-way-absent').nth(1).waitFor();
    await page.getByRole('button', { name: 'Emergency opening' }).waitFor({ state: 'detached' });
  });
});

describe('an emergency opening by the paper key', () => {
  const slip = (...numbers: readonly number[]) =>
    scriptedPaperKey
      .split('-')
      .map((group, at) => (numbers.includes(at + 1) ? `${group.slice(0, 4)}Z` : group));
  const open = async () => {
    await page.getByRole('button', { name: 'Emergency opening' }).click();
    await page.locator('#emergency-opening-reason').fill('Nobody can come');
    await page.locator('#emergency-name').fill('Olimov');
  };
  const send = () => page.getByRole('button', { name: 'Open the records' }).click();

  it('with nothing typed marks everything, goes to the first and sends nothing', async () => {
    await page.getByRole('button', { name: 'Emergency opening' }).click();
    await send();
    await page.getByText('Write the reason').waitFor();
    await page.getByText('Write your name').waitFor();
    await page.getByText('Not complete: groups 1, 2, 3, 4, 5, 6, 7, 8').waitFor();
    await expect.poll(focused, soon).toBe('emergency-opening-reason');
    expect(asked('session.break-glass')).toBe(0);
    // What is sent later comes after what was sent before: it was nothing.
    await page.locator('#emergency-opening-reason').fill('Nobody can come');
    await page.locator('#emergency-name').fill('Olimov');
    await page.locator('#paper-group-1').fill(scriptedPaperKey);
    await send();
    await page.locator('.home').waitFor();
    expect(asked('session.break-glass')).toBe(1);
  });

  it('with another keyboard layout says which letters, and keeps what was typed before', async () => {
    await open();
    await page.locator('#paper-group-1').focus();
    await page.keyboard.type('ab2', { delay: 40 });
    await page.keyboard.type('фс', { delay: 40 });
    await page.getByRole('status').filter({ hasText: 'Switch the keyboard to Latin letters' }).waitFor();
    await atRest(page);
    expect(await page.locator('#paper-group-1').inputValue()).toBe('AB2');
    // A group that is gone to is selected whole: the first letter would take its place.
    await page.locator('#paper-group-1').selectText();
    await page.keyboard.type('ы');
    await atRest(page);
    expect(await page.locator('#paper-group-1').inputValue()).toBe('AB2');
    await page.locator('#paper-group-1').press('End');
    await page.keyboard.type('c', { delay: 40 });
    await page.getByText('Switch the keyboard to Latin letters').waitFor({ state: 'detached' });
    expect(await page.locator('#paper-group-1').inputValue()).toBe('AB2C');
  });

  it('goes to the group that is wrong, then to the next wrong one, and opens', async () => {
    await open();
    await page.locator('#paper-group-1').focus();
    await page.keyboard.type(slip(3, 6).join(''), { delay: 40 });
    await expect.poll(focused, soon).toBe('paper-group-8');
    await send();
    await page.getByText('Not right in groups: 3, 6').waitFor();
    await expect.poll(focused, soon).toBe('paper-group-3');
    await page.keyboard.type('6E7F8', { delay: 40 });
    await expect.poll(() => page.locator('#paper-group-3').inputValue(), soon).toBe('6E7F8');
    // The mark of the other one stays until it is mended.
    await expect.poll(focused, soon).toBe('paper-group-6');
    await page.getByText('Not right in groups: 6').waitFor();
    await page.keyboard.type('5M6N7', { delay: 40 });
    await page.locator('.paper-group [aria-invalid]').waitFor({ state: 'detached' });
    await atRest(page);
    expect(await focused()).toBe('paper-group-6');
    await page.keyboard.press('Enter');
    await page.locator('.home').waitFor();
  });

  it('that is right in each group and opens nothing is called another sheet', async () => {
    await open();
    await page.locator('#paper-group-1').fill(scriptedPaperKey);
    screens.workstation.failNext('session.break-glass', appError('access.paper-key-wrong'));
    await send();
    await page.getByText('there may be a newer one').waitFor();
    await atRest(page);
    expect(await page.locator('.paper-group [aria-invalid]').count()).toBe(0);
  });

  it.each([
    ['too many attempts', appError('access.too-many-attempts', { seconds: 64 }), 'Wait 64 seconds'],
    ['a full disk', appError('store.disk-full'), 'so the records stay closed'],
    ['damaged records', appError('store.damaged'), 'damaged'],
  ])('says what failed: %s; and keeps what was typed', async (_name, error, words) => {
    await open();
    await page.locator('#paper-group-1').fill(scriptedPaperKey);
    screens.workstation.failNext('session.break-glass', error);
    await send();
    await page.locator('.emergency-way .notice-danger', { hasText: words }).waitFor();
    expect(await page.locator('#emergency-opening-reason').inputValue()).toBe('Nobody can come');
    expect(await page.locator('#paper-group-8').inputValue()).toBe('R1S2T');
    await send();
    await page.locator('.home').waitFor();
  });
});

describe('an emergency opening by two', () => {
  const notChecked = (at: number) => `${person(at).name} not checked yet`;
  /** Words of each who was typed for, and whether anything of hers has the colour of what is right. */
  const marksOfHolders = () =>
    page.locator('.emergency-shown').evaluateAll((holders) => {
      const probe = document.createElement('span');
      probe.style.color = 'var(--good)';
      document.body.append(probe);
      const good = getComputedStyle(probe).color;
      probe.remove();
      return holders.map((holder) => {
        const parts = [holder, ...holder.querySelectorAll('*')].map((part) => getComputedStyle(part));
        const isGood = parts.some(({ color, borderTopColor }) => color === good || borderTopColor === good);
        return [holder.textContent, isGood];
      });
    });
  it('lets somebody who was chosen by mistake be another, and names whose proof failed', async () => {
    await page.getByRole('button', { name: 'Emergency opening' }).click();
    await page.locator('#emergency-method-two').check({ force: true });
    await page.locator('#emergency-opening-reason').fill('Nobody can come');
    await page.locator('.holder-choices').getByRole('button', { name: 'Olimov' }).click();
    await page.locator('.emergency-way').getByRole('button', { name: 'Somebody else' }).click();
    for (const at of [1, 2]) {
      await page
        .locator('.holder-choices')
        .getByRole('button', { name: person(at).name })
        .click();
      await page.locator('#passphrase').fill(scriptedPassphrase);
      await page.keyboard.press('Enter');
      await page
        .locator('.emergency-shown')
        .nth(at - 1)
        .waitFor();
    }
    await expect
      .poll(() => page.evaluate(() => document.activeElement?.textContent), soon)
      .toBe('Open the records');
    // Nothing was checked yet: what is only typed has no tick and does not look good.
    expect(await marksOfHolders()).toEqual([1, 2].map((at) => [notChecked(at), false]));
    screens.workstation.failNext(
      'session.break-glass',
      appError('access.wrong-passphrase', { holder: person(2).id }),
    );
    await page.getByRole('button', { name: 'Open the records' }).click();
    await page.locator('.notice-danger', { hasText: person(2).name }).waitFor();
    await expect.poll(marksOfHolders, soon).toEqual([[notChecked(1), false]]);
  });
});
