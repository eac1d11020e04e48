import type { FaultName, Faults } from './faults.ts';

/** Faults of one machine that last: each is counted once, when something first comes of it (SIM-17). */
export class Spells {
  readonly #faults: Pick<Faults, 'tookEffect'>;
  readonly #unfelt = new Set<FaultName>();

  constructor(faults: Pick<Faults, 'tookEffect'>) {
    this.#faults = faults;
  }

  begin(name: FaultName): void {
    this.#unfelt.add(name);
  }

  /** What was not felt until now never will be. */
  end(name: FaultName): void {
    this.#unfelt.delete(name);
  }

  feel(name: FaultName): void {
    if (this.#unfelt.delete(name)) this.#faults.tookEffect(name);
  }
}
