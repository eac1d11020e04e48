import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import type { Browser, CDPSession, Page } from 'playwright-core';
import * as v from 'valibot';
import { launchBrowser } from '#testing/browser/browser.ts';
import { openScreens, type Screens } from '#testing/browser/screens/open-screens.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const built = `${root}dist/renderer/`;
const rounds = 7;
const strokes = 'Abdurahmonova';
/** A clinic's computer against this one. */
const slowdown = 4;

/** Weight of the first screen, its first paint and the cost of a keystroke, on a processor slowed four times. */
export async function run(report: (name: string, value: number, unit: string) => void): Promise<void> {
  build();
  report('renderer.initial_js', initialKilobytes(), 'KB');
  const browser = await launchBrowser();
  try {
    report('renderer.first_paint_x4', median(await firstPaints(browser)), 'ms');
    report('renderer.keystroke_x4', await keystroke(browser), 'ms');
  } finally {
    await browser.close();
  }
}

function build(): void {
  const vite = `${root}node_modules/vite/bin/vite.js`;
  const done = spawnSync(process.execPath, [vite, 'build', '--config', 'renderer/vite.config.ts'], {
    cwd: root,
  });
  if (done.status !== 0) throw new Error(`the build failed: ${done.stderr.toString().slice(-2_000)}`);
}

const ManifestSchema = v.record(
  v.string(),
  v.object({ file: v.string(), imports: v.optional(v.array(v.string()), []) }),
);

/** Script that must be there before the lock or the home screen is painted: the entry, what it imports, one catalogue. */
function initialKilobytes(): number {
  const manifest = v.parse(
    v.pipe(v.string(), v.parseJson(), ManifestSchema),
    readFileSync(`${built}.vite/manifest.json`, 'utf8'),
  );
  const needed = new Set<string>();
  const add = (key: string) => {
    const chunk = manifest[key];
    if (chunk === undefined) throw new Error(`the build has no ${key}`);
    if (needed.has(chunk.file)) return;
    needed.add(chunk.file);
    for (const imported of chunk.imports) add(imported);
  };
  add('index.html');
  // The heaviest language.
  add('locales/ru.po');
  const bytes = [...needed].reduce((sum, file) => sum + gzipSync(readFileSync(built + file)).byteLength, 0);
  return bytes / 1024;
}

async function slow(page: Page): Promise<CDPSession> {
  const debug = await page.context().newCDPSession(page);
  await debug.send('Emulation.setCPUThrottlingRate', { rate: slowdown });
  return debug;
}

/** First contentful paint of a page that is loaded anew, cache empty, workstation locked. */
async function firstPaints(browser: Browser): Promise<readonly number[]> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const screens = await openScreens(browser, { language: 'ru', theme: 'light' });
    try {
      const debug = await slow(screens.page);
      await debug.send('Network.setCacheDisabled', { cacheDisabled: true });
      await screens.page.reload();
      await screens.page.locator('.person-choice').first().waitFor();
      times.push(await paintOf(screens.page));
    } finally {
      await screens.close();
    }
  }
  return times;
}

/** The paint that showed the screen itself: the people on the lock, not a logo before it. */
const paintOf = async (page: Page): Promise<number> =>
  await page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        new PerformanceObserver((list) => {
          const paints = list.getEntries().map((entry) => entry.startTime);
          resolve(Math.max(...paints));
        }).observe({ type: 'largest-contentful-paint', buffered: true });
      }),
  );

const EventTimesSchema = v.array(v.number());

/** The slowest but one of a name's strokes in the registration form, from key to next paint, as INP counts. */
async function keystroke(browser: Browser): Promise<number> {
  const screens = await openScreens(browser, { language: 'ru', theme: 'light' });
  try {
    const { page } = screens;
    await screens.signIn();
    await page.keyboard.press('F4');
    await page.locator('#family').waitFor();
    await slow(page);
    const times = await timeStrokes(screens);
    return times.toSorted((one, other) => other - one)[1] ?? 0;
  } finally {
    await screens.close();
  }
}

async function timeStrokes({ page }: Screens): Promise<readonly number[]> {
  await page.locator('#family').focus();
  await page.evaluate(() => {
    const times: number[] = [];
    Object.assign(window, { strokeTimes: times });
    // From the event's time stamp to the frame that shows it: the performance observer rounds to 8 ms and drops short ones.
    document.addEventListener(
      'keydown',
      (event) =>
        requestAnimationFrame(() => setTimeout(() => times.push(performance.now() - event.timeStamp))),
      true,
    );
  });
  await page.keyboard.type(strokes, { delay: 120 });
  await page.waitForTimeout(300);
  return v.parse(EventTimesSchema, await page.evaluate(() => Reflect.get(window, 'strokeTimes')));
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
