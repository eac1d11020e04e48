import { randomUUID } from 'node:crypto';
import * as v from 'valibot';
import { expect } from 'vitest';
import type { SignatureView } from '#contracts/bridge/views.ts';
import { appError } from '#contracts/errors.ts';
import { EntryIdSchema } from '#contracts/ids.ts';
import { scriptedPin } from '#testing/doubles/scripted-access.ts';
import { soon } from '../at-rest.ts';
import type { Screens } from './open-screens.ts';
import type { Step } from './step.ts';

/** Recovery, the trail, key settings and signatures in each state. Each begins on a fresh lock screen. */
export const accessStates: readonly Step[] = [
  {
    name: 'recovery-nothing',
    go: async (screens) => {
      await openPlace(screens, 2);
      const boxes = screens.page.locator('.holder-list input:checked');
      while ((await boxes.count()) > 0) await boxes.first().uncheck();
      await screens.page.locator('.recovery-body .notice-info').waitFor();
    },
  },
  {
    name: 'recovery-one-holder',
    isDaily: true,
    go: async (screens) => {
      await openPlace(screens, 2);
      const boxes = screens.page.locator('.holder-list input:checked');
      while ((await boxes.count()) > 1) await boxes.first().uncheck();
      await screens.page.locator('.recovery-body .notice-warning').waitFor();
    },
  },
  {
    name: 'recovery-saved',
    isDaily: true,
    go: async (screens) => {
      await openPlace(screens, 2);
      const boxes = screens.page.locator('.holder-list input:checked');
      await boxes.first().uncheck();
      await screens.page.locator('.recovery-body > .button-primary').last().click();
      await screens.page.locator('.recovery-body > .button-primary:disabled').waitFor();
    },
  },
  {
    name: 'recovery-not-saved',
    isDaily: true,
    go: async (screens) => {
      await openPlace(screens, 2);
      screens.workstation.failNext('recovery.set-holders', appError('store.disk-full'));
      await screens.page.locator('.holder-list input:checked').first().uncheck();
      await screens.page.locator('.recovery-body > .button-primary').last().click();
      await screens.page.locator('.recovery-body .notice-danger').waitFor();
    },
  },
  {
    name: 'recovery-new-paper',
    go: async (screens) => {
      await openPlace(screens, 2);
      await screens.page.locator('.recovery-body .button-primary').first().click();
      await screens.page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'paper-check-full-disk',
    isDaily: true,
    go: async (screens) => {
      const { page, workstation } = screens;
      await openPlace(screens, 2);
      await page.locator('.recovery-body .button-primary').first().click();
      await page.getByRole('dialog').locator('.button-danger').click();
      await page.locator('.paper-sheet-group').first().waitFor();
      const groups = await page.locator('.paper-sheet-group').allTextContents();
      await page.locator('.paper-actions .button-primary').click();
      for (const field of await page.locator('.paper-check input').all()) {
        const number = Number((await field.getAttribute('id'))?.split('-').at(-1));
        await field.fill(groups[number - 1] ?? '');
      }
      workstation.failNext('recovery.keep-paper', appError('store.disk-full'));
      await page.locator('.paper-check button[type=submit]').click();
      await page.locator('.paper-check .notice-danger').waitFor();
    },
  },
  {
    name: 'audit-page',
    go: async (screens) => await openPlace(screens, 3),
  },
  {
    name: 'audit-rolled-back',
    go: async (screens) => {
      screens.workstation.rollTrailBack(Date.UTC(2026, 4, 3, 5, 42));
      await openPlace(screens, 3);
      await screens.page.locator('.notice-danger').waitFor();
    },
  },
  {
    name: 'audit-emergencies',
    go: async (screens) => {
      await openPlace(screens, 3);
      await screens.page.locator('#audit-emergency').check();
      await screens.page
        .locator('.audit-table tbody tr:not(.audit-emergency)')
        .first()
        .waitFor({ state: 'detached' });
    },
  },
  {
    name: 'audit-end',
    go: async (screens) => {
      await openPlace(screens, 3);
      const older = screens.page.locator('.card-foot button').last();
      while (await older.isEnabled()) {
        const row = screens.page.locator('.audit-table tbody tr').first();
        const newest = (await row.locator('td').first().textContent()) ?? '';
        await older.click();
        await row.filter({ hasNotText: newest }).waitFor();
      }
      await older.scrollIntoViewIfNeeded();
    },
  },
  {
    name: 'keys-no-key',
    isDaily: true,
    go: async (screens) => {
      screens.workstation.access.key.pullOut();
      await openPlace(screens, 1);
      await screens.page.locator('.key-prompt-insert-key').waitFor();
    },
  },
  {
    name: 'keys-no-permission',
    isDaily: true,
    go: async (screens) => {
      screens.workstation.access.key.pullOut();
      screens.workstation.access.setDoor({
        devices: [{ id: '1', kind: 'key', name: 'YubiKey Bio', status: 'no-permission' }],
      });
      await openPlace(screens, 1);
      await screens.page.locator('.device-notes').waitFor();
    },
  },
  {
    name: 'keys-few-attempts',
    go: async (screens) => {
      screens.workstation.access.setKey({ pinAttemptsLeft: 2, fingerAttemptsLeft: 0 });
      await openPlace(screens, 1);
      await screens.page.locator('.key-facts').waitFor();
    },
  },
  {
    name: 'keys-pin-blocked',
    go: async (screens) => {
      screens.workstation.access.setKey({ pinAttemptsLeft: 0, fingerAttemptsLeft: 0 });
      await openPlace(screens, 1);
      await screens.page.locator('.key-facts .notice-danger').waitFor();
    },
  },
  {
    name: 'keys-new',
    isDaily: true,
    go: async (screens) => {
      screens.workstation.access.setKey({ hasPin: false });
      await openPlace(screens, 1);
      await screens.page.locator('.key-facts').waitFor();
    },
  },
  {
    name: 'keys-no-sensor',
    isDaily: true,
    go: async (screens) => {
      screens.workstation.access.setKey({ canTakeFingers: false, fingerAttemptsLeft: null });
      await openPlace(screens, 1);
      await screens.page.locator('.key-facts').waitFor();
    },
  },
  {
    name: 'keys-pin-wrong',
    isDaily: true,
    go: async (screens) => {
      await openPlace(screens, 1);
      await screens.page.locator('#key-pin').fill('0000');
      await screens.page.keyboard.press('Enter');
      await screens.page.locator('.notice-warning').waitFor();
    },
  },
  {
    name: 'keys-blocked',
    isDaily: true,
    go: async (screens) => {
      await openPlace(screens, 1);
      // The first look at it, which the page takes by itself, is over.
      await screens.page.locator('.key-facts').waitFor();
      screens.workstation.failNext('keys.describe', appError('access.key-blocked'));
      await screens.page.locator('#key-pin').fill('0000');
      await screens.page.keyboard.press('Enter');
      await screens.page.locator('.notice-warning').waitFor();
    },
  },
  {
    name: 'keys-fingers-first',
    isDaily: true,
    go: async (screens) => {
      await learnFinger(screens);
    },
  },
  {
    name: 'keys-fingers-third',
    isDaily: true,
    go: async (screens) => {
      await learnFinger(screens);
      for (let touch = 0; touch < 3; touch += 1) screens.workstation.access.key.touch();
      await screens.page.locator('.finger-progress progress[value="3"]').waitFor();
    },
  },
  ...(['too-fast', 'too-slow', 'too-short', 'too-similar', 'poor', 'not-recognised'] as const).map(
    (hint): Step => ({
      name: `keys-fingers-${hint}`,
      isDaily: true,
      go: async (screens) => {
        await learnFinger(screens);
        screens.workstation.access.key.touch();
        screens.workstation.access.key.touch(hint);
        await screens.page.locator('.finger-progress .field-warning').waitFor();
      },
    }),
  ),
  {
    name: 'keys-pulled-in-the-middle',
    isDaily: true,
    go: async (screens) => {
      await learnFinger(screens);
      screens.workstation.access.key.touch();
      await screens.page.locator('.finger-progress progress').waitFor();
      screens.workstation.access.key.pullOut();
      await screens.page.locator('.finger-progress').waitFor({ state: 'detached' });
    },
  },
  {
    name: 'keys-remove-finger',
    go: async (screens) => {
      await openFingers(screens);
      await screens.page.locator('.fingers .plain-row button').first().click();
      await screens.page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'keys-change-wrong',
    isDaily: true,
    go: async (screens) => {
      await openPlace(screens, 1);
      await fillPins(screens, ['0000', '246802', '246802']);
      await screens.page.locator('.pin-change .notice-danger').waitFor();
    },
  },
  {
    name: 'keys-change-last',
    isDaily: true,
    go: async (screens) => {
      await openPlace(screens, 1);
      screens.workstation.failNext('keys.change-pin', appError('access.pin-not-right', { attemptsLeft: 1 }));
      await fillPins(screens, ['0000', '246802', '246802']);
      await screens.page.locator('.pin-change .notice-danger').waitFor();
    },
  },
  {
    name: 'keys-change-differs',
    go: async (screens) => {
      await openPlace(screens, 1);
      await fillPins(screens, [scriptedPin, '246802', '246803']);
      await screens.page.locator('.error-summary').waitFor();
    },
  },
  {
    name: 'keys-changed',
    isDaily: true,
    go: async (screens) => {
      await openPlace(screens, 1);
      await fillPins(screens, [scriptedPin, '246802', '246802']);
      await screens.page.locator('.pin-change .notice-good').waitFor();
    },
  },
  {
    name: 'signatures-patient',
    go: async (screens) => {
      await openSignedPatient(screens);
      await screens.page.locator('.history-item .signature').first().waitFor();
      await screens.page.locator('.visit-history').scrollIntoViewIfNeeded();
    },
  },
  ...(['valid', 'altered', 'unknown-key', 'revoked-key-at-that-time', 'none'] as const).map(
    (kind, at): Step => ({
      name: `signatures-visit-${kind}`,
      go: async (screens) => {
        await openSignedPatient(screens, at);
        await screens.page.locator('.history-item').first().click();
        await screens.page.locator('.visit-title').waitFor();
        if (kind !== 'none') await screens.page.locator('.visit-head .signature').waitFor();
      },
    }),
  ),
];

async function openPlace({ page, signIn }: Screens, at: number): Promise<void> {
  await signIn(3);
  await page.locator('.places button').nth(6).click();
  await page.locator('.access-place').nth(at).click();
  await page
    .locator(['', '.key-facts, .key-settings-wait', '.holder-list', '.audit-table'][at] ?? '')
    .waitFor();
}

async function openFingers(screens: Screens): Promise<void> {
  await openPlace(screens, 1);
  await screens.page.locator('#key-pin').fill(scriptedPin);
  await screens.page.keyboard.press('Enter');
  await screens.page.locator('.finger-form').waitFor();
}

async function learnFinger(screens: Screens): Promise<void> {
  await openFingers(screens);
  await screens.page.locator('#finger-name').fill('Chap bosh barmoq');
  await screens.page.keyboard.press('Enter');
  await screens.page.locator('.finger-progress').waitFor();
  await expect.poll(() => screens.workstation.access.key.operation()?.kind, soon).toBe('enrol-finger');
}

async function fillPins({ page }: Screens, [present, next, repeated]: readonly [string, string, string]) {
  await page.locator('#pin-present').fill(present);
  await page.locator('#pin-next').fill(next);
  await page.locator('#pin-repeated').fill(repeated);
  await page.locator('.pin-change button[type=submit]').click();
}

/** A patient whose visits are signed in every way, beginning with the `first`. */
async function openSignedPatient({ page, workstation, signIn }: Screens, first = 0): Promise<void> {
  const by = workstation.people[3]?.id;
  if (by === undefined) throw new Error('nobody works here');
  const at = Date.now() - 3_600_000;
  const one = (verdict: SignatureView['verdict'], beyond = 0): readonly SignatureView[] => [
    {
      id: v.parse(EntryIdSchema, randomUUID()),
      at,
      by,
      verdict,
      beyond: Array.from({ length: beyond }, () => v.parse(EntryIdSchema, randomUUID())),
    },
  ];
  const kinds = [one('valid', 2), one('altered'), one('unknown-key'), one('revoked-key-at-that-time'), []];
  workstation.sign([...kinds.slice(first), ...kinds.slice(0, first)]);
  await signIn(3);
  await page.locator('#patient-search').fill('karimova dilnoza');
  await page.locator('.found').first().waitFor();
  await page.keyboard.press('Enter');
  await page.locator('.history-item').first().waitFor();
}
