/** Lets one loop wait until somebody has something for it. Nothing that came while it was busy is missed. */
export class Wakeup {
  #count = 0;
  #resolve: (() => void) | undefined;

  /** How often it was woken; given to {@link waitAfter} to notice what came since. */
  get count(): number {
    return this.#count;
  }

  wake(): void {
    this.#count += 1;
    this.#resolve?.();
    this.#resolve = undefined;
  }

  /** Waits for the next wake, unless there was one after `count` was read. One waiter at a time. */
  waitAfter(count: number): Promise<void> {
    if (this.#count !== count) return Promise.resolve();
    return new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }
}
