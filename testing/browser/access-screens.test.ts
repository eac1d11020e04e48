import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { scriptedPaperKey, scriptedPassphrase } from '#testing/doubles/scripted-access.ts';
import { atRest, pressAtRest, soon } from './at-rest.ts';
import { launchBrowser } from './browser.ts';
import { draftCount } from './kept-drafts.ts';
import { openScreens, type Screens } from './screens/open-screens.ts';
import { typeFast } from './typing-reader.ts';
import { addVirtualKey } from './virtual-key.ts';

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
});
afterEach(async () => {
  expect(screens.complaints).toEqual([]);
  await screens.close();
});

const key = () => screens.workstation.access.key;
const person = (at: number) => {
  const found = screens.workstation.people[at];
  if (found === undefined) throw new Error('nobody of that number works here');
  return found;
};
/** On the lock. The staff of the page before has a button of that name, too. */
const chooseHead = () => page.locator('.person-choice', { hasText: 'Olimov' }).click();
/** Plays the owner once the key is asked: the screen may tell her to touch it a moment before, or still. */
const touch = async (...how: Parameters<ReturnType<typeof key>['touch']>) => {
  await expect.poll(() => key().operation(), soon).not.toBeNull();
  key().touch(...how);
};
const asked = (name: string) => screens.workstation.asked.filter((each) => each === name).length;

describe('unlocking by a key', () => {
  it('asks at once, tells attempts, and opens after the finger', async () => {
    await chooseHead();
    await page.getByText('Put your finger on the key').waitFor();
    await touch({ code: 'access.finger-not-recognised', detail: { attemptsLeft: 2 } });
    await page.getByText('2 attempts left').waitFor();
    // It asks again by itself: the finger is where it is.
    await page.getByText('Put your finger on the key').waitFor();
    await touch();
    await page.locator('.home').waitFor();
    screens.workstation.lock();
    // Who worked here last stands first.
    await expect
      .poll(() => page.locator('.person-choice-name').first().textContent(), soon)
      .toBe(person(3).name);
  });

  it('ends by Escape, tries again by Enter, and goes back by Escape', async () => {
    await chooseHead();
    await page.getByText('Put your finger on the key').waitFor();
    await pressAtRest(page, 'Escape');
    await page.getByText('The key is not being asked').waitFor();
    await expect.poll(() => key().operation(), soon).toBeNull();
    await atRest(page);
    await page.getByRole('button', { name: 'Try again' }).focus();
    await page.keyboard.press('Enter');
    await page.getByText('Put your finger on the key').waitFor();
    await pressAtRest(page, 'Escape');
    await page.getByText('The key is not being asked').waitFor();
    await pressAtRest(page, 'Escape');
    await page.locator('.person-choice').first().waitFor();
  });

  it('asks for the PIN when no finger counts any more, and never sends a wrong one twice', async () => {
    await chooseHead();
    await page.getByText('Put your finger on the key').waitFor();
    await touch({ code: 'access.pin-needed', detail: {} });
    await page.locator('#key-pin').fill('000000');
    await page.keyboard.press('Enter');
    await page.getByText('7 attempts left').waitFor();
    await expect.poll(() => page.locator('#key-pin').inputValue(), soon).toBe('');
    await atRest(page);
    const unlocks = asked('session.unlock');
    await page.locator('#key-pin').focus();
    await page.keyboard.press('Enter');
    await page.getByText('at least 4 characters').waitFor();
    await page.locator('#key-pin').fill('135790');
    await page.keyboard.press('Enter');
    await page.getByText('Touch the key').waitFor();
    // What is sent later comes after what was sent before: there was one more, not two.
    expect(asked('session.unlock')).toBe(unlocks + 1);
    await touch();
    await page.locator('.home').waitFor();
  });

  it('waits for a key to be inserted, and stops asking when somebody else comes', async () => {
    key().pullOut();
    await chooseHead();
    await page.getByText('Insert your key').waitFor();
    await page.getByRole('button', { name: 'Somebody else' }).click();
    await expect.poll(() => key().operation(), soon).toBeNull();
    await chooseHead();
    await page.getByText('Insert your key').waitFor();
    key().plugIn();
    await page.getByText('Put your finger on the key').waitFor();
    await touch();
    await page.locator('.home').waitFor();
  });

  it('picks the person by her card, and opens nothing by it', async () => {
    await page.locator('.person-choice').first().waitFor();
    const picked = page.getByRole('heading', { name: person(1).name });
    // What lay on the reader before the screen looked at it picks nobody.
    await expect.poll(() => asked('access.door'), soon).toBeGreaterThan(0);
    screens.workstation.access.holdCard(person(1).id);
    await picked.waitFor();
    await page.locator('#passphrase').waitFor();
    expect(asked('session.unlock')).toBe(0);
    screens.workstation.access.holdCard(null);
    await page.getByText('belongs to nobody here').waitFor();
  });

  it('says on one line what is missing', async () => {
    screens.workstation.access.setDoor({ roads: [{ road: 'usb', status: 'library-missing' }], devices: [] });
    await chooseHead();
    await page.getByText('a library is missing').waitFor();
  });
});

describe('locking and switching', () => {
  const typeComplaint = async () => {
    await screens.signIn();
    await page.locator('.queue-in-progress .row-link').click();
    await page.locator('#complaint').fill('qoralama matni');
    await expect.poll(() => draftCount(page), soon).toBe(1);
  };

  it('a pulled-out key locks, says so, hides the patient and keeps the draft', async () => {
    await typeComplaint();
    const patient = (await page.locator('.banner h1, .banner .banner-name').first().textContent()) ?? '';
    screens.workstation.setState({
      phase: 'locked',
      session: null,
      failure: { code: 'access.device-removed' },
    });
    await page.getByText('the key was pulled out').waitFor();
    expect(patient.length).toBeGreaterThan(3);
    expect(await page.locator('body').textContent()).not.toContain(patient.split(',')[0]);
    screens.workstation.unlock(person(0).id);
    await page.locator('.draft').waitFor();
    await page.locator('.queue-in-progress .row-link').click();
    await expect.poll(() => page.locator('#complaint').inputValue(), soon).toBe('qoralama matni');
  });

  it('a lock that nobody asked for is told, one by F9 is not', async () => {
    await screens.signIn();
    screens.workstation.lock();
    await page.getByText('nobody was at the screen').waitFor();
    screens.workstation.unlock(person(0).id);
    await page.locator('.queue-row').first().waitFor();
    await pressAtRest(page, 'F9');
    await page.locator('.person-choice').first().waitFor();
    await atRest(page);
    expect(await page.getByText('nobody was at the screen').count()).toBe(0);
  });

  it('F7 hides the patient without locking, Escape comes back, and another person takes over', async () => {
    await typeComplaint();
    await pressAtRest(page, 'F7');
    await page.getByText('Who goes on?').waitFor();
    expect(await page.locator('.visit').isVisible()).toBe(false);
    // Keys of the page behind do nothing.
    await pressAtRest(page, 'F4');
    await pressAtRest(page, 'Escape');
    await page.locator('#complaint').waitFor();
    expect(await page.locator('#complaint').inputValue()).toBe('qoralama matni');
    await pressAtRest(page, 'F7');
    await page.locator('.person-choice', { hasText: 'Ergasheva' }).click();
    await page.locator('#passphrase').fill(scriptedPassphrase);
    await page.keyboard.press('Enter');
    await page.locator('.home').waitFor();
    await expect.poll(() => page.locator('.person-name').textContent(), soon).toBe(person(1).name);
    expect(asked('session.lock')).toBe(0);
  });
});

describe('emergencies and recovery', () => {
  it('two people open together, and the session says what it is', async () => {
    await page.getByRole('button', { name: 'Emergency opening' }).click();
    await page.locator('#emergency-method-two').check({ force: true });
    await page.locator('#emergency-opening-reason').fill('Both keys are in the other village');
    await page.getByRole('button', { name: 'Ergasheva' }).click();
    await page.locator('#passphrase').fill(scriptedPassphrase);
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Olimov' }).click();
    await page.getByRole('button', { name: 'By key: touch it when asked' }).click();
    await page.getByRole('button', { name: 'Open the records' }).click();
    await page.getByText('Put your finger on the key').waitFor();
    expect(await page.locator('.home').count()).toBe(0);
    await touch();
    await page.locator('.home').waitFor();
    await page.getByText('Emergency opening by two people').waitFor();
  });

  it('without a reason nothing is sent', async () => {
    await page.getByRole('button', { name: 'Emergency opening' }).click();
    await page.locator('#emergency-name').fill('Olimov');
    await page.locator('#paper-group-1').fill(scriptedPaperKey);
    await page.keyboard.press('Enter');
    await page.getByText('Write the reason').waitFor();
    expect(asked('session.break-glass')).toBe(0);
    await page.locator('#emergency-opening-reason').fill('Nobody can come');
    await page.getByRole('button', { name: 'Open the records' }).click();
    await page.getByText('Emergency opening by the paper key').waitFor();
    // What is sent later comes after what was sent before: it was nothing.
    expect(asked('session.break-glass')).toBe(1);
  });

  it('a paper key is shown once, and closed after two of its groups were typed back', async () => {
    await screens.signIn(3);
    await page.locator('.places button').nth(6).click();
    await page.getByRole('button', { name: 'Recovery' }).click();
    await page.getByRole('button', { name: 'Make a new paper key' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.waitFor();
    await expect.poll(() => page.evaluate(() => document.activeElement?.textContent), soon).toBe('Cancel');
    await dialog.getByRole('button', { name: 'Make a new paper key' }).click();
    await page.locator('.paper-sheet-group').first().waitFor();
    const groups = await page.locator('.paper-sheet-group').allTextContents();
    expect(groups).toHaveLength(8);
    await page.getByRole('button', { name: 'I have it on paper' }).click();
    expect(await page.locator('body').textContent()).not.toContain(groups[0]);
    const fields = page.locator('.paper-check input');
    await fields.first().fill('WRONG');
    await page.getByRole('button', { name: 'Done' }).click();
    await expect.poll(() => page.locator('.paper-check .field-error').count(), soon).toBe(2);
    for (const field of await fields.all()) {
      const number = Number((await field.getAttribute('id'))?.split('-').at(-1));
      await field.fill(groups[number - 1]?.toLowerCase() ?? '');
    }
    await page.getByRole('button', { name: 'Done' }).click();
    await page.locator('.holder-list').waitFor();
  });
});

describe('a key that the browser asks (WebAuthn)', () => {
  it('is enrolled, opens after a lock, and another key does not', async () => {
    const virtual = await addVirtualKey(page);
    screens.workstation.access.setDoor({ roads: [{ road: 'usb', status: 'library-missing' }], devices: [] });
    await screens.signIn(3);
    await page.locator('.places button').nth(6).click();
    await page.getByRole('button', { name: 'Add a key' }).click();
    await page.locator('#key-label').fill('Blue key 7');
    await page.getByRole('dialog').getByRole('button', { name: 'Add the key' }).click();
    await page.getByText('The key opens this workstation now').waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Close' }).last().click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.locator('.way-row', { hasText: 'Blue key 7' }).waitFor();

    await pressAtRest(page, 'F9');
    await chooseHead();
    await page.locator('.home').waitFor();

    await pressAtRest(page, 'F9');
    await page.locator('.person-choice').first().waitFor();
    await virtual.remove();
    await addVirtualKey(page);
    await chooseHead();
    // The browser tells no more than that nothing came of it.
    await page.locator('.key-proof .field-error').waitFor();
    expect(await page.locator('.home').count()).toBe(0);
  });

  it('that is refused a touch says so, and the passphrase still opens', async () => {
    const virtual = await addVirtualKey(page);
    screens.workstation.access.setDoor({ roads: [{ road: 'usb', status: 'library-missing' }], devices: [] });
    await screens.signIn(3);
    await page.locator('.places button').nth(6).click();
    await page.getByRole('button', { name: 'Add a key' }).click();
    await page.locator('#key-label').fill('Blue key 7');
    await page.getByRole('dialog').getByRole('button', { name: 'Add the key' }).click();
    await page.getByText('The key opens this workstation now').waitFor();
    await pressAtRest(page, 'Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await virtual.refuseUser();
    await pressAtRest(page, 'F9');
    await chooseHead();
    await page.locator('.key-proof .field-error').waitFor();
    await page.getByRole('button', { name: 'By passphrase' }).click();
    await page.locator('#passphrase').fill(scriptedPassphrase);
    await page.keyboard.press('Enter');
    await page.locator('.home').waitFor();
  });
});

describe('a reader that types', () => {
  it('shows the patient for confirmation, and leaves nothing in the field', async () => {
    await screens.signIn();
    const [pinfl = ''] = screens.workstation.pinfls();
    expect(pinfl).toHaveLength(14);
    await page.locator('#patient-search').fill('kar');
    await typeFast(page, pinfl);
    await page.getByText('Is this the patient?').waitFor();
    expect(await page.locator('#patient-search').inputValue()).toBe('kar');
    expect(await page.locator('.patient').count()).toBe(0);
    await expect.poll(() => page.evaluate(() => document.activeElement?.textContent), soon).toBe('Yes, open');
    await page.keyboard.press('Enter');
    await page.locator('.patient').waitFor();
  });

  it('with a number of nobody says so quietly', async () => {
    await screens.signIn();
    await page.locator('#patient-search').focus();
    await typeFast(page, '99999999999999');
    await page.locator('.scan-told p').waitFor();
    await atRest(page);
    expect(await page.getByRole('dialog').count()).toBe(0);
    expect(await page.locator('#patient-search').inputValue()).toBe('');
  });

  it('is told from a person, who types a personal number into the search', async () => {
    await screens.signIn();
    const [pinfl = ''] = screens.workstation.pinfls();
    await page.locator('#patient-search').focus();
    await page.keyboard.type(pinfl, { delay: 60 });
    await expect.poll(() => page.locator('#patient-search').inputValue(), soon).toBe(pinfl);
    await page.locator('.found').first().waitFor();
    await atRest(page);
    expect(await page.getByRole('dialog').count()).toBe(0);
  });
});

describe('who saw a patient', () => {
  it('is told to the head from the patient page, by keyboard, in pages', async () => {
    await screens.signIn(3);
    await page.locator('#patient-search').fill('karimova dilnoza');
    await page.locator('.found').first().waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Who saw' }).focus();
    await page.keyboard.press('Enter');
    await page.locator('.audit-table tbody tr').first().waitFor();
    await expect.poll(() => page.locator('.audit-table tbody tr').count(), soon).toBe(50);
    await page.getByLabel('Only emergencies').focus();
    await page.keyboard.press('Space');
    await expect.poll(() => page.locator('.audit-table tbody tr').count(), soon).toBe(3);
    await page.getByText('Asked for records without consent').first().waitFor();
    await page.getByRole('button', { name: 'Older' }).click();
    await expect.poll(() => page.getByRole('button', { name: 'Newest' }).isEnabled(), soon).toBe(true);
  });

  it('is not shown to a nurse', async () => {
    await screens.signIn();
    await page.locator('#patient-search').fill('karimova dilnoza');
    await page.locator('.found').first().waitFor();
    await page.keyboard.press('Enter');
    await page.locator('.patient .print-button').waitFor();
    await atRest(page);
    expect(await page.getByRole('button', { name: 'Who saw' }).count()).toBe(0);
  });
});
