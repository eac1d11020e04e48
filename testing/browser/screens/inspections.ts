import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import * as v from 'valibot';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const AxeSchema = v.object({
  violations: v.array(
    v.object({
      id: v.string(),
      impact: v.nullish(v.string()),
      nodes: v.array(v.object({ html: v.string(), failureSummary: v.optional(v.string()) })),
    }),
  ),
});

/**
 * Serious and critical findings of axe (WCAG 2.2 A and AA). It runs through the debugger, because the page's content
 * security policy refuses injected scripts.
 */
export async function seriousFindings(page: Page): Promise<readonly string[]> {
  const debug = await page.context().newCDPSession(page);
  try {
    await debug.send('Runtime.evaluate', { expression: axeSource });
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
    const run = `axe.run(document, { runOnly: ${JSON.stringify(tags)} }).then((found) => JSON.stringify(found))`;
    const { result } = await debug.send('Runtime.evaluate', {
      expression: run,
      awaitPromise: true,
      returnByValue: true,
    });
    const { violations } = v.parse(v.pipe(v.string(), v.parseJson(), AxeSchema), result.value);
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, nodes }) =>
        nodes.map((node) => `${id}: ${node.html.slice(0, 160)} ${node.failureSummary ?? ''}`),
      );
  } finally {
    await debug.detach();
  }
}

/**
 * Text that does not fit: cut off without an ellipsis, out of its box, or beyond the window's edge. Text that ends in an
 * ellipsis on purpose is left out, and what scrolls on purpose.
 */
export async function misfits(page: Page): Promise<readonly string[]> {
  return await page.evaluate(() => {
    const found: string[] = [];
    const slack = 1.5;
    const scrolls = (element: Element) => /auto|scroll/.test(getComputedStyle(element).overflowX);
    const isHiddenOnPurpose = (element: Element) =>
      element.closest('.visually-hidden, .skip-link, [aria-hidden="true"], option') !== null;
    const endsInEllipsis = (element: Element | null): boolean => {
      for (let at = element; at !== null; at = at.parentElement) {
        const style = getComputedStyle(at);
        if (style.textOverflow === 'ellipsis' || style.webkitLineClamp !== 'none') return true;
      }
      return false;
    };
    const describe = (element: Element) =>
      `<${element.tagName.toLowerCase()} class="${element.getAttribute('class') ?? ''}"> ${element.textContent?.trim().slice(0, 60)}`;
    for (const element of document.body.querySelectorAll('*')) {
      const hasOwnText = [...element.childNodes].some(
        (node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim() !== '',
      );
      const box = element.getBoundingClientRect();
      if (!hasOwnText || box.width === 0 || isHiddenOnPurpose(element) || endsInEllipsis(element)) continue;
      if (box.right > window.innerWidth + slack) found.push(`beyond the window: ${describe(element)}`);
      const frame = element.closest(
        'button, .chip, .badge, .card, .banner, .sidebar, .dialog, .segment, .vital',
      );
      const outer = frame?.getBoundingClientRect();
      if (outer && (box.right > outer.right + slack || box.left < outer.left - slack)) {
        found.push(`out of its box: ${describe(element)}`);
      }
      const overflow = getComputedStyle(element).overflowX;
      if (overflow !== 'visible' && !scrolls(element) && element.scrollWidth > element.clientWidth + slack) {
        found.push(`cut off: ${describe(element)}`);
      }
    }
    return found;
  });
}

/** How far the part of the page that changes has to be scrolled, in pixels. */
export const scrollsDown = async (page: Page): Promise<number> =>
  await page.evaluate(() => {
    const shown = [...document.querySelectorAll('.content, .unlock-side')];
    const moving = shown.length === 0 ? [document.documentElement] : shown;
    return Math.max(...moving.map((element) => element.scrollHeight - element.clientHeight));
  });

/** Buttons, links and fields that a finger or a shaking mouse misses: under 24 pixels either way (WCAG 2.5.8). */
export async function smallTargets(page: Page): Promise<readonly string[]> {
  return await page.evaluate(() =>
    [...document.querySelectorAll('button, input:not([type=radio]), select, textarea')]
      .filter((element) => {
        const { width, height } = element.getBoundingClientRect();
        const isLabelled = element.closest('label') !== null;
        return width > 0 && !isLabelled && (width < 24 || height < 24);
      })
      .map((element) => `${element.getAttribute('class')} ${element.textContent?.slice(0, 40)}`),
  );
}
