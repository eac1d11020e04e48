import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pairReviewId } from '#clinic/reviews/pair-id.ts';
import { type RecordId, RecordIdSchema, RevisionSchema } from '#contracts/ids.ts';
import { languages } from '#contracts/languages.ts';
import type { ReviewBody } from '#contracts/records/reviews.ts';
import { type CenterWorld, startWorld } from '../center/center-world.ts';
import { facilityA, facilityB, patient, rowFor, somePerson } from '../center/test-records.ts';
import { connect, type WelcomedClient } from '../center/wire-client.ts';
import { atRest, soon } from './at-rest.ts';
import { launchBrowser } from './browser.ts';
import { seriousFindings } from './screens/inspections.ts';

let world: CenterWorld;
let browser: Browser;
let page: Page;
const clients: WelcomedClient[] = [];
const problems: string[] = [];
const pictures = join(import.meta.dirname, '..', '..', '.cache', 'screenshots', 'center');
const rev = v.parse(RevisionSchema, `1-${'0'.repeat(32)}`);
const newId = (): RecordId => v.parse(RecordIdSchema, patient(facilityA).id);
const [conflicted, first, second, conflictReview] = [newId(), newId(), newId(), newId()];
/** Would run if it were ever taken for markup. */
const hostile = '<img src=x onerror=alert(1)>';

beforeAll(async () => {
  world = await startWorld();
  const conflict: ReviewBody = {
    subject: { collection: 'patients', id: conflicted },
    question: {
      kind: 'conflict',
      fields: [
        {
          field: 'phone',
          base: JSON.stringify('+998900000000'),
          mine: JSON.stringify('+998902222222'),
          theirs: JSON.stringify('+998901111111'),
        },
        {
          field: 'name',
          mine: JSON.stringify({ family: hostile, given: 'Gulnora' }),
          theirs: JSON.stringify({ family: 'Qodirova', given: 'Gulnora' }),
        },
      ],
      mineRev: rev,
      theirsRev: rev,
      mineAuthor: somePerson,
      theirsAuthor: somePerson,
    },
    decisions: [],
  };
  const alike: ReviewBody = {
    subject: { collection: 'patients', id: first },
    question: { kind: 'possible-duplicate', other: second, score: 0.7 },
    decisions: [],
  };
  const own = patient(facilityA, 'Qodirova', conflicted);
  const client = await connect(world.center.url, await world.enrol());
  const other = await connect(world.center.url, await world.enrol(facilityB));
  clients.push(client, other);
  await client.push([
    rowFor('patients', { ...own, body: { ...own.body, phone: '+998901111111' } }),
    rowFor('reviews', { ...patient(facilityA, 'x', conflictReview), body: conflict }),
  ]);
  await other.push([
    rowFor('patients', patient(facilityB, 'Toshmatova', first)),
    rowFor('patients', patient(facilityB, 'Тошматова', second)),
    rowFor('reviews', { ...patient(facilityB, 'x', pairReviewId(first, second)), body: alike }),
  ]);
  browser = await launchBrowser();
  page = await browser.newPage({ viewport: { width: 1366, height: 768 } });
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('dialog', (dialog) => problems.push(dialog.message()));
  await mkdir(pictures, { recursive: true });
  await page.goto(world.center.pageUrl);
  await page.locator('tr[data-review]').nth(1).waitFor();
});
afterAll(async () => {
  await browser?.close();
  for (const client of clients) await client.close();
  await world?.close();
});

const dialog = () => page.locator('#dialog');
const open = async (id: RecordId) => {
  await atRest(page);
  await page.locator(`tr[data-review="${id}"] button`).press('Enter');
  await dialog().locator('form').waitFor();
};

describe("PAGE-7: the inbox of the center's page", () => {
  it('lists questions of all facilities without a name', async () => {
    const rows = page.locator('tr[data-review]');
    await rows
      .filter({ hasText: `Punkt ${facilityA}` })
      .filter({ hasText: 'Telefon' })
      .waitFor();
    await rows.filter({ hasText: `Punkt ${facilityB}` }).waitFor();
    expect(await page.content()).not.toMatch(/Qodirova|Toshmatova|\+998/);
  });

  it.each([...languages])('tells the difference in words in %s, light and dark', async (language) => {
    await page.locator(`.languages [lang="${language}"]`).click();
    for (const [name, id] of [
      ['conflict', conflictReview],
      ['pair', pairReviewId(first, second)],
    ] as const) {
      await open(id);
      expect(await dialog().textContent()).not.toMatch(/[{}"]|\b(review|field|pair|sex|allergy)\.[a-z]/);
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        await page.screenshot({ path: join(pictures, `review-${name}-${language}-${colorScheme}.png`) });
        expect(await seriousFindings(page)).toEqual([]);
      }
      await page.keyboard.press('Escape');
      await dialog().waitFor({ state: 'hidden' });
    }
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(overflow).toBeLessThanOrEqual(0);
  });

  it('takes what a record holds for text, never for markup', async () => {
    await open(conflictReview);
    expect(await dialog().textContent()).toContain(hostile);
    expect(await dialog().locator('img').count()).toBe(0);
    expect((await dialog().locator('mark').allTextContents()).join(' ')).toContain('22');
    await page.keyboard.press('Escape');
    await dialog().waitFor({ state: 'hidden' });
    expect(problems).toEqual([]);
  });

  it('settles by keyboard, and the question goes', async () => {
    await page.locator('.languages [lang="en"]').click();
    await open(pairReviewId(first, second));
    await dialog().locator('input[type=radio]').first().focus();
    await page.keyboard.press('Space');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Enter');
    await dialog().waitFor({ state: 'hidden' });
    await expect.poll(() => page.locator('tr[data-review]').count(), soon).toBe(1);
    const { rows } = await world.sql.query('select body from doc where id = $1', [second]);
    expect(JSON.parse(String(rows[0]?.body)).body.replacedBy.other).toBe(first);
  });

  it('says it when somebody was quicker', async () => {
    await open(conflictReview);
    const body = { scope: facilityA, id: conflictReview, choice: 'theirs' };
    const quicker = await page.evaluate(async (order) => {
      const authorization = `Bearer ${sessionStorage.getItem('hamshira center session')}`;
      const answer = await fetch('/api/settlements', {
        method: 'POST',
        headers: { authorization },
        body: JSON.stringify(order),
      });
      return answer.status;
    }, body);
    expect(quicker).toBe(200);
    await dialog().locator('input[type=radio]').nth(1).check();
    await dialog().locator('form button').press('Enter');
    await page.getByText('Somebody changed this record meanwhile').waitFor();
    expect(problems).toEqual([]);
  });
});
