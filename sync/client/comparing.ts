import type { Conversation } from './conversation.ts';
import type { Welcome } from './handshake.ts';
import { Healing, type HealingMoment, type HealingOutcome } from './heal/healing.ts';
import type { SyncContext } from './sync-context.ts';

/** How often in a row a comparison follows one that healed something, before it waits like any other. */
const maxInRow = 3;

/**
 * When the replica is compared with the center: at the first rest of a connection, again right after something was healed,
 * and every six hours (DIG-2). After a restore of the center later: the writers of what it lost may still bring it back. One per connection.
 */
export class Comparing {
  readonly #context: SyncContext;
  readonly #start: () => Promise<HealingOutcome>;
  readonly #wake: () => void;
  #isDue: boolean;
  #inRow = 0;
  #running: Promise<void> | undefined;
  #failure: { readonly cause: unknown } | undefined;
  #cancelWait: () => void = () => {};

  constructor(
    context: SyncContext,
    conversation: Conversation,
    parts: {
      readonly welcome: Welcome;
      readonly isNewEpoch: boolean;
      readonly wake: () => void;
      readonly moment: HealingMoment;
    },
  ) {
    this.#context = context;
    this.#wake = parts.wake;
    const { scopes } = parts.welcome;
    const [own] = scopes;
    // With several scopes nobody here could say which copies belong to which: only the center compares those.
    const scope = scopes.length === 1 ? own?.scope : undefined;
    this.#start = () =>
      scope === undefined
        ? Promise.resolve({ kind: 'equal' })
        : new Healing(context, conversation, scope, parts.moment).run();
    this.#isDue = !parts.isNewEpoch;
    if (parts.isNewEpoch) this.#dueAfter(context.limits.compareAfterRestoreMs);
  }

  /** Everything is exchanged for now. */
  atRest(): void {
    if (!this.#isDue || this.#running !== undefined) return;
    this.#isDue = false;
    this.#running = this.#start().then(
      (outcome) => this.#ended(outcome),
      (cause: unknown) => {
        this.#running = undefined;
        this.#failure = { cause };
        this.#wake();
      },
    );
  }

  /** Throws what a comparison failed with: the end of the connection, or what the replica threw. */
  throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure.cause;
  }

  /** Resolves when nothing of a comparison runs any more; the connection has ended before. */
  async ended(): Promise<void> {
    this.#cancelWait();
    await this.#running;
    this.#cancelWait();
  }

  #ended(outcome: HealingOutcome): void {
    this.#running = undefined;
    const { compareEveryMs, compareAgainMs } = this.#context.limits;
    const mayRepeat = outcome.kind === 'healed' && this.#inRow < maxInRow;
    this.#inRow = outcome.kind === 'healed' ? this.#inRow + 1 : 0;
    if (mayRepeat) this.#isDue = true;
    else this.#dueAfter(outcome.kind === 'unfinished' ? compareAgainMs : compareEveryMs);
    this.#wake();
  }

  #dueAfter(waitMs: number): void {
    this.#cancelWait = this.#context.timers.after(waitMs, () => {
      this.#isDue = true;
      this.#wake();
    });
  }
}
