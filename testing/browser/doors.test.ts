import { randomUUID } from 'node:crypto';
import type { Browser, Page } from 'playwright-core';
import * as v from 'valibot';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { SignatureView } from '#contracts/bridge/views.ts';
import { appError } from '#contracts/errors.ts';
import { EntryIdSchema } from '#contracts/ids.ts';
import {
  scriptedBadge,
  scriptedPaperKey,
  scriptedPassphrase,
  scriptedPin,
} from '#testing/doubles/scripted-access.ts';
import { launchBrowser } from './browser.ts';
import { openScreens, type Screens } from './screens/open-screens.ts';
import { typeFast } from './typing-reader.ts';

const soon = { timeout: 15_000 };

let browser: Browser;
let screens: Screens;
let page: Page;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser.close();
});
beforeEach(async () => {
  screens = await openScreens(browser, { language: 'en', theme: 'light' });
  page = screens.page;
  page.setDefaultTimeout(soon.timeout);
});
afterEach(async () => {
  expect(screens.complaints).toEqual([]);
  await screens.close();
});

const person = (at: number) => {
  const found = screens.workstation.people[at];
  if (found === undefined) throw new Error('nobody of that number works here');
  return found;
};
const asked = (name: string) => screens.workstation.asked.filter((each) => each === name).length;
const focused = () => page.evaluate(() => document.activeElement?.id ?? '');
const valuesOfFields = () =>
  page.evaluate(() =>
    [...document.querySelectorAll<HTMLInputElement>('input:not([type=radio])')]
      .map((field) => field.value)
      .join('|'),
  );

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

  it('of nobody says so, and leaves a half-typed passphrase as it was', async () => {
    await page.getByRole('button', { name: person(0).name }).click();
    await page.locator('#passphrase').fill('uch qiz');
    await typeFast(page, '77777777');
    await page.getByText('belongs to nobody here').waitFor();
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

  it('gets into no field of an emergency opening, and sends nothing', async () => {
    await page.getByRole('button', { name: 'Emergency opening' }).click();
    await page.locator('#emergency-opening-reason').fill('Keys');
    await typeFast(page, `${scriptedBadge}1`);
    await page.waitForTimeout(200);
    expect(await valuesOfFields()).not.toContain(scriptedBadge.slice(0, 3));
    expect(await page.locator('#emergency-opening-reason').inputValue()).toBe('Keys');
    expect(asked('session.break-glass')).toBe(0);
  });

  it('is told from a person who types a passphrase', async () => {
    await page.getByRole('button', { name: person(0).name }).click();
    await page.locator('#passphrase').focus();
    await page.keyboard.type('12345678', { delay: 50 });
    expect(await page.locator('#passphrase').inputValue()).toBe('12345678');
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
    await page.getByText('not kept in the records').waitFor();
    await page.getByText('Search by name').waitFor();
    expect(await page.locator('#patient-search').inputValue()).toBe('');
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
    expect(await focused()).toBe('emergency-opening-reason');
    expect(asked('session.break-glass')).toBe(0);
  });

  it('goes to the group that is wrong, then to the next wrong one, and opens', async () => {
    await open();
    await page.locator('#paper-group-1').focus();
    await page.keyboard.type(slip(3, 6).join(''), { delay: 40 });
    expect(await focused()).toBe('paper-group-8');
    await send();
    await page.getByText('Not right in groups: 3, 6').waitFor();
    await expect.poll(focused, soon).toBe('paper-group-3');
    await page.keyboard.type('6E7F8', { delay: 40 });
    expect(await page.locator('#paper-group-3').inputValue()).toBe('6E7F8');
    // The mark of the other one stays until it is mended.
    expect(await focused()).toBe('paper-group-6');
    await page.getByText('Not right in groups: 6').waitFor();
    await page.keyboard.type('5M6N7', { delay: 40 });
    expect(await focused()).toBe('paper-group-6');
    expect(await page.locator('.paper-group [aria-invalid]').count()).toBe(0);
    await page.keyboard.press('Enter');
    await page.locator('.home').waitFor();
  });

  it('that is right in each group and opens nothing is called another sheet', async () => {
    await open();
    await page.locator('#paper-group-1').fill(scriptedPaperKey);
    screens.workstation.failNext('session.break-glass', appError('access.paper-key-wrong'));
    await send();
    await page.getByText('there may be a newer one').waitFor();
    expect(await page.locator('.paper-group [aria-invalid]').count()).toBe(0);
  });

  it.each([
    ['too many attempts', appError('access.too-many-attempts', { seconds: 64 }), 'Wait 64 seconds'],
    ['a full disk', appError('store.disk-full'), 'disk is full'],
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
    screens.workstation.failNext(
      'session.break-glass',
      appError('access.wrong-passphrase', { holder: person(2).id }),
    );
    await page.getByRole('button', { name: 'Open the records' }).click();
    await page.locator('.notice-danger', { hasText: person(2).name }).waitFor();
    expect(await page.locator('.emergency-shown').allTextContents()).toEqual([person(1).name]);
  });
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
    expect(await badge()).toBe('3');
    await card().getByLabel(person(1).name).uncheck();
    expect(await badge()).toBe('3');
    expect(await card().getByText('Saved on this computer').count()).toBe(0);
    await card().getByRole('button', { name: 'Save' }).click();
    await card().getByText('Saved on this computer').waitFor();
    expect(await badge()).toBe('2');
    await card().getByLabel(person(1).name).check();
    expect(await card().getByText('Saved on this computer').count()).toBe(0);
  });

  it('are not called saved when the disk was full', async () => {
    await card().getByLabel(person(1).name).uncheck();
    screens.workstation.failNext('recovery.set-holders', appError('store.disk-full'));
    await card().getByRole('button', { name: 'Save' }).click();
    await card().getByText('disk is full').waitFor();
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
    expect(await page.locator('.finger-progress .field-warning').count()).toBe(0);
    key().touch();
    key().touch();
    await page.locator('.fingers .plain-row', { hasText: 'Left thumb' }).waitFor();
    expect(
      await page
        .locator('section', { has: page.locator('.fingers') })
        .locator('.badge')
        .textContent(),
    ).toBe('2');
  });

  it('says that the key was pulled out in the middle, and learns nothing', async () => {
    await learn();
    key().touch();
    await page.getByText('1 of 5').waitFor();
    key().pullOut();
    await page.locator('.fingers .notice-danger').waitFor();
    expect(await page.locator('.fingers .plain-row', { hasText: 'Left thumb' }).count()).toBe(0);
    // What was typed is there for the next try.
    expect(await page.locator('#finger-name').inputValue()).toBe('Left thumb');
  });

  it('warns before the last wrong PINs, and says what a blocked key needs', async () => {
    screens.workstation.access.setKey({ pinAttemptsLeft: 2 });
    await openSettings();
    await page.getByText('PIN attempts left: 2. After that').waitFor();
    await page.getByText('After a reset it opens nothing').waitFor();
    screens.workstation.access.setKey({ pinAttemptsLeft: 0 });
    await page.getByRole('button', { name: 'Look at the key' }).click();
    await page.getByText('blocked for good').first().waitFor();
    expect(await page.locator('.key-facts .notice-danger').count()).toBe(1);
  });

  it('never keeps a PIN in a field after it was sent', async () => {
    await openSettings();
    await page.locator('#pin-present').fill('0000');
    await page.locator('#pin-next').fill('246802');
    await page.locator('#pin-repeated').fill('246802');
    await page.locator('.pin-change button[type=submit]').click();
    await page.locator('.pin-change .notice-danger').waitFor();
    expect(await valuesOfFields()).not.toMatch(/0000|246802/);
  });
});

describe('signatures', () => {
  const signature = (verdict: SignatureView['verdict'], beyond = 0): SignatureView => ({
    id: v.parse(EntryIdSchema, randomUUID()),
    at: Date.now() - 3_600_000,
    by: person(3).id,
    verdict,
    beyond: Array.from({ length: beyond }, () => v.parse(EntryIdSchema, randomUUID())),
  });
  const openPatient = async () => {
    await screens.signIn();
    await page.locator('#patient-search').fill('karimova dilnoza');
    await page.locator('.found').first().waitFor();
    await page.keyboard.press('Enter');
    await page.locator('.history-item').nth(4).waitFor();
  };

  it('say what each is worth, and that a finished visit has none', async () => {
    screens.workstation.sign([
      [signature('valid', 2)],
      // A good one after a bad one does not hide it.
      [signature('altered'), signature('valid')],
      [signature('unknown-key')],
      [signature('revoked-key-at-that-time')],
    ]);
    await openPatient();
    const marks = await page
      .locator('.history-item')
      .evaluateAll((rows) =>
        rows.slice(0, 5).map((row) => row.querySelector('.signature')?.textContent ?? ''),
      );
    expect(marks[0]).toMatch(/^Signed by Olimov Jahongir, .*\+2 written later$/);
    expect(marks[1]).toMatch(/^ALTERED after Olimov/);
    expect(marks[2]).toMatch(/cannot be checked here/);
    expect(marks[3]).toMatch(/key that was revoked/);
    expect(marks[4]).toBe('Not signed');
  });

  it('lie on nothing else in any language', async () => {
    screens.workstation.sign([
      [signature('valid', 2)],
      [signature('altered')],
      [signature('unknown-key')],
      [signature('revoked-key-at-that-time')],
    ]);
    await openPatient();
    for (const language of ['uz-Latn', 'uz-Cyrl', 'ru', 'en']) {
      await page.locator(`#language-${language}`).evaluate((radio: HTMLInputElement) => radio.click());
      await page.locator(`html[lang="${language}"]`).waitFor({ state: 'attached' });
      const covered = await page.locator('.history-item').evaluateAll(
        (rows) =>
          rows.filter((row) => {
            const mark = row.querySelector('.signature')?.getBoundingClientRect();
            return [...row.querySelectorAll('.history-found *, .history-marks *')].some((other) => {
              const box = other.getBoundingClientRect();
              return (
                mark !== undefined &&
                box.width > 0 &&
                box.left < mark.right &&
                box.right > mark.left &&
                box.top < mark.bottom - 1 &&
                box.bottom > mark.top + 1
              );
            });
          }).length,
      );
      expect(covered, language).toBe(0);
    }
  });

  it('are printed with the records, without what is only for the screen, dark on white', async () => {
    screens.workstation.sign([[signature('altered')]]);
    await openPatient();
    await page.evaluate(() => {
      document.documentElement.setAttribute('data-theme', 'dark');
    });
    await page.emulateMedia({ media: 'print' });
    expect(await page.locator('.sidebar').isVisible()).toBe(false);
    expect(await page.locator('.signature-altered').isVisible()).toBe(true);
    const { height, shown, colour } = await page.evaluate(() => {
      const content = document.querySelector('.content');
      return {
        height: content?.scrollHeight ?? 0,
        shown: content?.clientHeight ?? 0,
        colour: getComputedStyle(document.body).color,
      };
    });
    // Nothing scrolls on paper.
    expect(shown).toBe(height);
    expect(colour).toBe('rgb(20, 33, 42)');
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
    await page.emulateMedia({ media: 'print' });
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

describe('the trail', () => {
  it('is walked page by page with the keyboard to its beginning and back', async () => {
    await screens.signIn(3);
    await page.locator('.places button').nth(6).click();
    await page.locator('.access-nav').getByRole('button', { name: 'Who did what' }).focus();
    await page.keyboard.press('Enter');
    const rows = page.locator('.audit-table tbody tr');
    await rows.first().waitFor();
    const newest = (await rows.first().textContent()) ?? '';
    let seen = await rows.count();
    await page.getByRole('button', { name: 'Older' }).focus();
    for (let pages = 1; pages < 5; pages += 1) {
      const before = (await rows.first().textContent()) ?? '';
      expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Older');
      await page.keyboard.press('Enter');
      await rows.first().filter({ hasNotText: before }).waitFor();
      seen += await rows.count();
    }
    expect(seen).toBe(230);
    // At the end the focus is on the way back.
    expect(await page.getByRole('button', { name: 'Older' }).isDisabled()).toBe(true);
    await expect.poll(() => page.evaluate(() => document.activeElement?.textContent), soon).toBe('Newest');
    await page.keyboard.press('Enter');
    await rows.first().filter({ hasText: newest }).waitFor();
    await expect.poll(() => page.evaluate(() => document.activeElement?.textContent), soon).toBe('Older');
  });
});
