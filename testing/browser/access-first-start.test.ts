import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { administrator, openRig, passphrase, type Rig } from '#testing/workstation/rig.ts';
import { passFile } from '#workstation/hosts/pass-file.ts';
import { openScreenDoor } from '#workstation/hosts/screen-door.ts';
import { listScreenFiles } from '#workstation/hosts/screen-files.ts';
import { openWebHost, type WebHost } from '#workstation/hosts/web-host.ts';
import { systemRandom } from '#workstation/system-effects.ts';
import { atRest, pressAtRest, soon } from './at-rest.ts';
import { launchBrowser } from './browser.ts';
import { addVirtualKey } from './virtual-key.ts';

// docs/specs/access.md ACC-52 to ACC-54: the first administrator before a workstation that nobody has enrolled, with its real store
// and slots; the center is played. `npm run build` must have run.

const screens = fileURLToPath(new URL('../../dist/renderer', import.meta.url));
const newWords = 'oltinchi bahor kuni';

let browser: Browser;
let folder: string;
let rig: Rig;
let host: WebHost;
let page: Page;
let complaints: string[];

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'first-start-'));
  rig = await openRig({ hasSimulatedDevices: false });
  const door = await openScreenDoor(passFile(folder), rig.clock, systemRandom);
  host = await openWebHost(rig.workstation, {
    files: await listScreenFiles(screens),
    door,
    port: 0,
    checksOutput: true,
  });
  page = await browser.newPage({ viewport: { width: 1366, height: 768 } });
  complaints = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(host.newAddress());
  await page.locator('label.segment[title="English"]').first().click();
  await enrol();
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') console.error(await page.locator('body').innerText());
  await page.close();
  await host.close();
  await rig.close();
  await rm(folder, { recursive: true, force: true });
  expect(complaints).toEqual([]);
});

/** As the technician does at a new computer. */
async function enrol(): Promise<void> {
  const typed = {
    center: 'ws://127.0.0.1:9',
    code: 'ABCDE12345',
    label: 'Room 1',
    ...administrator,
    'new-passphrase': passphrase,
    'repeated-passphrase': passphrase,
  };
  for (const [field, text] of Object.entries(typed)) await page.locator(`#${field}`).fill(text);
  await page.keyboard.press('Enter');
  await demanded();
}

const demanded = () => page.getByRole('heading', { name: 'One more way in is needed' }).waitFor();
const focused = () => page.evaluate(() => document.activeElement?.textContent ?? '');
const focusedId = () => page.evaluate(() => document.activeElement?.id ?? '');
const work = async () => {
  await page.getByText('one loss does not shut you out').waitFor();
  // The keyboard stands on the way to work.
  await expect.poll(focused, soon).toContain('Go to work');
  await page.keyboard.press('Enter');
  await page.locator('.home').waitFor();
};
const unlock = async (words: string) => {
  await page.locator('#passphrase').fill(words);
  await page.keyboard.press('Enter');
};
const lock = async () => {
  await pressAtRest(page, 'F9');
  await page.locator('#passphrase').waitFor();
};
/** By Tab alone, as somebody without a mouse. */
async function tabTo(words: string): Promise<void> {
  await atRest(page);
  for (let presses = 0; presses < 30; presses += 1) {
    if ((await focused()) === words) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`the keyboard does not come to ${words}`);
}

async function writePaperKey(): Promise<readonly string[]> {
  await page.locator('.paper-sheet-group').first().waitFor();
  const groups = await page.locator('.paper-sheet-group').allTextContents();
  await tabTo('I have it on paper');
  await page.keyboard.press('Enter');
  await page.locator('.paper-check input').first().waitFor();
  for (const field of await page.locator('.paper-check input').all()) {
    await field.fill(groups[Number((await field.getAttribute('id'))?.split('-').at(-1)) - 1] ?? '');
  }
  await page.keyboard.press('Enter');
  return groups;
}

async function addKey(label: string): Promise<void> {
  await page.getByRole('button', { name: 'Add a key' }).click();
  await expect.poll(focusedId, soon).toBe('key-label');
  // Nothing is asked of a key before it is told to be.
  await atRest(page);
  expect(await page.getByRole('dialog').locator('.key-prompt').count()).toBe(0);
  await page.locator('#key-label').fill(label);
  await page.locator('label.segment', { hasText: 'Browser' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Add the key' }).click();
}

describe('the first administrator', () => {
  test('is not let to work without a second way, whatever she presses; by keyboard she makes the paper key', async () => {
    await pressAtRest(page, 'Escape', 'F2', 'F4', 'F8', '/', 'Escape');
    await atRest(page);
    expect(await page.locator('.sidebar, .home').count()).toBe(0);
    expect(await page.getByRole('button', { name: 'Go to work' }).count()).toBe(0);
    // Neither a new page nor a new unlock leads past it.
    await page.reload();
    await demanded();
    await lock();
    await unlock(passphrase);
    await demanded();
    await tabTo('Make a paper key');
    await page.keyboard.press('Enter');
    // Left in the middle, nothing counts.
    await page.locator('.paper-sheet-group').first().waitFor();
    await lock();
    await unlock(passphrase);
    await demanded();
    await tabTo('Make a paper key');
    await page.keyboard.press('Enter');
    const groups = await writePaperKey();
    await work();
    await lock();
    await unlock(passphrase);
    await page.locator('.home').waitFor();
    // It is a recovery: it opens.
    await pressAtRest(page, 'F9');
    await page.getByRole('button', { name: 'Emergency opening' }).click();
    await expect.poll(focusedId, soon).toBe('emergency-opening-reason');
    await page.locator('#emergency-opening-reason').fill('Trying the paper');
    await page.locator('#emergency-name').fill('Karimova');
    await page.locator('#paper-group-1').fill(groups.join('-'));
    await page.getByRole('button', { name: 'Open the records' }).click();
    await page.getByText('Emergency opening by the paper key').waitFor();
  });

  test('makes a key her second way; that helps her alone; the same key is not taken twice', async () => {
    await addVirtualKey(page);
    await addKey('Blue key 7');
    await page.getByText('The key opens this workstation now').waitFor();
    await pressAtRest(page, 'Escape');
    await work();
    await page.locator('.places').getByRole('button', { name: 'People and keys' }).click();
    await addKey('The same');
    await page.getByText('This key opens this workstation already').waitFor();
    await pressAtRest(page, 'Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await atRest(page);
    expect(await page.locator('.way-row').count()).toBe(2);
    await page.getByRole('button', { name: 'Add a member of staff' }).click();
    await page.getByText('First make the paper key').waitFor();
    await expect.poll(focusedId, soon).toBe('family');
    for (const [field, text] of Object.entries({
      family: 'Azimov',
      given: 'Jasur',
      'new-passphrase': 'yetti qora mushuk',
      'repeated-passphrase': 'yetti qora mushuk',
    })) {
      await page.locator(`#${field}`).fill(text);
    }
    await page.locator('#role-nurse').check();
    await page.keyboard.press('Enter');
    await page.getByText('Somebody would be left with a single way in').waitFor();
    expect(rig.workstation.state().people).toHaveLength(1);
    // What she is told leads there.
    await page.locator('.notice').getByRole('button', { name: 'Recovery' }).click();
    await page.getByRole('button', { name: 'Make a paper key' }).waitFor();
    // That screen came by a wait, and the button that led to it is gone.
    await expect.poll(focusedId, soon).toBe('content');
    await page.getByRole('button', { name: 'Make a paper key' }).click();
    await writePaperKey();
    await page.locator('.holder-list').waitFor();
  });

  test('loses her key: it opens nothing, and a second way is demanded again', async () => {
    await addVirtualKey(page);
    await addKey('Blue key 7');
    await page.getByText('The key opens this workstation now').waitFor();
    await pressAtRest(page, 'Escape');
    await work();
    await page.locator('.places').getByRole('button', { name: 'People and keys' }).click();
    const phrase = page.locator('.way-row').first();
    await expect.poll(() => phrase.locator('.row-title').textContent(), soon).toBe('Passphrase');
    await phrase.getByRole('button').click();
    await page.getByRole('dialog').getByText('Remove “Passphrase”?').waitFor();
    await pressAtRest(page, 'Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Change my passphrase' }).click();
    for (const field of ['new-passphrase', 'repeated-passphrase'])
      await page.locator(`#${field}`).fill(newWords);
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.locator('.way-row', { hasText: 'Blue key 7' }).getByRole('button').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    await demanded();
    await lock();
    await unlock(passphrase);
    await page.getByText('The passphrase is not right').waitFor();
    expect(await page.locator('.second-way, .home').count()).toBe(0);
    // The key is at the computer still, and is not even asked.
    expect(rig.workstation.state().people[0]?.methods).toEqual(['passphrase']);
    await unlock(newWords);
    await demanded();
  });
});
