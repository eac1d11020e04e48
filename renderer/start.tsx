import { I18nProvider } from '@lingui/react';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import type { Timers } from '#clinic/ports/clock.ts';
import type { Link } from '#contracts/bridge/link.ts';
import type { WorkstationState } from '#contracts/bridge/views.ts';
import { App } from './app/app.tsx';
import { openPreferences, type Preferences, PreferencesContext } from './app/preferences.ts';
import { SurroundingsContext } from './app/surroundings.tsx';
import { type BridgeClient, openBridgeClient } from './bridge/client.ts';
import type { Credentials } from './bridge/connection.ts';
import { BridgeContext } from './bridge/hooks.tsx';
import { loadWords, makeI18n } from './wording/words.ts';
import './styles/fonts.css';
import './styles/tokens.css';
import './styles/base.css';
import './styles/controls.css';
import './styles/surfaces.css';
import './styles/marks.css';
import './styles/notices-and-dialogs.css';
import './styles/frame.css';
import './styles/print.css';

/** What the two roots differ in. */
interface Door {
  readonly connect: () => Promise<Link>;
  readonly credentials: Credentials | null;
}

/** Puts the screen onto the page; returns the way to try the link again at once. */
export async function startScreen(page: Document, door: Door): Promise<{ retry(): void }> {
  const preferences = openPreferences(window.localStorage);
  const darkness = window.matchMedia('(prefers-color-scheme: dark)');
  const i18n = makeI18n();

  const show = async ({ theme, language }: Preferences) => {
    const isDark = theme === 'dark' || (theme === 'system' && darkness.matches);
    page.documentElement.dataset.theme = isDark ? 'dark' : 'light';
    const words = await loadWords(language);
    // Another language was chosen while this one was being loaded.
    if (preferences.get().language !== language) return;
    i18n.loadAndActivate({ locale: language, messages: words });
    page.documentElement.lang = language;
  };
  const showChoice = () => void show(preferences.get());

  const bridge = openBridgeClient({ ...door, timers, random: Math.random });
  const [firstState] = await Promise.all([askForState(bridge), show(preferences.get())]);
  preferences.subscribe(showChoice);
  darkness.addEventListener('change', showChoice);

  const place = page.getElementById('screen');
  if (place === null) throw new Error('the page has no place for the screen');
  createRoot(place).render(
    <StrictMode>
      <SurroundingsContext value={{ clock: { now: () => Date.now() }, crypto: window.crypto }}>
        <PreferencesContext value={preferences}>
          <BridgeContext value={bridge}>
            <I18nProvider i18n={i18n}>
              <App firstState={firstState} />
            </I18nProvider>
          </BridgeContext>
        </PreferencesContext>
      </SurroundingsContext>
    </StrictMode>,
  );
  return { retry: () => bridge.retry() };
}

const timers: Timers = {
  after(waitMs, run) {
    const timer = setTimeout(run, waitMs);
    return () => clearTimeout(timer);
  },
};

/** A workstation that runs answers sooner; longer than this the page must not stay empty. */
const patienceMs = 400;

/**
 * What the workstation says first, asked for while the words are still being loaded, so that the first thing painted is the
 * screen itself. Null when it takes longer.
 */
function askForState(bridge: BridgeClient): Promise<WorkstationState | null> {
  return new Promise((resolve) => {
    const view = bridge.openView('workstation.state', {}, (report) =>
      settle(report.kind === 'snapshot' ? report.value : null),
    );
    const cancelWait = timers.after(patienceMs, () => settle(null));
    const settle = (state: WorkstationState | null) => {
      cancelWait();
      // Later: the view may be telling its first snapshot this very moment.
      queueMicrotask(() => view.close());
      resolve(state);
    };
  });
}
