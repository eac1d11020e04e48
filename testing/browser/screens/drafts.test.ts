import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { atRest, pressAtRest, soon } from '../at-rest.ts';
import { launchBrowser } from '../browser.ts';
import { draftCount, everythingStored } from '../kept-drafts.ts';
import { openScreens, type Screens } from './open-screens.ts';

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

/**
 * Begins to register somebody, and comes back to where drafts are listed: this one alone is there, `stored` on the disk. A box that
 * keeps what is typed has been opened, so that a draft that must not be there would be.
 */
async function onlyOwnDraft(stored: number): Promise<void> {
  const { page } = screens;
  await pressAtRest(page, 'F4');
  let typed = 0;
  await expect
    .poll(
      async () => {
        typed += 1;
        await page.locator('#given').fill(`Botir ${typed}`);
        return await draftCount(page);
      },
      { ...soon, interval: 500 },
    )
    .toBe(stored);
  await pressAtRest(page, 'F2');
  await page.locator('.draft').first().waitFor();
  await atRest(page);
  expect(await page.locator('.draft').count()).toBe(1);
  expect(await page.locator('.draft').textContent()).toContain('Botir');
}

it('DRA-1: what is typed comes back after a crash of the page, and lies on disk only sealed', async () => {
  const { page, workstation } = screens;
  await typeNote();
  const stored = await everythingStored(page);
  const patients = ['Karimova', 'KARIMOVA', 'Dilnoza', secret, 'Headache', 'note'];
  for (const text of patients) expect(stored).not.toContain(text);
  const person = workstation.people[0];
  expect(stored).not.toContain(person?.id);
  await page.reload();
  await page.locator('.draft', { hasText: 'Karimova' }).waitFor();
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect.poll(() => page.locator('#note').inputValue(), soon).toBe(secret);
});

it('locking hides it, another nurse does not see it, its owner gets it back', async () => {
  const { page, workstation } = screens;
  await typeNote();
  await pressAtRest(page, 'F9');
  await page.locator('.person-choice').first().waitFor();
  expect(await page.locator('body').textContent()).not.toContain('Karimova');
  await screens.signIn(1);
  await onlyOwnDraft(2);
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
  await pressAtRest(page, 'Control+Enter');
  await page.locator('.save-bar-saved').waitFor();
  await pressAtRest(page, 'F2');
  await page.locator('#patient-search').waitFor();
  await atRest(page);
  expect(await page.locator('.draft').count()).toBe(0);
  await expect.poll(() => draftCount(page), soon).toBe(0);
  await page.reload();
  await page.locator('.queue-row').first().waitFor();
  await onlyOwnDraft(1);
});

/** From the next time the page is loaded, its box opens only once the returned function was called. */
async function holdBox(): Promise<() => void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  await screens.page.route(/pouch-draft-store/, async (route) => {
    await promise;
    await route.continue();
  });
  return resolve;
}

describe('DRA-9: where the box opens only after its form was shown', () => {
  it('what was left of a visit comes back', async () => {
    const { page } = screens;
    await typeNote();
    const release = await holdBox();
    await page.reload();
    await page.locator('.queue-in-progress .row-link').click();
    await page.locator('#note').waitFor();
    expect(await page.locator('#note').inputValue()).toBe('');
    release();
    await expect.poll(() => page.locator('#note').inputValue(), soon).toBe(secret);
  });

  it('what was left of a registration comes back', async () => {
    const { page } = screens;
    await screens.signIn();
    await pressAtRest(page, 'F4');
    await page.locator('#given').fill('Botir');
    await expect.poll(() => draftCount(page), soon).toBe(1);
    const release = await holdBox();
    await page.reload();
    await page.locator('.queue-row').first().waitFor();
    await pressAtRest(page, 'F4');
    await page.locator('#given').waitFor();
    expect(await page.locator('#given').inputValue()).toBe('');
    release();
    await expect.poll(() => page.locator('#given').inputValue(), soon).toBe('Botir');
  });

  it('what was typed meanwhile stays, and is kept', async () => {
    const { page } = screens;
    const release = await holdBox();
    await page.reload();
    await screens.signIn();
    await page.locator('.queue-in-progress .row-link').click();
    await page.locator('#note').fill(secret);
    release();
    await expect.poll(() => draftCount(page), soon).toBe(1);
    expect(await page.locator('#note').inputValue()).toBe(secret);
    await page.reload();
    await page.getByRole('button', { name: 'Continue' }).click();
    await expect.poll(() => page.locator('#note').inputValue(), soon).toBe(secret);
  });

  it('what was saved meanwhile leaves no draft (DRA-5)', async () => {
    const { page, workstation } = screens;
    const release = await holdBox();
    await page.reload();
    await screens.signIn();
    await page.locator('.queue-in-progress .row-link').click();
    await page.locator('#note').fill(secret);
    const answer = workstation.holdNext('visits.record');
    await pressAtRest(page, 'Control+Enter');
    await expect.poll(() => workstation.asked.includes('visits.record'), soon).toBe(true);
    release();
    await expect.poll(() => draftCount(page), soon).toBe(1);
    answer();
    await page.locator('.save-bar-saved').waitFor();
    await expect.poll(() => draftCount(page), soon).toBe(0);
  });
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
  await atRest(page);
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
  await pressAtRest(page, 'Control+Enter');
  await page.locator('.save-bar-saved').waitFor();
});
