import * as v from 'valibot';
import { expect } from 'vitest';
import type { WorkstationState } from '#contracts/bridge/views.ts';
import { type AppError, appError } from '#contracts/errors.ts';
import { PersonIdSchema } from '#contracts/ids.ts';
import { scriptedPaperKey, scriptedPassphrase } from '#testing/doubles/scripted-access.ts';
import { pressAtRest, soon } from '../at-rest.ts';
import type { Screens } from './open-screens.ts';
import type { Step } from './step.ts';

/** How the lock and an emergency opening look in each state that somebody may meet. Each begins on a fresh lock screen. */
export const doorStates: readonly Step[] = [
  {
    name: 'door-card-unknown',
    isDaily: true,
    go: async ({ page, workstation }) => {
      await page.locator('.person-choice').first().waitFor();
      // What lies on the reader before the screen looks at it is history.
      await expect.poll(() => workstation.asked, soon).toContain('access.door');
      workstation.access.holdCard(null);
      await page.locator('.unlock-main > .notice').waitFor();
    },
  },
  {
    name: 'door-many-people',
    go: async ({ page, workstation }) => {
      workstation.setState({ people: crowd });
      await page
        .locator('.person-choice')
        .nth(crowd.length - 1)
        .waitFor();
    },
  },
  {
    name: 'door-key',
    isDaily: true,
    go: async (screens) => {
      await chooseKeyOwner(screens);
      await screens.page.locator('.key-prompt-touch').waitFor();
    },
  },
  {
    name: 'door-finger-not-recognised',
    isDaily: true,
    go: async (screens) => {
      await chooseKeyOwner(screens);
      await failKey(screens, appError('access.finger-not-recognised', { attemptsLeft: 0 }));
    },
  },
  {
    name: 'door-key-blocked',
    isDaily: true,
    go: async (screens) => {
      await chooseKeyOwner(screens);
      await failKey(screens, appError('access.key-blocked'));
    },
  },
  {
    name: 'door-key-unknown',
    isDaily: true,
    go: async (screens) => {
      await chooseKeyOwner(screens);
      await failKey(screens, appError('access.key-unknown'));
    },
  },
  {
    name: 'door-pin-wrong',
    isDaily: true,
    go: async (screens) => {
      await chooseKeyOwner(screens);
      await failKey(screens, appError('access.pin-not-right', { attemptsLeft: 2 }));
      await screens.page.locator('#key-pin').waitFor();
    },
  },
  {
    name: 'door-windows-old',
    isDaily: true,
    go: async (screens) => {
      await onWindows(screens, 'system-too-old');
      await chooseKeyOwner(screens);
      await screens.page.locator('.device-notes').waitFor();
    },
  },
  {
    name: 'door-windows-library',
    isDaily: true,
    go: async (screens) => {
      await onWindows(screens, 'library-missing');
      await chooseKeyOwner(screens);
      await screens.page.locator('.device-notes').waitFor();
    },
  },
  {
    name: 'door-too-many',
    isDaily: true,
    go: async ({ page, workstation }) => {
      await page.locator('.person-choice').first().click();
      workstation.failNext('session.unlock', appError('access.too-many-attempts', { seconds: 128 }));
      await page.locator('#passphrase').fill('wrong');
      await page.keyboard.press('Enter');
      await page.locator('.field-error').waitFor();
    },
  },
  {
    name: 'door-rotation',
    isDaily: true,
    go: async ({ page, workstation }) => {
      workstation.access.setDoor({ rotation: 0.42 });
      await page.locator('.unlock-main > .notice').waitFor();
    },
  },
  {
    name: 'door-help-none',
    go: async ({ page, workstation }) => {
      await page.locator('.person-choice').first().waitFor();
      workstation.access.setDoor({ hasPaperKey: false, holders: [] });
      await pressAtRest(page, 'F1');
      await page.getByRole('dialog').locator('.help-way-absent').nth(1).waitFor();
    },
  },
  {
    name: 'emergency-empty',
    isDaily: true,
    go: async (screens) => {
      await openEmergency(screens);
      await screens.page.locator('.emergency-way button[type=submit]').click();
      await screens.page.locator('#emergency-name-error').waitFor();
    },
  },
  ...(
    [
      ['wrong', appError('access.paper-key-wrong')],
      ['wait', appError('access.too-many-attempts', { seconds: 64 })],
      ['disk-full', appError('store.disk-full')],
      ['damaged', appError('store.damaged')],
      ['busy', appError('bridge.busy')],
    ] as const
  ).map(
    ([name, error]): Step => ({
      name: `emergency-paper-${name}`,
      isDaily: true,
      go: async (screens) => await failPaper(screens, error),
    }),
  ),
  {
    name: 'emergency-paper-other-layout',
    isDaily: true,
    go: async (screens) => {
      await openEmergency(screens);
      await screens.page.locator('#paper-group-1').focus();
      await screens.page.keyboard.type('ab2ф', { delay: 40 });
      await screens.page.locator('.emergency-way .field-warning').waitFor();
    },
  },
  {
    name: 'emergency-two-choose',
    isDaily: true,
    go: async (screens) => {
      await openEmergencyByTwo(screens);
      await screens.page.locator('.holder-choices button').first().waitFor();
    },
  },
  {
    name: 'emergency-two-key-later',
    isDaily: true,
    go: async (screens) => {
      await openEmergencyByTwo(screens);
      await screens.page.locator('.holder-choices button').last().click();
      await screens.page.locator('.key-later').waitFor();
    },
  },
  {
    name: 'emergency-two-ready',
    isDaily: true,
    go: async (screens) => {
      await showBoth(screens);
    },
  },
  {
    name: 'emergency-two-touch',
    isDaily: true,
    go: async (screens) => {
      await showBoth(screens);
      await screens.page.locator('.emergency-way > .button-primary').click();
      await screens.page.locator('.key-prompt-touch').waitFor();
    },
  },
  {
    name: 'emergency-two-wrong',
    isDaily: true,
    go: async (screens) => {
      await showBoth(screens);
      const second = screens.workstation.people.at(3);
      screens.workstation.failNext(
        'session.break-glass',
        appError('access.key-unknown', { holder: second?.id ?? '' }),
      );
      await screens.page.locator('.emergency-way > .button-primary').click();
      await screens.page.locator('.emergency-way .notice-danger').waitFor();
    },
  },
];

const crowdNames = [
  'Абдурахманова-Нурмухамедова Гульнара Ильхомовна',
  'Toʻxtasinova Munavvar Abdullajon qizi',
  'Yoʻldosheva Zulayho Gʻayratovna',
  'Эшонқулов Достонбек Меҳриддин ўғли',
  'Saidov Ali',
  'Xoʻjayev Oʻtkir Gʻayrat oʻgʻli',
  'Норматова Дильфуза Тохировна',
  'Karimova Dilnoza Rustam qizi',
  'Мирзаева Фируза Эргашевна',
  'Qodirov Sherzod Anvar oʻgʻli',
  'Ismoilova Oydin Murod qizi',
  'Boʻriyev Sanjar Ulugʻbek oʻgʻli',
  'Каримова Дильноза Равшановна',
  'Sattorova Zulfiya Hamid qizi',
  'Ғуломова Шаҳло Ўктам қизи',
  'Rahimova Nigora Toʻlqin qizi',
];

/** As many as share one computer in a larger polyclinic. */
const crowd: WorkstationState['people'] = crowdNames.map((name, at) => ({
  id: v.parse(PersonIdSchema, `0190a000-0000-7000-8000-0000000001${String(at).padStart(2, '0')}`),
  name,
  methods: at % 3 === 0 ? ['fido2', 'passphrase'] : ['passphrase'],
}));

async function chooseKeyOwner({ page }: Screens): Promise<void> {
  await page.locator('.person-choice').nth(3).click();
  await page.locator('.key-proof').waitFor();
}

async function failKey({ page, workstation }: Screens, error: AppError): Promise<void> {
  await page.locator('.key-prompt-touch').waitFor();
  await expect.poll(() => workstation.access.key.operation(), soon).not.toBeNull();
  workstation.access.key.touch(error);
  await page.locator('.key-proof .field-error').waitFor();
}

async function onWindows({ workstation }: Screens, status: 'system-too-old' | 'library-missing') {
  workstation.access.setDoor({
    devices: [{ id: '1', kind: 'key', name: 'YubiKey Bio', status: 'not-usable-on-this-system' }],
    roads: [
      { road: 'usb', status: 'ready' },
      { road: 'smart-card', status: 'service-not-running' },
      { road: 'system-keys', status },
    ],
  });
}

async function openEmergency({ page }: Screens): Promise<void> {
  await page.locator('.unlock-foot .text-button-danger').click();
  await page.locator('#emergency-opening-reason').waitFor();
}

async function failPaper(screens: Screens, error: AppError): Promise<void> {
  const { page, workstation } = screens;
  await openEmergency(screens);
  await page.locator('#emergency-opening-reason').fill('Bemor ogʻir');
  await page.locator('#emergency-name').fill('Olimov');
  await page.locator('#paper-group-1').fill(scriptedPaperKey);
  workstation.failNext('session.break-glass', error);
  await page.locator('.emergency-way button[type=submit]').click();
  await page.locator('.emergency-way .notice-danger').waitFor();
}

async function openEmergencyByTwo(screens: Screens): Promise<void> {
  await openEmergency(screens);
  const { page } = screens;
  await page.locator('#emergency-method-two').check({ force: true });
  await page.locator('#emergency-opening-reason').fill('Bemor ogʻir');
}

async function showBoth(screens: Screens): Promise<void> {
  const { page } = screens;
  await openEmergencyByTwo(screens);
  await page.locator('.holder-choices button').first().click();
  await page.locator('#passphrase').fill(scriptedPassphrase);
  await page.keyboard.press('Enter');
  await page.locator('.holder-choices button').last().click();
  await page.locator('.key-later .button-primary').click();
  await page.locator('.emergency-shown').nth(1).waitFor();
}
