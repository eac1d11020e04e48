import { VirtualTime } from '../doubles/virtual-time.ts';

const maxRounds = 100_000;

/** What has to be over before the next event may begin, and what is looked at then. */
export interface Stillness {
  isBusy(): boolean;
  /** Called after every event, once everything that followed from it is over. */
  look(): Promise<void>;
}

/**
 * Virtual time in which every event is over before the next one begins: promises have settled and PostgreSQL has answered.
 */
export class SettledTime extends VirtualTime {
  readonly #stillness: Stillness;

  constructor(stillness: Stillness) {
    super();
    this.#stillness = stillness;
  }

  override async settle(): Promise<void> {
    for (let round = 0; round < maxRounds; round += 1) {
      await super.settle();
      if (!this.#stillness.isBusy()) return await this.#stillness.look();
    }
    throw new Error('the world does not come to rest within one moment');
  }

  /** Lets time pass until the promise is settled, at most an hour. */
  async advanceUntilSettled(promise: Promise<unknown>): Promise<void> {
    let isSettled = false;
    const done = () => {
      isSettled = true;
    };
    promise.then(done, done);
    if (!(await this.advanceUntil(() => isSettled, 3_600_000)))
      throw new Error('nothing came of it in an hour');
  }
}
