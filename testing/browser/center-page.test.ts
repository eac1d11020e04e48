import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ScopeSchema } from '#contracts/ids.ts';
import { languages } from '#contracts/languages.ts';
import { type CenterWorld, startWorld } from '../center/center-world.ts';
import { facilityA, facilityRecord, patientRow, renamed } from '../center/test-records.ts';
import { connect, enrol, type WelcomedClient } from '../center/wire-client.ts';
import { atRest, soon } from './at-rest.ts';
import { launchBrowser } from './browser.ts';

let world: CenterWorld;
let browser: Browser;
let page: Page;
let client: WelcomedClient;
let otherClient: WelcomedClient;
const problems: string[] = [];
const facilityC = v.parse(ScopeSchema, 'NAV000789');
const record = facilityRecord(facilityC);
const withLongName = {
  ...record,
  body: {
    ...record.body,
    name: {
      'uz-Latn': 'Navoiy shahri 4-sonli oilaviy poliklinikasi',
      'uz-Cyrl': 'Навоий шаҳри 4-сонли оилавий поликлиникаси',
      ru: 'Семейная поликлиника № 4 города Навои',
      en: 'Family Polyclinic No. 4 of Navoi City',
    },
  },
};
const pictures = join(import.meta.dirname, '..', '..', '.cache', 'screenshots', 'center');

beforeAll(async () => {
  world = await startWorld();
  client = await connect(world.center.url, await world.enrol());
  await world.center.createFacility(withLongName);
  const { code } = await world.center.createEnrolmentCode(facilityC);
  const other = await enrol(world.center.url, code, 'Qabulxona, 2-xona (statsionar kompyuter)');
  otherClient = await connect(world.center.url, other);
  await otherClient.push([patientRow(facilityC)]);
  browser = await launchBrowser();
  page = await browser.newPage({ viewport: { width: 1366, height: 768 } });
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(error.message));
  await mkdir(pictures, { recursive: true });
});
afterAll(async () => {
  await browser?.close();
  await client?.close();
  await otherClient?.close();
  await world?.close();
});

const cardA = `article[data-scope="${facilityA}"]`;
const rowOf = (id: string) => page.locator(`tr[data-record="${id}"]`);
const figure = (name: string) => page.locator(`${cardA} [data-figure="${name}"] dd`);

/** Cells that have to be scrolled to or lie under another card. */
const cutOff = () =>
  page.evaluate(() =>
    [...document.querySelectorAll('article, #received')].flatMap((card) => {
      const section = card.closest('section')?.getBoundingClientRect().right ?? 0;
      const room = card.getBoundingClientRect().right;
      return [...card.querySelectorAll('th, td, button')]
        .filter((part) => part.getBoundingClientRect().right > Math.min(section, room) + 0.5)
        .map((part) => part.textContent);
    }),
  );

describe("the center's page", () => {
  it('PAGE-1: takes the token out of the address, and stays open after a reload', async () => {
    await page.goto(world.center.pageUrl);
    await page.getByText('Muassasalar', { exact: true }).waitFor();
    await expect.poll(() => page.url(), soon).not.toContain('token');
    await page.reload();
    await page.getByText('Muassasalar', { exact: true }).waitFor();
  });

  it('PAGE-3: shows a record as it arrives, marked as new, and counts it', async () => {
    await page.locator('.line.here').waitFor();
    const before = Number(await figure('receivedToday').textContent());
    const row = patientRow(facilityA, 'Maxfiyxonova');
    // Looked at as it is put there: some seconds later it is as any other.
    const asItCame = page.evaluate(
      (id) =>
        new Promise<string>((resolve) => {
          const look = () => {
            const found = document.querySelector(`tr[data-record="${id}"]`);
            if (found === null) requestAnimationFrame(look);
            else resolve(found.className);
          };
          look();
        }),
      row.id,
    );
    await client.push([row]);
    expect(await asItCame).toBe('fresh');
    await client.push([renamed(row, 'Maxfiyxonova')]);
    await expect.poll(() => rowOf(row.id).count(), soon).toBe(2);
    await expect.poll(async () => Number(await figure('receivedToday').textContent()), soon).toBe(before + 2);
    expect(await page.content()).not.toContain('Maxfiyxonova');
  });

  it('shows how the workstation is, a wrong clock and a quarantined row included', async () => {
    const clock = Date.now() - 3 * 86_400_000;
    const status = {
      type: 'status',
      backlog: 1_234,
      oldestPendingAt: clock,
      quarantined: 1,
      openReviews: 2,
      clock,
    };
    client.send(status);
    await client.push([{ broken: 'row' }]);
    const device = page.locator(`${cardA} tr[data-device]`);
    await expect.poll(() => device.textContent(), soon).toContain('1\u00a0234');
    await expect.poll(() => device.textContent(), soon).toContain('−3\u00a0kun');
    await expect.poll(() => figure('quarantined').textContent(), soon).toBe('1');
    await expect.poll(() => figure('openReviews').textContent(), soon).toBe('2');
    client.send({ ...status, audit: { seq: 9, hash: '9'.repeat(64) } });
    // The page shows what was sent after it.
    const row = patientRow(facilityA);
    await client.push([row]);
    await rowOf(row.id).waitFor();
    expect(await page.locator('[data-rolled-back]').count()).toBe(0);
    client.send({ ...status, audit: { seq: 4, hash: '4'.repeat(64) } });
    await page.locator('tr[data-device] [data-rolled-back]').waitFor();
  });

  it('DIG-6: says how many records of a workstation were healed, where there are some', async () => {
    const numbers = { type: 'status', backlog: 0, oldestPendingAt: null, quarantined: 0, openReviews: 0 };
    const told = async (healed: number, unsent: number) => {
      client.send({ ...numbers, backlog: unsent, healed, clock: Date.now() });
      await expect
        .poll(() => page.locator(`${cardA} tr[data-device] td.number`).first().textContent(), soon)
        .toBe(String(unsent));
    };
    const healed = page.locator('[data-healed]');
    await told(0, 21);
    expect(await healed.count()).toBe(0);
    await told(1_203, 22);
    expect(await page.locator(`${cardA} tr[data-device] [data-healed]`).textContent()).toBe(
      'oʻzi toʻgʻrilangan yozuvlar: 1\u00a0203',
    );
    // The workstation of the other facility told none.
    expect(await healed.count()).toBe(1);
  });

  it.each([...languages])('reads well in %s, light and dark', async (language) => {
    await page.locator(`.languages [lang="${language}"]`).click();
    await page.locator(`html[lang="${language}"]`).waitFor({ state: 'attached' });
    await atRest(page);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ path: join(pictures, `${language}-${colorScheme}.png`) });
    }
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(overflow).toBeLessThanOrEqual(0);
    expect(await cutOff(), language).toEqual([]);
  });

  it('keeps erasing apart from revoking, in the dress of danger', async () => {
    const [revoke, wipe] = await page.locator(`${cardA} tr[data-actions-of] button`).evaluateAll((buttons) =>
      buttons.map((button) => {
        const { left, right, top } = button.getBoundingClientRect();
        return { left, right, top, colour: getComputedStyle(button).borderTopColor };
      }),
    );
    if (revoke === undefined || wipe === undefined) throw new Error('not two buttons');
    expect(wipe.top).toBe(revoke.top);
    expect(wipe.left - revoke.right).toBeGreaterThan(100);
    const danger = await page.evaluate(() => {
      const sample = document.createElement('button');
      sample.className = 'button danger';
      document.body.append(sample);
      const colour = getComputedStyle(sample).borderTopColor;
      sample.remove();
      return colour;
    });
    expect(wipe.colour).toBe(danger);
    expect(revoke.colour).not.toBe(danger);
  });

  it('makes an enrolment code, and keeps the focus while the page lives on', async () => {
    await page.locator('.languages [lang="en"]').click();
    await page.locator(`${cardA} .card-head button`).click();
    expect(await page.locator('.enrolment-code').textContent()).toMatch(/^[0-9A-Z]{5}-[0-9A-Z]{5}$/);
    await atRest(page);
    await page.screenshot({ path: join(pictures, 'code.png') });
    await page.keyboard.press('Escape');
    await page.locator('#dialog').waitFor({ state: 'hidden' });
    const button = page.locator(`${cardA} tr[data-actions-of] button`).first();
    await button.focus();
    const row = patientRow(facilityA);
    await client.push([row]);
    await rowOf(row.id).waitFor();
    expect(await button.evaluate((element) => element === document.activeElement)).toBe(true);
  });

  it('revokes after saying what follows', async () => {
    await page.locator(`${cardA} tr[data-actions-of] button`).first().click();
    await page.getByText('can no longer exchange records').waitFor();
    await page.screenshot({ path: join(pictures, 'revoke.png') });
    await page.locator('.dialog .danger').click();
    await page.locator('tr[data-state="revoked"]').waitFor();
    expect(await client.next('refused')).toMatchObject({ code: 'sync.device-revoked' });
  });

  it('gives a stranger nothing, and breaks no rule of its own policy', async () => {
    const other = await browser.newPage();
    await other.goto(`${world.center.pageUrl.split('#')[0]}#token=wrong`);
    await other.getByRole('alert').waitFor();
    expect(await other.locator('article').count()).toBe(0);
    await other.close();
    expect(problems).toEqual([]);
  });
});
