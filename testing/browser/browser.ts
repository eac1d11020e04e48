import { type Browser, type BrowserContext, type BrowserContextOptions, chromium } from 'playwright-core';
import { type ChromiumBinary, findChromium } from './chromium-binary.ts';

/**
 * Own arguments: those of `@sparticuz/chromium` switch web security and process isolation off. The sandbox needs a
 * user other than root, which bare containers lack; the pages are ours. The rest keeps the browser off the network.
 */
export const browserArguments = [
  '--headless=shell',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-sync',
  '--disable-component-update',
  '--disable-background-networking',
  '--no-first-run',
] as const;

/** A headless Chromium; the caller closes it. Throws with the reason where this machine has none. */
export async function launchBrowser(): Promise<Browser> {
  return await chromium.launch(launchOptions(await findChromium()));
}

/**
 * A headless Chromium whose one context keeps its profile in `folder`, so that what a page leaves on disk can be looked
 * at; the caller closes it.
 */
export async function launchBrowserWithProfile(
  folder: string,
  options: BrowserContextOptions = {},
): Promise<BrowserContext> {
  return await chromium.launchPersistentContext(folder, {
    ...options,
    ...launchOptions(await findChromium()),
  });
}

function launchOptions(binary: ChromiumBinary) {
  return {
    executablePath: binary.path,
    args: [...browserArguments],
    env: { ...definedVariables(process.env), ...binary.environment },
    handleSIGINT: false,
  };
}

function definedVariables(variables: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(Object.entries(variables).filter((pair): pair is [string, string] => !!pair[1]));
}
