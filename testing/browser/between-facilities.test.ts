import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pressAtRest } from './at-rest.ts';
import { launchBrowser } from './browser.ts';
import { stepsInOrder } from './steps-in-order.ts';
import { startInTerminal, type Terminal } from './terminal.ts';
import { type Findings, type WorkstationPage, workstationPage } from './workstation-page.ts';

// Two computers of two facilities on one center, started by one command: what goes between facilities, by the screens.

const startLimitMs = 120_000;
/** From the screen of one facility to the screen of the other, both in sight of the center, on a busy machine. */
const acrossMs = 45_000;
const across = { timeout: acrossMs } as const;

const referred = { family: 'Qoʻldosheva', given: 'Barno', birth: '14031979', sex: 'female' } as const;
const findings: Findings = {
  systolicMmHg: '172',
  diastolicMmHg: '98',
  pulsePerMinute: '84',
  complaint: 'koʻkrakda siqilish',
  icd10: 'I20.9',
};
const findingsThere: Findings = { ...findings, systolicMmHg: '150', complaint: 'EKG qilindi' };
const referralReason = 'yurak xastaligi shubhasi';
const answerWords = 'stenokardiya tasdiqlandi';
/** Sound, and not in the district. */
const pinflOfNobody = '43112800179998';
const pinflPattern = /\d \d{6} \d{3} \d{4}/;

let folder: string;
let terminal: Terminal;
let browser: Browser;
let here: WorkstationPage;
let there: WorkstationPage;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hamshira-between-'));
  // PostgreSQL's own account, where the tests run as root, has to get through to the center's folder.
  await chmod(folder, 0o755);
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await terminal?.end();
  await rm(folder, { recursive: true, force: true });
});
stepsInOrder(() => terminal.output());

/** A screen of its own on the computer that the terminal told of after `from`, with its nurse signed in. */
async function signedIn(nurse: string, from: number): Promise<WorkstationPage> {
  const [, address = ''] = await terminal.find(/Workstation: +(http\S+)/, startLimitMs, from);
  const line = new RegExp(`${nurse} .*? {3}(\\S+) {3}nurse`);
  const [, passphrase = ''] = await terminal.find(line, startLimitMs, from);
  const page = await browser.newPage({ viewport: { width: 1366, height: 768 } });
  page.setDefaultTimeout(acrossMs);
  const workstation = workstationPage(page);
  await workstation.open(address);
  await workstation.signIn(nurse, passphrase);
  return workstation;
}

const between = ({ page }: WorkstationPage) => page.locator('.place', { hasText: 'Between facilities' });

/** Opens "Between facilities" and the request that says `words` in the list. */
async function openRequest(workstation: WorkstationPage, words: string | RegExp): Promise<void> {
  await between(workstation).click();
  await workstation.page.locator('.request-item', { hasText: words }).click();
}

const detail = ({ page }: WorkstationPage) => page.locator('.request-detail');

/** Submits the open dialog and waits until what it saved is on the disk. */
async function submitDialog({ page }: WorkstationPage): Promise<void> {
  const dialog = page.getByRole('dialog');
  await dialog.locator('button[type="submit"]').click();
  await dialog.waitFor({ state: 'detached' });
}

async function openPatientOfRequest(workstation: WorkstationPage): Promise<void> {
  await detail(workstation).getByRole('button', { name: 'Open the patient' }).click();
  await workstation.page.locator('.patient').waitFor();
}

/** Fills the dialog that sends a patient to the other facility; the only other one there is. */
async function chooseFacility({ page }: WorkstationPage, reason: string): Promise<void> {
  await page.locator('#facility').click();
  await page.getByRole('option').filter({ hasText: 'TRN000002' }).click();
  await page.locator('#send-reason').fill(reason);
}

/** The number of the patient who is shown. */
async function pinflShown({ page }: WorkstationPage): Promise<string> {
  await page.locator('.banner').filter({ hasText: pinflPattern }).waitFor();
  const [pinfl] = (await page.locator('.banner').innerText()).match(pinflPattern) ?? [];
  if (pinfl === undefined) throw new Error('the patient has no PINFL');
  return pinfl;
}

/** Goes to a patient of the district who has a number and visits; returns the number, and how many visits there are. */
async function findWithPinfl(workstation: WorkstationPage, text: string) {
  const { page } = workstation;
  await pressAtRest(page, 'F2');
  await page.locator('#patient-search').fill(text);
  await page.locator('.found').filter({ hasText: pinflPattern }).first().click();
  await page.locator('.patient').waitFor();
  await workstation.visits().first().waitFor();
  return { pinfl: await pinflShown(workstation), visits: await workstation.visits().count() };
}

describe('what goes between two facilities', () => {
  test('one key opens a computer of the neighbouring facility', { timeout: 2 * startLimitMs }, async () => {
    terminal = startInTerminal(join(folder, 'data'), '--shell', 'web');
    await terminal.find(/q {2}quit/, startLimitMs);
    const printed = terminal.output().length;
    terminal.press('n');
    here = await signedIn('Karimova', 0);
    there = await signedIn('Saidova', printed);
    await there.page.getByText('Family polyclinic No. 2').first().waitFor();
  });

  test('a referral brings the patient with her visit to the other facility', async () => {
    await here.register(referred);
    await here.recordVisit(findings);
    await here.backToPatient();
    await here.page.getByRole('button', { name: 'Refer' }).click();
    await chooseFacility(here, referralReason);
    await submitDialog(here);
    await expect.poll(() => between(there).locator('.badge').textContent(), across).toBe('1');
    await openRequest(there, referred.family);
    await detail(there).getByText(referralReason).waitFor();
    await openPatientOfRequest(there);
    await there.page.getByText('This patient belongs to: Family polyclinic No. 1').waitFor();
    await there.visits().filter({ hasText: findings.complaint }).waitFor();
  });

  test('the other facility accepts, examines and answers; the first sees the answer and the visit', async () => {
    await openRequest(there, referred.family);
    await detail(there).getByRole('button', { name: 'Accept' }).click();
    await detail(there).getByRole('button', { name: 'The patient came' }).click();
    await openPatientOfRequest(there);
    await there.recordVisit(findingsThere);
    await openRequest(there, referred.family);
    await detail(there).locator('input').fill(answerWords);
    await detail(there).getByRole('button', { name: 'Send the answer' }).click();

    await openRequest(here, referred.family);
    await detail(here).getByText(answerWords).waitFor();
    for (const event of ['Seen', 'Accepted', 'The patient came', 'Answered']) {
      await detail(here).locator('.request-events li', { hasText: event }).waitFor();
    }
    await openPatientOfRequest(here);
    const visitThere = here.visits().filter({ hasText: findingsThere.complaint });
    await visitThere.filter({ hasText: 'Family polyclinic No. 2' }).waitFor();
    await here.visits().filter({ hasText: findings.complaint }).waitFor();
  });

  test('an emergency brings the records by the number alone, with their end in sight', async () => {
    const { pinfl, visits } = await findWithPinfl(here, 'Qosimov');
    await between(there).click();
    const { page } = there;
    await page.getByRole('button', { name: 'Records from elsewhere' }).click();
    await page.locator('#access-pinfl').fill(pinfl);
    await page.locator('label.segment', { hasText: 'Emergency' }).click();
    await page.locator('#access-reason').fill('hushsiz keltirildi');
    await submitDialog(there);
    await openRequest(there, /Records here until/);
    await openPatientOfRequest(there);
    expect(await pinflShown(there)).toBe(pinfl);
    await page.getByText('The records stay here until').waitFor();
    await expect.poll(() => there.visits().count(), across).toBe(visits);
  });

  test('a request for a number that nobody has says so', async () => {
    const { page } = there;
    await between(there).click();
    await page.getByRole('button', { name: 'Records from elsewhere' }).click();
    await page.locator('#access-pinfl').fill(pinflOfNobody);
    await page.locator('#access-reason').fill('adashib yozildi');
    await submitDialog(there);
    await openRequest(there, /Nobody found/);
    await detail(there).getByText('The center found nobody with this number').waitFor();
    expect(await detail(there).getByRole('button', { name: 'Open the patient' }).count()).toBe(0);
  });

  test('a patient moved while the center is away belongs to the other facility once it is back', {
    timeout: 300_000,
  }, async () => {
    const { pinfl, visits } = await findWithPinfl(here, 'Rahimov');
    const printed = terminal.output().length;
    terminal.press('c');
    await terminal.find(/The center is stopped/, 60_000, printed);
    await here.page.getByRole('button', { name: 'Refer' }).click();
    await here.page.locator('label.segment', { hasText: 'Move for good' }).click();
    await chooseFacility(here, 'koʻchib ketdi');
    await submitDialog(here);
    await here.unsent().waitFor();
    terminal.press('c');
    await terminal.find(/The center is running/, 60_000, printed);

    await here.page
      .getByText('This patient belongs to: Family polyclinic No. 2')
      .waitFor({ timeout: 60_000 });
    await expect.poll(() => here.visits().count(), across).toBe(visits);
    // The neighbour finds the center again in its own time.
    await between(there).click();
    const moved = there.page.locator('.request-item', { hasText: 'Move for good' });
    await moved.waitFor({ timeout: 60_000 });
    await moved.click();
    await openPatientOfRequest(there);
    expect(await pinflShown(there)).toBe(pinfl);
    await expect.poll(() => there.visits().count(), across).toBe(visits);
    expect(await there.page.getByText('This patient belongs to').count()).toBe(0);
    for (const each of [here, there]) await each.unsent().waitFor({ state: 'detached' });
  });

  test('q ends both computers and the center', async () => {
    terminal.press('q');
    expect(await terminal.ended).toBe(0);
  });
});
