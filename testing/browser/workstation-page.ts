import type { Locator, Page } from 'playwright-core';
import { atRest, pressAtRest } from './at-rest.ts';

/** What a person does on the screen of the workstation, by what she sees: English words, fields, keys. */
export interface WorkstationPage {
  readonly page: Page;
  open(address: string): Promise<void>;
  signIn(name: string, passphrase: string): Promise<void>;
  register(patient: NewPatient): Promise<void>;
  /** From the patient's page. */
  recordVisit(findings: Findings): Promise<void>;
  /** From any page of a signed-in person. */
  findPatient(text: string): Promise<void>;
  /** From a visit. */
  backToPatient(): Promise<void>;
  /** The visits on the patient's page, newest first. */
  visits(): Locator;
  /** Badge of what is not sent; absent when everything is. */
  unsent(): Locator;
}

export interface NewPatient {
  readonly family: string;
  readonly given: string;
  /** As typed: `12031985`. */
  readonly birth: string;
  readonly sex: 'female' | 'male';
}

export interface Findings {
  readonly systolicMmHg: string;
  readonly diastolicMmHg: string;
  readonly pulsePerMinute: string;
  readonly complaint: string;
  readonly icd10: string;
}

/** Drives `page`. */
export function workstationPage(page: Page): WorkstationPage {
  return {
    page,
    async open(address) {
      await page.goto(address);
      await page.locator('label.segment[title="English"]').first().click();
    },
    async signIn(name, passphrase) {
      // Behind a lock that is only coming her name may still stand on another button.
      await page.locator('.person-choice', { hasText: name }).click();
      await page.locator('#passphrase').fill(passphrase);
      await page.keyboard.press('Enter');
      await page.locator('.home').waitFor();
    },
    async register({ family, given, birth, sex }) {
      await pressAtRest(page, 'F4');
      await page.locator('#family').fill(family);
      await page.locator('#given').fill(given);
      await page.locator('#birth').fill(birth);
      await page.locator(`label.segment:has(#sex-${sex})`).click();
      await pressAtRest(page, 'Control+Enter');
      await page.locator('.patient').waitFor();
    },
    async recordVisit(findings) {
      await page.getByRole('button', { name: 'Put into the queue' }).click();
      await page.getByRole('dialog').locator('button[type="submit"]').click();
      await page.locator('.visit').waitFor();
      await atRest(page);
      for (const field of ['systolicMmHg', 'diastolicMmHg', 'pulsePerMinute', 'complaint'] as const) {
        await page.locator(`#${field}`).fill(findings[field]);
      }
      await page.locator('#icd10').fill(findings.icd10);
      await page.getByRole('option').filter({ hasText: findings.icd10 }).first().click();
      await page.locator('.drafted').filter({ hasText: findings.icd10 }).waitFor();
      await pressAtRest(page, 'Control+Enter');
      await page.locator('.save-bar-saved').waitFor();
    },
    async findPatient(text) {
      await pressAtRest(page, 'F2');
      await page.locator('#patient-search').fill(text);
      await page.locator('.found').first().waitFor();
      await pressAtRest(page, 'Enter');
      await page.locator('.patient').waitFor();
    },
    async backToPatient() {
      await page.locator('.visit-head .text-button').click();
      await page.locator('.patient').waitFor();
    },
    visits: () => page.locator('.visit-history li'),
    unsent: () => page.locator('.place', { hasText: 'Not yet sent' }).locator('.badge'),
  };
}
