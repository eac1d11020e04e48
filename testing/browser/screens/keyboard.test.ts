import { describe, expect, it } from 'vitest';
import { atRest, pressAtRest, soon } from '../at-rest.ts';
import { freshScreens } from '../fresh-screens.ts';
import { seriousFindings } from './inspections.ts';
import type { Screens } from './open-screens.ts';

let screens: Screens;
freshScreens((began) => {
  ({ screens } = began);
});

const press = async (...keys: readonly string[]) => await pressAtRest(screens.page, ...keys);
/** As fast as nobody types, and slower than a reader does (docs/specs/devices.md). */
const type = async (text: string) => await screens.page.keyboard.type(text, { delay: 40 });
/** Presses Enter with the last letter, so that no answer can be there before it. */
const typeAndEnter = async (text: string) => {
  await type(text.slice(0, -1));
  const { keyboard } = screens.page;
  await Promise.all([keyboard.press(text.slice(-1)), keyboard.press('Enter')]);
};
const found = () => screens.page.locator('.found');
/** What was looked for last has been found. */
const answered = () => screens.page.locator('.search-box .spinner').waitFor({ state: 'detached' });
const focusedId = () => screens.page.evaluate(() => document.activeElement?.id);

describe('without a mouse', () => {
  it('SCR-4: a nurse finds a patient, puts her into the queue and records vitals', async () => {
    const { page } = screens;
    await screens.signIn();
    await type('каримова дилноза');
    await found().nth(1).waitFor();
    await answered();
    await press('Enter');
    await page.locator('.banner-actions .button-primary').focus();
    await press('Enter');
    await page.getByRole('dialog').waitFor();
    await expect
      .poll(() => page.evaluate(() => document.activeElement?.getAttribute('type')), soon)
      .toBe('submit');
    await press('Enter');
    await page.locator('#systolicMmHg').waitFor();
    await atRest(page);
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
    let recorded = page.locator('.recorded-list');
    for (const words of ['152/94', '36.9', '81.5', 'High']) recorded = recorded.filter({ hasText: words });
    await recorded.waitFor();
  });

  it('the search goes up, down and into the patient that is marked', async () => {
    const { page } = screens;
    await screens.signIn();
    await type('karimova');
    await found().nth(2).waitFor();
    await answered();
    const marked = () => page.locator('.found[aria-selected=true] .found-name').textContent();
    const first = await marked();
    await press('ArrowDown');
    await expect.poll(marked, soon).not.toBe(first);
    await press('ArrowUp');
    await expect.poll(marked, soon).toBe(first);
    await press('ArrowUp');
    await expect.poll(marked, soon).not.toBe(first);
    const last = await marked();
    await press('Enter');
    await page.locator('.banner-name', { hasText: last?.split(' ')[0] ?? 'nobody' }).waitFor();
  });

  it('Enter before the answer opens the only patient found, and none of several', async () => {
    const { page } = screens;
    await screens.signIn();
    await typeAndEnter('ismoilova');
    await page.locator('.banner-name', { hasText: 'ISMOILOVA' }).waitFor();
    await press('F2');
    await expect.poll(focusedId, soon).toBe('patient-search');
    await typeAndEnter('karimova');
    await found().nth(1).waitFor();
    await answered();
    await atRest(page);
    expect(await page.locator('.banner').count()).toBe(0);
    expect(await found().count()).toBeGreaterThan(1);
  });

  it('SEA-11: who fits only some of the words is similar: Enter opens nobody, an arrow chooses', async () => {
    const { page } = screens;
    await screens.signIn();
    await type("o'zganova dilnoza");
    await page.locator('.found-similar').waitFor();
    await answered();
    await atRest(page);
    expect(await page.locator('.found-similar').textContent()).toBe('No patient has all of these. Similar:');
    expect(await page.locator('.home-search [role=status]').textContent()).toContain(
      'No patient has all of these',
    );
    expect(await seriousFindings(page)).toEqual([]);
    const marked = page.locator('.found[aria-selected=true]');
    expect(await found().count()).toBeGreaterThan(0);
    expect(await marked.count()).toBe(0);
    expect(await page.locator('#patient-search').getAttribute('aria-activedescendant')).toBe(null);
    await found().first().hover();
    await press('Enter');
    await atRest(page);
    expect(await page.locator('.banner').count()).toBe(0);
    await press('ArrowUp');
    await expect.poll(() => found().last().getAttribute('aria-selected'), soon).toBe('true');
    await press('ArrowDown');
    await expect.poll(() => found().first().getAttribute('aria-selected'), soon).toBe('true');
    // Another text is another list: what was chosen in the old one is forgotten.
    await type('x');
    await answered();
    await page.locator('.found-similar').waitFor();
    await atRest(page);
    expect(await marked.count()).toBe(0);
    await press('ArrowDown');
    await press('Enter');
    await page.locator('.banner-name', { hasText: /dilnoza|дилноза/i }).waitFor();
  });

  it('SEA-11: Enter before the answer does not open the only one who is similar', async () => {
    const { page } = screens;
    await screens.signIn();
    await typeAndEnter("o'zganova ismoilova");
    await page.locator('.found-similar').waitFor();
    await answered();
    await atRest(page);
    expect(await found().count()).toBe(1);
    expect(await page.locator('.banner').count()).toBe(0);
  });

  it('a wrong value is not saved, keeps what is typed and takes the focus', async () => {
    const { page, workstation } = screens;
    await screens.signIn();
    await page.locator('.queue-in-progress .row-link').press('Enter');
    await page.locator('#pulsePerMinute').fill('720');
    await press('Control+Enter');
    await expect.poll(focusedId, soon).toBe('pulsePerMinute');
    expect(await page.locator('#pulsePerMinute').inputValue()).toBe('720');
    expect(workstation.asked).not.toContain('visits.record');
    // What is sent later comes after what was sent before: it was nothing.
    await page.locator('#pulsePerMinute').fill('72');
    await press('Control+Enter');
    await page.locator('.save-bar-saved').waitFor();
    expect(workstation.asked.filter((name) => name === 'visits.record')).toHaveLength(1);
  });

  it('the error summary takes the focus and leads to its fields', async () => {
    const { page } = screens;
    await screens.signIn();
    await press('F4');
    await page.locator('#family').waitFor();
    await press('Control+Enter');
    await expect
      .poll(() => page.evaluate(() => document.activeElement?.className), soon)
      .toContain('error-summary');
    await press('Tab', 'Enter');
    await expect.poll(focusedId, soon).toBe('family');
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
    const [cancel, confirm] = [
      dialog.getByRole('button', { name: 'Cancel' }),
      dialog.locator('.button-danger'),
    ];
    const cancelHasFocus = async () => {
      await cancel.waitFor();
      await expect.poll(() => cancel.evaluate((each) => each === document.activeElement), soon).toBe(true);
    };
    // Cancel has the focus: a hasty Enter destroys nothing.
    await cancelHasFocus();
    await press('Enter');
    await dialog.waitFor({ state: 'detached' });
    await atRest(page);
    expect(await page.locator('.struck').count()).toBe(0);
    await page.locator('.recorded-actions button').nth(1).press('Enter');
    await cancelHasFocus();
    await confirm.press('Enter');
    await expect.poll(focusedId, soon).toBe('void-reason');
    await type('Typing error');
    await confirm.press('Enter');
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
    await page.locator('.visit-delivery', { hasText: 'Saved on this computer' }).waitFor();
    workstation.receiveAll();
    await page.locator('.visit-delivery', { hasText: 'Received by the center' }).waitFor();
  });

  it('a save that fails says that nothing was saved, and keeps what is typed', async () => {
    const { page, workstation } = screens;
    await screens.signIn();
    await page.locator('.queue-in-progress .row-link').click();
    await page.locator('#complaint').fill('Headache');
    workstation.failNext('visits.record', { code: 'store.disk-full' });
    await press('Control+Enter');
    await page.locator('.save-bar .notice-danger').waitFor();
    await atRest(page);
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
    await page.locator('.banner', { hasText: 'Temporary number' }).waitFor();
  });

  it('the PINFL offers birth date and sex', async () => {
    const { page } = screens;
    await screens.signIn();
    await press('F4');
    await page.locator('#pinfl').fill('4 120385 042 1006');
    await page.locator('.pinfl-reading button').click();
    await expect.poll(() => page.locator('#birth').inputValue(), soon).toBe('12.03.1985');
    await expect.poll(() => page.locator('#sex-female').isChecked(), soon).toBe(true);
    await page.getByText('The PINFL agrees').waitFor();
  });
});
