import { I18nProvider } from '@lingui/react';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import type { Link } from '#contracts/bridge/link.ts';
import { App } from './app/app.tsx';
import { openPreferences, type Preferences, PreferencesContext } from './app/preferences.ts';
import { SurroundingsContext } from './app/surroundings.tsx';
import { openBridgeClient } from './bridge/client.ts';
import type { Credentials } from './bridge/connection.ts';
import { BridgeContext } from './bridge/hooks.tsx';
import { makeI18n, showLanguage } from './wording/words.ts';
import './styles/fonts.css';
import './styles/tokens.css';
import './styles/base.css';
import './styles/controls.css';
import './styles/surfaces.css';
import './styles/notices-and-dialogs.css';
import './styles/frame.css';

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

  const show = async (now: Preferences) => {
    const isDark = now.theme === 'dark' || (now.theme === 'system' && darkness.matches);
    page.documentElement.dataset.theme = isDark ? 'dark' : 'light';
    await showLanguage(i18n, now.language);
    page.documentElement.lang = now.language;
  };
  const showChoice = () => void show(preferences.get());

  const bridge = openBridgeClient({
    ...door,
    timers: {
      after(waitMs, run) {
        const timer = setTimeout(run, waitMs);
        return () => clearTimeout(timer);
      },
    },
    random: Math.random,
  });
  await show(preferences.get());
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
              <App />
            </I18nProvider>
          </BridgeContext>
        </PreferencesContext>
      </SurroundingsContext>
    </StrictMode>,
  );
  return { retry: () => bridge.retry() };
}
