import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { scanForPlainText } from '../plain-text/scan.ts';
import { soon } from './at-rest.ts';
import { launchBrowserWithProfile } from './browser.ts';
import { draftCount } from './kept-drafts.ts';
import { stepsInOrder } from './steps-in-order.ts';
import { startInTerminal, type Terminal } from './terminal.ts';
import { type Findings, type WorkstationPage, workstationPage } from './workstation-page.ts';

const startLimitMs = 120_000;
const syncLimitMs = 60_000;

const patient = { family: 'Qoʻchqorboyeva', given: 'Oygulxon', birth: '14031979', sex: 'female' } as const;
const firstVisit: Findings = {
  systolicMmHg: '172',
  diastolicMmHg: '98',
  pulsePerMinute: '84',
  complaint: 'bosh ogʻrigʻi kechasi kuchayadi',
  icd10: 'I10',
};
const secondVisit: Findings = {
  systolicMmHg: '158',
  diastolicMmHg: '94',
  pulsePerMinute: '78',
  complaint: 'юракуришитезлашади',
  icd10: 'I11.9',
};
const unsavedNote = 'qoralamadaqolganizoh';
/** What must not be readable anywhere: names and words of the patient, saved or only typed. */
const secrets = [
  patient.family,
  patient.given,
  'kechasi kuchayadi',
  secondVisit.complaint,
  unsavedNote,
] as const;

let folder: string;
let dataFolder: string;
let terminal: Terminal;
let browser: BrowserContext | undefined;
let workstation: WorkstationPage;
let nursePassphrase: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hamshira-main-job-'));
  // PostgreSQL's own account, where the tests run as root, has to get through to the center's folder.
  await chmod(folder, 0o755);
  dataFolder = join(folder, 'data');
});
afterAll(async () => {
  await browser?.close();
  await terminal?.end();
  await rm(folder, { recursive: true, force: true });
});
stepsInOrder(() => terminal.output());

/** The page's rows of one collection, by record. */
async function recordsAtCenter(page: Page, collection: 'patients' | 'visits'): Promise<ReadonlySet<string>> {
  const rows = page.locator(`tr[data-collection="${collection}"]`);
  const ids = await rows.evaluateAll((found) => found.map((row) => row.getAttribute('data-record') ?? ''));
  return new Set(ids);
}

async function openCenterPage(from = 0): Promise<Page> {
  const [, address = ''] = await terminal.find(/Center's page: +(http\S+)/, startLimitMs, from);
  const page = await (browser ?? (await openBrowser())).newPage();
  await page.goto(address);
  return page;
}

async function openBrowser(): Promise<BrowserContext> {
  browser = await launchBrowserWithProfile(join(folder, 'profile'), {
    viewport: { width: 1366, height: 768 },
  });
  browser.setDefaultTimeout(30_000);
  return browser;
}

/** Sees that everything under the data folder and the browser's profile is unreadable. The center keeps records in plain. */
async function expectNoPlainText(): Promise<readonly string[]> {
  const data = await scanForPlainText(dataFolder, secrets, { except: ['center'] });
  expect(data.found).toEqual([]);
  const profile = await scanForPlainText(join(folder, 'profile'), secrets);
  expect(profile.found).toEqual([]);
  expect(profile.files.length).toBeGreaterThan(10);
  return data.files;
}

describe('the main job, as a newcomer does it', () => {
  test('one command prints where to go and who can sign in', { timeout: 2 * startLimitMs }, async () => {
    terminal = startInTerminal(dataFolder);
    const [, address = ''] = await terminal.find(/Workstation: +(http\S+)/, startLimitMs);
    const [, passphrase = ''] = await terminal.find(/Karimova Nargiza.*? {3}(\S+) {3}nurse/, startLimitMs);
    nursePassphrase = passphrase;
    const context = await openBrowser();
    workstation = workstationPage(context.pages()[0] ?? (await context.newPage()));
    await workstation.open(address);
  });

  test('a wrong passphrase is refused with a sentence, the right one signs in', async () => {
    const { page } = workstation;
    await page.locator('.person-choice', { hasText: 'Karimova' }).click();
    await page.locator('#passphrase').fill('not-the-passphrase');
    await page.keyboard.press('Enter');
    await page.getByText('passphrase is not right').waitFor();
    await page.locator('#passphrase').fill(nursePassphrase);
    await page.keyboard.press('Enter');
    await page.locator('.home').waitFor();
  });

  test('a patient is registered, a visit recorded, and both reach the center', async () => {
    await workstation.register(patient);
    await workstation.recordVisit(firstVisit);
    await workstation.page.locator('.visit-delivery .delivery-received').waitFor({ timeout: syncLimitMs });
    const center = await openCenterPage();
    await center.locator('tr[data-collection="visits"]').first().waitFor();
    await expect.poll(async () => (await recordsAtCenter(center, 'patients')).size, soon).toBe(1);
    await expect.poll(async () => (await recordsAtCenter(center, 'visits')).size, soon).toBe(1);
    await center.close();
  });

  test('with the center stopped, a visit is saved and says that it is not sent', async () => {
    terminal.press('c');
    await terminal.find(/The center is stopped/, 60_000);
    await workstation.backToPatient();
    await workstation.recordVisit(secondVisit);
    const { page } = workstation;
    await page.locator('.visit-delivery .delivery-saved').waitFor();
    await workstation.unsent().waitFor();
    expect(await page.locator('.visit-delivery .delivery-received').count()).toBe(0);
    // What was saved leaves no draft: the next one is of what is typed then.
    await expect.poll(() => draftCount(page), soon).toBe(0);
  });

  test('kill -9 right after "saved" loses nothing, not even what was being typed', async () => {
    const { page } = workstation;
    await page.locator('#note').fill(unsavedNote);
    await expect.poll(() => draftCount(page), soon).toBe(1);
    const printed = terminal.output().length;
    terminal.press('w');
    await terminal.find(/was killed and is running again/, 60_000, printed);
    const files = await expectNoPlainText();
    expect(files.filter((file) => file.endsWith('-wal'))).not.toEqual([]);

    await workstation.signIn('Karimova', nursePassphrase);
    await workstation.findPatient(`${patient.family} ${patient.given}`);
    await expect.poll(() => workstation.visits().count(), soon).toBe(2);
    await workstation
      .visits()
      .filter({ hasText: secondVisit.complaint })
      .locator('.delivery-saved')
      .waitFor();
    await workstation
      .visits()
      .filter({ hasText: firstVisit.complaint })
      .locator('.delivery-received')
      .waitFor();
    await workstation.unsent().waitFor();
    await workstation.visits().filter({ hasText: secondVisit.complaint }).getByRole('button').click();
    await expect.poll(() => page.locator('#note').inputValue(), soon).toBe(unsavedNote);
  });

  test('with the center back, both visits arrive there, and the screen says so', async () => {
    const printed = terminal.output().length;
    terminal.press('c');
    const center = await openCenterPage(printed);
    await expect
      .poll(async () => (await recordsAtCenter(center, 'visits')).size, { timeout: 60_000 })
      .toBe(2);
    await expect.poll(async () => (await recordsAtCenter(center, 'patients')).size, soon).toBe(1);
    const { page } = workstation;
    await page.locator('.visit-delivery .delivery-received').waitFor({ timeout: syncLimitMs });
    await workstation.backToPatient();
    await expect.poll(() => workstation.visits().locator('.delivery-received').count(), soon).toBe(2);
    await expect.poll(() => workstation.unsent().count(), soon).toBe(0);
    await center.close();
  });

  test('q ends everything, and nothing of the patient is readable on the disk', async () => {
    await browser?.close();
    browser = undefined;
    terminal.press('q');
    expect(await terminal.ended).toBe(0);
    const files = await expectNoPlainText();
    expect(files.length).toBeGreaterThan(3);
  });

  test('the next start knows the same people, and has the records', {
    timeout: 240_000,
  }, async () => {
    terminal = startInTerminal(dataFolder);
    const [, address = ''] = await terminal.find(/Workstation: +(http\S+)/, startLimitMs);
    await terminal.find(new RegExp(`Karimova Nargiza.* ${nursePassphrase} `), startLimitMs);
    const context = await openBrowser();
    workstation = workstationPage(context.pages()[0] ?? (await context.newPage()));
    await workstation.open(address);
    await workstation.signIn('Karimova', nursePassphrase);
    await workstation.findPatient(`${patient.family} ${patient.given}`);
    await expect.poll(() => workstation.visits().count(), soon).toBe(2);
  });
});
