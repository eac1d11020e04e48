import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { launchBrowser } from '../browser.ts';
import { openScreens, type Screens } from './open-screens.ts';

/** The machine of a test may be busy. */
const soon = { timeout: 15_000 };

let browser: Browser;
let screens: Screens;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser.close();
});
beforeEach(async () => {
  screens = await openScreens(browser, { language: 'en', theme: 'light' });
});
afterEach(async () => {
  await screens.close();
});

const secret = 'Headache since Tuesday';

async function typeNote(): Promise<void> {
  const { page } = screens;
  await screens.signIn();
  await page.locator('.queue-in-progress .row-link').click();
  await page.locator('#note').fill(secret);
  await expect.poll(() => draftCount(page), soon).toBe(1);
}

/** Everything in this origin's IndexedDB, as text. */
const everythingStored = async (page: Page): Promise<string> =>
  await page.evaluate(async () => {
    const texts: string[] = [];
    const settled = <Value>(request: IDBRequest<Value>) =>
      new Promise<Value>((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    for (const { name } of await indexedDB.databases()) {
      if (name === undefined) continue;
      const database = await settled(indexedDB.open(name));
      for (const store of database.objectStoreNames) {
        const rows = await settled(database.transaction(store).objectStore(store).getAll());
        texts.push(name, store, ...rows.map((row) => JSON.stringify(row)));
      }
      database.close();
    }
    return texts.join('\n');
  });

const draftCount = async (page: Page): Promise<number> =>
  (await everythingStored(page)).match(/"sealed":"/g)?.length ?? 0;

it('DRA-1: what is typed comes back after a crash of the page, and lies on disk only sealed', async () => {
  const { page, workstation } = screens;
  await typeNote();
  const stored = await everythingStored(page);
  const patients = ['Karimova', 'KARIMOVA', 'Dilnoza', secret, 'Headache', 'note'];
  for (const text of patients) expect(stored).not.toContain(text);
  const person = workstation.people[0];
  expect(stored).not.toContain(person?.id);
  await page.reload();
  await page.locator('.draft').waitFor();
  expect(await page.locator('.draft').textContent()).toContain('Karimova');
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect.poll(() => page.locator('#note').inputValue(), soon).toBe(secret);
});

it('locking hides it, another nurse does not see it, its owner gets it back', async () => {
  const { page, workstation } = screens;
  await typeNote();
  await page.keyboard.press('F9');
  await page.locator('.person-choice').first().waitFor();
  expect(await page.locator('body').textContent()).not.toContain('Karimova');
  await screens.signIn(1);
  await page.waitForTimeout(500);
  expect(await page.locator('.draft').count()).toBe(0);
  await page.locator('.queue-in-progress .row-link').click();
  await page.locator('#note').waitFor();
  expect(await page.locator('#note').inputValue()).toBe('');
  workstation.lock();
  await page.locator('.person-choice').first().waitFor();
  await screens.signIn(0);
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect.poll(() => page.locator('#note').inputValue(), soon).toBe(secret);
});

it('DRA-5: saving removes it', async () => {
  const { page } = screens;
  await typeNote();
  await page.keyboard.press('Control+Enter');
  await page.locator('.save-bar-saved').waitFor();
  await page.keyboard.press('F2');
  await page.locator('#patient-search').waitFor();
  expect(await page.locator('.draft').count()).toBe(0);
  await expect.poll(() => draftCount(page), soon).toBe(0);
  await page.reload();
  await page.locator('.queue-row').first().waitFor();
  await page.waitForTimeout(500);
  expect(await page.locator('.draft').count()).toBe(0);
});

it('DRA-6: one that does not open any more is thrown away, and said', async () => {
  const { page } = screens;
  await typeNote();
  await page.evaluate(async () => {
    const settled = <Value>(request: IDBRequest<Value>) =>
      new Promise<Value>((resolve) => {
        request.onsuccess = () => resolve(request.result);
      });
    for (const { name } of await indexedDB.databases()) {
      const database = await settled(indexedDB.open(name ?? ''));
      for (const store of database.objectStoreNames) {
        const objects = database.transaction(store, 'readwrite').objectStore(store);
        const [rows, keys] = [await settled(objects.getAll()), await settled(objects.getAllKeys())];
        for (const [at, row] of rows.entries()) {
          if (typeof row.sealed !== 'string') continue;
          const spoilt = { ...row, sealed: btoa('spoilt'.repeat(12)) };
          await settled(objects.keyPath === null ? objects.put(spoilt, keys[at]) : objects.put(spoilt));
        }
      }
      database.close();
    }
  });
  await page.reload();
  await page.getByText('1 draft could not be opened').waitFor();
  expect(await page.locator('.draft').count()).toBe(0);
});

it('says so where the browser keeps nothing', async () => {
  const { page } = screens;
  await page.addInitScript(() => Object.defineProperty(window, 'indexedDB', { value: undefined }));
  await page.reload();
  await screens.signIn();
  await page.locator('.queue-in-progress .row-link').click();
  await page.locator('#note').fill(secret);
  await page.getByText('the draft is not being kept').waitFor();
  await page.keyboard.press('Control+Enter');
  await page.locator('.save-bar-saved').waitFor();
});
