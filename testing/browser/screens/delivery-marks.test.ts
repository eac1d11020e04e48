import { describe, expect, it } from 'vitest';
import { languages } from '#contracts/languages.ts';
import { pressAtRest, soon } from '../at-rest.ts';
import { chooseLanguage } from '../choose-language.ts';
import { freshScreens } from '../fresh-screens.ts';
import { misfits } from './inspections.ts';
import { keepPicture, type Screens } from './open-screens.ts';

// docs/specs/screens.md SCR-2: what was saved, what the center received and what came from it are three different things.

let screens: Screens;
freshScreens((began) => {
  ({ screens } = began);
});

const clockTime = /\d{2}:\d{2}/;
const openVisit = async () => await screens.page.locator('.queue-in-progress .row-link').click();
const openPatient = async () => {
  await screens.page.locator('#patient-search').fill('karimova dilnoza');
  await screens.page.locator('.found').first().waitFor();
  await screens.page.keyboard.press('Enter');
  await screens.page.locator('.patient').waitFor();
};
/** Every mark on the page, in the words that a screen reader says. */
const marks = () => screens.page.locator('.delivery').allTextContents();
/** All marks of the page say `words`, with a time or without one. */
async function allSay(words: string, hasTime: boolean): Promise<void> {
  const isSaid = (text: string) => text.startsWith(words) && clockTime.test(text) === hasTime;
  const all = async () => {
    const found = await marks();
    return found.length > 0 && found.every(isSaid);
  };
  await expect.poll(all, soon).toBe(true);
}

describe('SCR-2, WS-8: how far a record got', () => {
  it('is said of the version that is shown: saved, received, and at the center without a time', async () => {
    const { page, workstation } = screens;
    await screens.signIn();
    await openVisit();
    const mark = page.locator('.visit-delivery .delivery');
    await expect.poll(() => mark.textContent(), soon).toMatch(/^Saved on this computer .*\d{2}:\d{2}$/);
    workstation.receiveAll();
    await expect.poll(() => mark.textContent(), soon).toMatch(/^Received by the center .*\d{2}:\d{2}$/);
    workstation.replaceAll();
    await expect.poll(() => mark.textContent(), soon).toBe('At the center');
    expect(await mark.getAttribute('title')).toBe('At the center');
  });

  it('is said so in the queue, the history and on the patient', async () => {
    const { page, workstation } = screens;
    await screens.signIn();
    workstation.receiveAll();
    await allSay('Received by the center', true);
    workstation.replaceAll();
    await allSay('At the center', false);
    // The queue has room for the time alone: here is none.
    expect(await page.locator('.queue-row .delivery [aria-hidden=true]:not(svg)').count()).toBe(0);
    await openPatient();
    await allSay('At the center', false);
    expect((await marks()).length).toBeGreaterThan(1);
    await page.locator('.visit-history .delivery-at-center').first().waitFor();
  });

  it('is said so of requests from elsewhere', async () => {
    const { page, workstation } = screens;
    await screens.signIn();
    await page.locator('.places button').nth(5).click();
    // Opening a referral answers it from here: "seen" is an own version.
    await page.locator('.request-detail .delivery-saved').waitFor();
    await page.locator('.request-item').nth(1).click();
    await page.locator('.request-detail .delivery-at-center').waitFor();
    await allSay('At the center', false);
    await page.locator('.request-item').first().click();
    await allSay('Saved on this computer', true);
    workstation.replaceAll();
    await allSay('At the center', false);
  });

  it('fits in every language', async () => {
    const { page, workstation } = screens;
    await screens.signIn();
    workstation.replaceAll();
    const pages = [
      ['home', async () => undefined],
      ['visit', openVisit],
      [
        'patient',
        async () => {
          await pressAtRest(page, 'F2');
          await openPatient();
        },
      ],
    ] as const;
    for (const [name, go] of pages) {
      await go();
      for (const language of languages) {
        await chooseLanguage(page, language);
        await page.locator('.delivery-at-center').first().waitFor();
        await keepPicture(page, `at-center-${name}`, { language, theme: 'light' });
        expect(await misfits(page), `${name} ${language}`).toEqual([]);
      }
    }
    expect(screens.complaints).toEqual([]);
  });
});

it('SCR-2, SCR-9: a save whose answer was lost is said with its own time, whoever wrote since', async () => {
  const { page, workstation, host } = screens;
  await screens.signIn();
  await openVisit();
  await page.locator('#note').fill('Bosim baland');
  const answer = workstation.holdNext('visits.record');
  await pressAtRest(page, 'Control+Enter');
  await expect.poll(() => workstation.asked.includes('visits.record'), soon).toBe(true);
  host.cut();
  answer();
  workstation.replaceAll();
  host.resume();
  const saved = page.locator('.save-bar-saved');
  await expect.poll(() => saved.textContent(), soon).toMatch(/^Saved on this computer \d{2}:\d{2}$/);
  await expect
    .poll(() => page.locator('.visit-delivery .delivery').textContent(), soon)
    .toBe('At the center');
});
