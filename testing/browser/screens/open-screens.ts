import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { Language } from '#contracts/languages.ts';
import { openScriptedWebHost, type ScriptedWebHost } from '#testing/doubles/scripted-web-host.ts';
import { openScriptedWorkstation, type ScriptedWorkstation } from '#testing/doubles/scripted-workstation.ts';
import { loadReferenceData } from '#workstation/reference-files.ts';
import { atRest } from '../at-rest.ts';

/** The built screens in a browser, with a scripted workstation behind them. */
export interface Screens {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly workstation: ScriptedWorkstation;
  readonly host: ScriptedWebHost;
  /** What the page complained of: content security, uncaught errors. A cut link is no complaint. */
  readonly complaints: readonly string[];
  /** Signs the nurse in without a passphrase and waits for the queue. */
  signIn(person?: number): Promise<void>;
  close(): Promise<void>;
}

export interface Look {
  readonly language: Language;
  readonly theme: 'light' | 'dark';
}

/** The screen of a clinic's computer. */
const viewport = { width: 1366, height: 768 };
const root = fileURLToPath(new URL('../../../', import.meta.url));
const built = `${root}dist/renderer`;
/** Pictures to look at. */
export const pictureFolder = `${root}.cache/screens`;

/** Opens the page; `npm run build` must have run. `folder` holds what it made. */
export async function openScreens(browser: Browser, look: Look, folder: string = built): Promise<Screens> {
  const workstation = openScriptedWorkstation({ now: () => Date.now() }, loadReferenceData());
  const host = await openScriptedWebHost(workstation, folder);
  const context = await browser.newContext({ viewport, colorScheme: look.theme });
  await context.addInitScript(
    ([language, theme]) => localStorage.setItem('hamshira-preferences', JSON.stringify({ language, theme })),
    [look.language, look.theme] as const,
  );
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    const isCutLink = message.text().includes('WebSocket connection');
    if (message.type() === 'error' && !isCutLink) complaints.push(message.text());
  });
  await page.goto(host.address);
  return {
    page,
    context,
    workstation,
    host,
    complaints,
    async signIn(person = 0) {
      const somebody = workstation.people[person];
      if (somebody === undefined) throw new Error('nobody of that number works here');
      workstation.unlock(somebody.id);
      await page.locator('.queue-row').first().waitFor();
    },
    async close() {
      await context.close();
      await host.close();
    },
  };
}

/** Keeps a picture of the page for whoever wants to look. */
export async function keepPicture(page: Page, name: string, { language, theme }: Look): Promise<void> {
  await mkdir(pictureFolder, { recursive: true });
  await page.evaluate(() => document.fonts.ready.then(() => undefined));
  await atRest(page);
  await page.screenshot({ path: `${pictureFolder}/${name}.${language}.${theme}.png` });
}
