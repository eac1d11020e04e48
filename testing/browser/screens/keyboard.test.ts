import { describe, expect, it } from 'vitest';
import { freshScreens } from '../fresh-screens.ts';
import { seriousFindings } from './inspections.ts';
import type { Screens } from './open-screens.ts';

/** The machine of a test may be busy. */
const soon = { timeout: 15_000 };

let screens: Screens;
freshScreens((began) => {
  ({ screens } = began);
});

const press = async (...keys: readonly string[]) => {
  for (const key of keys) await screens.page.keyboard.press(key);
};
/** As fast as nobody types, and slower than a reader does (docs/specs/devices.md). */
const type = async (text: string) => await screens.page.keyboard.type(text, { delay: 40 });

describe('without a mouse', () => {
  it('SCR-4: a nurse finds a patient, puts her into the queue and records vitals', async () => {
    const { page } = screens;
    await screens.signIn();
    await type('каримова дилноза');
    await page.locator('.found').nth(1).waitFor();
    await page.locator('.search-box .spinner').waitFor({ state: 'detached' });
    await press('Enter');
    await page.locator('.banner-actions .button-primary').focus();
    await press('Enter');
    await page.getByRole('dialog').waitFor();
    await expect
      .poll(() => page.evaluate(() => document.activeElement?.getAttribute('type')), soon)
      .toBe('submit');
    await press('Enter');
    await page.locator('#systolicMmHg').waitFor();
    await page.locator('#systolicMmHg').focus();
    await type('152/94');
    await press('Enter');
    await type('88');
    await press('Enter');
    await type('36,9');
    await press('Enter', 'Enter', 'Enter');
    await type('81,5');
    await press('Control+Enter');
    await page.locator('.save-bar-saved').waitFor();
    const recorded = (await page.locator('.recorded-list').textContent()) ?? '';
    expect(recorded).toContain('152/94');
    expect(recorded).toContain('36.9');
    expect(recorded).toContain('81.5');
    expect(recorded).toContain('High');
  });

  it('the search goes up, down and into the patient that is marked', async () => {
    const { page } = screens;
    await screens.signIn();
    await type('karimova');
    await page.locator('.found').nth(2).waitFor();
    await page.locator('.search-box .spinner').waitFor({ state: 'detached' });
    const marked = () => page.locator('.found[aria-selected=true] .found-name').textContent();
    const first = await marked();
    await press('ArrowDown');
    expect(await marked()).not.toBe(first);
    await press('ArrowUp');
    expect(await marked()).toBe(first);
    await press('ArrowUp');
    const last = await marked();
    await press('Enter');
    expect(await page.locator('.banner-name').textContent()).toContain(last?.split(' ')[0] ?? 'nobody');
  });

  it('Enter before the answer opens the only patient found, and none of several', async () => {
    const { page } = screens;
    await screens.signIn();
    await type('ismoilova');
    await press('Enter');
    await page.locator('.banner').waitFor();
    expect(await page.locator('.banner-name').textContent()).toContain('ISMOILOVA');
    await press('F2');
    await page.locator('#patient-search').waitFor();
    await type('karimova');
    await press('Enter');
    await page.locator('.found').nth(1).waitFor();
    await page.waitForTimeout(300);
    expect(await page.locator('.banner').count()).toBe(0);
  });

  it('SEA-11: who fits only some of the words is similar: Enter opens nobody, an arrow chooses', async () => {
    const { page } = screens;
    await screens.signIn();
    await type("o'zganova dilnoza");
    await page.locator('.found-similar').waitFor();
    await page.locator('.search-box .spinner').waitFor({ state: 'detached' });
    expect(await page.locator('.found-similar').textContent()).toBe('No patient has all of these. Similar:');
    expect(await page.locator('.home-search [role=status]').textContent()).toContain(
      'No patient has all of these',
    );
    expect(await seriousFindings(page)).toEqual([]);
    const marked = page.locator('.found[aria-selected=true]');
    const found = await page.locator('.found').count();
    expect(found).toBeGreaterThan(0);
    expect(await marked.count()).toBe(0);
    expect(await page.locator('#patient-search').getAttribute('aria-activedescendant')).toBe(null);
    await page.locator('.found').first().hover();
    await press('Enter');
    await page.waitForTimeout(300);
    expect(await page.locator('.banner').count()).toBe(0);
    await press('ArrowUp');
    expect(await page.locator('.found').last().getAttribute('aria-selected')).toBe('true');
    await press('ArrowDown');
    expect(await page.locator('.found').first().getAttribute('aria-selected')).toBe('true');
    // Another text is another list: what was chosen in the old one is forgotten.
    await type('x');
    await page.locator('.search-box .spinner').waitFor({ state: 'detached' });
    await page.locator('.found-similar').waitFor();
    expect(await marked.count()).toBe(0);
    await press('ArrowDown');
    await press('Enter');
    await page.locator('.banner').waitFor();
    expect((await page.locator('.banner-name').textContent())?.toLowerCase()).toMatch(/dilnoza|дилноза/);
  });

  it('SEA-11: Enter before the answer does not open the only one who is similar', async () => {
    const { page } = screens;
    await screens.signIn();
    await type("o'zganova ismoilova");
    await press('Enter');
    await page.locator('.found-similar').waitFor();
    expect(await page.locator('.found').count()).toBe(1);
    await page.waitForTimeout(300);
    expect(await page.locator('.banner').count()).toBe(0);
  });

  it('a wrong value is not saved, keeps what is typed and takes the focus', async () => {
    const { page, workstation } = screens;
    await screens.signIn();
    await page.locator('.queue-in-progress .row-link').press('Enter');
    await page.locator('#pulsePerMinute').fill('720');
    await press('Control+Enter');
    await expect.poll(() => page.evaluate(() => document.activeElement?.id), soon).toBe('pulsePerMinute');
    expect(await page.locator('#pulsePerMinute').inputValue()).toBe('720');
    expect(workstation.asked).not.toContain('visits.record');
  });

  it('the error summary takes the focus and leads to its fields', async () => {
    const { page } = screens;
    await screens.signIn();
    await press('F4');
    await page.locator('#family').waitFor();
    await press('Control+Enter');
    await expect
      .poll(() => page.evaluate(() => document.activeElement?.className))
      .toContain('error-summary');
    await press('Tab', 'Enter');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('family');
    const described = await page.locator('#family').getAttribute('aria-describedby');
    expect(await page.locator(`#${described}`).textContent()).toBe(
      await page.locator('.error-summary a').first().textContent(),
    );
  });

  it('an entry is marked as an error with a reason, and taken back', async () => {
    const { page } = screens;
    await screens.signIn();
    await page.locator('.queue-in-progress .row-link').press('Enter');
    await page.locator('.recorded-actions button').nth(1).press('Enter');
    const dialog = page.getByRole('dialog');
    await dialog.waitFor();
    // Cancel has the focus: a hasty Enter destroys nothing.
    await press('Enter');
    await dialog.waitFor({ state: 'detached' });
    expect(await page.locator('.struck').count()).toBe(0);
    await page.locator('.recorded-actions button').nth(1).press('Enter');
    await dialog.locator('.button-danger').press('Enter');
    await expect.poll(() => page.evaluate(() => document.activeElement?.id), soon).toBe('void-reason');
    await type('Typing error');
    await dialog.locator('.button-danger').press('Enter');
    await page.locator('.struck').waitFor();
    await page.locator('.struck .text-button').press('Enter');
    await expect.poll(() => page.locator('.struck').count(), soon).toBe(0);
  });
});

describe('what a screen says', () => {
  it('SCR-2: saved on this computer is not received by the center', async () => {
    const { page, workstation } = screens;
    await screens.signIn();
    await page.locator('.queue-in-progress .row-link').click();
    expect(await page.locator('.visit-delivery').textContent()).toContain('Saved on this computer');
    workstation.receiveAll();
    await expect
      .poll(() => page.locator('.visit-delivery').textContent())
      .toContain('Received by the center');
  });

  it('a save that fails says that nothing was saved, and keeps what is typed', async () => {
    const { page, workstation } = screens;
    await screens.signIn();
    await page.locator('.queue-in-progress .row-link').click();
    await page.locator('#complaint').fill('Headache');
    workstation.failNext('visits.record', { code: 'store.disk-full' });
    await press('Control+Enter');
    await page.locator('.save-bar .notice-danger').waitFor();
    expect(await page.locator('.save-bar').textContent()).toContain('NOT saved');
    expect(await page.locator('.save-bar-saved').count()).toBe(0);
    expect(await page.locator('#complaint').inputValue()).toBe('Headache');
  });

  it('a stopped workstation process is said, typing goes on, and the screen comes back by itself', async () => {
    const { page, host } = screens;
    await screens.signIn();
    await page.locator('.queue-in-progress .row-link').click();
    await page.locator('#note').waitFor();
    host.cut();
    await page.getByText('The workstation does not answer.').waitFor();
    await page.locator('#note').fill('typed meanwhile');
    host.resume();
    await page.getByText('The workstation does not answer.').waitFor({ state: 'detached' });
    expect(await page.locator('#note').inputValue()).toBe('typed meanwhile');
    await press('Control+Enter');
    await page.locator('.save-bar-saved').waitFor();
  });

  it('the language changes while typing and keeps what is typed', async () => {
    const { page } = screens;
    await screens.signIn();
    await press('F4');
    await page.locator('#family').fill('Karimova');
    await page.locator('.sidebar label.segment[title="Русский"]').click();
    await page.getByRole('heading', { name: 'Новый пациент' }).waitFor();
    expect(await page.locator('#family').inputValue()).toBe('Karimova');
    expect(await page.evaluate(() => document.documentElement.lang)).toBe('ru');
  });

  it('possible duplicates stop a registration once', async () => {
    const { page, workstation } = screens;
    await screens.signIn();
    await press('F4');
    await page.locator('#family').fill('Karimova');
    await page.locator('#given').fill('Dilnoza');
    await page.locator('#birth').fill('12031985');
    await page.locator('label.segment:has(#sex-female)').click();
    await press('Control+Enter');
    await page.locator('.alike-question').waitFor();
    expect(workstation.asked).not.toContain('patients.register');
    await page.locator('.alike .card-foot button').click();
    await page.locator('#family').focus();
    await press('Control+Enter');
    await page.locator('.patient').waitFor();
    expect(await page.locator('.banner').textContent()).toContain('Temporary number');
  });

  it('the PINFL offers birth date and sex', async () => {
    const { page } = screens;
    await screens.signIn();
    await press('F4');
    await page.locator('#pinfl').fill('4 120385 042 1006');
    await page.locator('.pinfl-reading button').click();
    expect(await page.locator('#birth').inputValue()).toBe('12.03.1985');
    expect(await page.locator('#sex-female').isChecked()).toBe(true);
    await page.getByText('The PINFL agrees').waitFor();
  });
});
