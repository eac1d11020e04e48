import type { Page } from 'playwright-core';
import { atRest } from '../at-rest.ts';

/** One stop of the Tab key. */
interface Stop {
  readonly control: string;
  readonly isSeen: boolean;
}

/** Stops outside the page's controls: its frame, and what holds the focus in a dialog. */
const spareStops = 8;

/**
 * Walks a page by Tab, from its beginning to its end, and tells what is wrong for somebody without a mouse: controls that are never
 * reached, that have no name, or whose focus cannot be seen.
 */
export async function keyboardFaults(page: Page): Promise<readonly string[]> {
  await atRest(page);
  const expected = await markControls(page);
  const stops: Stop[] = [];
  await page.evaluate(() => {
    if (document.querySelector('[role=dialog]') !== null) return;
    // Tab goes on from here: from the top of the page.
    document.body.setAttribute('tabindex', '-1');
    document.body.focus();
    document.body.removeAttribute('tabindex');
  });
  for (let press = 0; press < expected.length + spareStops; press += 1) {
    await page.keyboard.press('Tab');
    const stop = await whereFocusIs(page);
    // Beyond its end a page begins anew, and so does a dialog, which holds the focus.
    if (stop !== null && stop.control === stops[0]?.control) break;
    if (stop !== null) stops.push(stop);
  }
  const reached = new Set(stops.map(({ control }) => control));
  return [
    ...expected.filter(({ id }) => !reached.has(id)).map(({ words }) => `not reached: ${words}`),
    ...expected.filter(({ hasName }) => !hasName).map(({ words }) => `no name: ${words}`),
    ...stops
      .filter(({ isSeen }) => !isSeen)
      .map(({ control }) => `focus not seen: ${expected.find(({ id }) => id === control)?.words ?? control}`),
  ];
}

interface Control {
  readonly id: string;
  readonly words: string;
  readonly hasName: boolean;
}

/** Numbers every control that somebody can use now; of radio buttons with one name the chosen one stands for all. */
const markControls = (page: Page): Promise<readonly Control[]> =>
  page.evaluate(() => {
    const scope = document.querySelector('[role=dialog]') ?? document.body;
    const all = [...scope.querySelectorAll<HTMLElement>('button, input, select, textarea, a[href]')];
    const isUsable = (element: HTMLElement) =>
      !element.matches(':disabled') &&
      element.closest('[inert]') === null &&
      element.tabIndex >= 0 &&
      element.getClientRects().length > 0 &&
      getComputedStyle(element).visibility !== 'hidden';
    const stands = (element: HTMLElement) =>
      !(element instanceof HTMLInputElement && element.type === 'radio') ||
      element.checked ||
      !all.some((each) => each instanceof HTMLInputElement && each.name === element.name && each.checked);
    const nameOf = (element: HTMLElement): string => {
      const labels = 'labels' in element && element.labels instanceof NodeList ? [...element.labels] : [];
      const byId = (element.getAttribute('aria-labelledby') ?? '')
        .split(' ')
        .map((id) => document.getElementById(id));
      const texts = [element, ...labels, ...byId].map((each) => each?.textContent ?? '');
      return [element.getAttribute('aria-label') ?? '', ...texts].join(' ').trim();
    };
    return all
      .filter(isUsable)
      .filter(stands)
      .map((element, at) => {
        element.setAttribute('data-walk', String(at));
        const name = nameOf(element);
        return {
          id: String(at),
          words: `<${element.tagName.toLowerCase()} id="${element.id}" class="${element.className}"> ${name.slice(0, 40)}`,
          hasName: name !== '',
        };
      });
  });

/** Null where the walk left the page. A radio button's mark stands on what is beside it. */
const whereFocusIs = (page: Page): Promise<Stop | null> =>
  page.evaluate(() => {
    const focused = document.activeElement;
    if (!(focused instanceof HTMLElement) || focused === document.body) return null;
    const marked = [focused, focused.nextElementSibling, focused.closest('label, .answer, .search-box')];
    const isSeen = marked.some((element) => {
      if (element === null) return false;
      const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(element);
      return (
        outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 2 && outlineColor !== 'rgba(0, 0, 0, 0)'
      );
    });
    const control =
      focused.getAttribute('data-walk') ?? `<${focused.tagName.toLowerCase()} class="${focused.className}">`;
    return { control, isSeen };
  });
