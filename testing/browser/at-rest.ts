import type { Page } from 'playwright-core';

/** How long a state may take to come: the machine of a test may be slow, and busy with something else. */
export const soon = { timeout: 30_000 } as const;

/**
 * Resolves once the page has nothing left to do for what it has been given: effects of what is shown have run (they listen to keys,
 * move the focus), short transitions are over, and two frames were drawn in between (dialogs give the focus back a frame late).
 * What is still on its way from the workstation is not waited for: a look at what did NOT happen needs proof of that first.
 */
export async function atRest(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const drawn = () => new Promise((resolve) => requestAnimationFrame(resolve));
    // Comes after every task that waits now. (Idle callbacks do not come on a page that draws nothing.)
    const idle = () => scheduler.postTask(() => undefined, { priority: 'background' });
    const isShort = (animation: Animation) => animation.effect?.getComputedTiming().endTime !== Infinity;
    await idle();
    for (let frame = 0; frame < 3; frame += 1) await drawn();
    await Promise.allSettled(
      document
        .getAnimations()
        .filter(isShort)
        .map(({ finished }) => finished),
    );
    await idle();
  });
}

/** Presses keys one after the other, as somebody does who sees that the page waits for her. */
export async function pressAtRest(page: Page, ...keys: readonly string[]): Promise<void> {
  await atRest(page);
  for (const key of keys) await page.keyboard.press(key);
}
