import type { Timers } from '#clinic/ports/clock.ts';
import { destroySlots, finishWipe } from './folder-layout.ts';

/** How long the center can be told that the records are gone before the exchange ends. */
const wipeToldMs = 1000;

/** The center's order to erase (WIP-1, WS-3): what opens the records goes at once, the records when they are closed. */
export class Erasure {
  readonly #folder: string;
  readonly #timers: Timers;
  #isUnderWay = false;

  constructor({ folder, timers }: { readonly folder: string; readonly timers: Timers }) {
    this.#folder = folder;
    this.#timers = timers;
  }

  /** From the order to {@link finish}: nothing may open the records. */
  get isUnderWay(): boolean {
    return this.#isUnderWay;
  }

  /** `hide` runs at once, `close` when the center can have been told. Resolves when nothing opens the records any more. */
  async begin(hide: () => void, close: () => void): Promise<void> {
    this.#isUnderWay = true;
    hide();
    await destroySlots(this.#folder);
    this.#timers.after(wipeToldMs, close);
  }

  /** The records are closed. */
  async finish(): Promise<void> {
    await finishWipe(this.#folder);
    this.#isUnderWay = false;
  }
}
