import type { Scope } from '#contracts/ids.ts';
import { type Lane, lanes } from '#contracts/records/record.ts';
import type { Frame } from '#contracts/wire/center-messages.ts';
import { commitFrame, contestedRecords, type FrameOutcome } from './commit-frame.ts';
import type { Conversation } from './conversation.ts';
import type { Welcome } from './handshake.ts';
import type { Pusher } from './push.ts';
import type { SendLedger } from './send-ledger.ts';
import { misunderstood } from './session-end.ts';
import type { SyncContext } from './sync-context.ts';
import { noteFirstCopy } from './sync-memory.ts';

interface Feed {
  readonly scope: Scope;
  readonly lane: Lane;
}

/** A lane whose frame could not be used yet is asked again after this. */
const settleWaitMs = 1000;

/** Reads the feeds of the scopes this device may read, lane by lane, from its checkpoints. One per connection. */
export class Puller {
  readonly #context: SyncContext;
  readonly #conversation: Conversation;
  readonly #ledger: SendLedger;
  readonly #pusher: Pusher;
  readonly #wake: () => void;
  readonly #welcome: Welcome;
  /** Newest known position by scope. */
  readonly #heads = new Map<Scope, number>();
  /** Scopes whose head is to be asked for: a hint may have been lost (PULL-8). */
  readonly #toLookAt = new Set<Scope>();
  /** Position up to which a feed has nothing more, by feed. */
  readonly #exhausted = new Map<string, number>();
  readonly #waiting = new Map<string, () => void>();

  constructor(
    context: SyncContext,
    conversation: Conversation,
    ledger: SendLedger,
    parts: { readonly pusher: Pusher; readonly welcome: Welcome; readonly wake: () => void },
  ) {
    this.#context = context;
    this.#conversation = conversation;
    this.#ledger = ledger;
    this.#pusher = parts.pusher;
    this.#wake = parts.wake;
    this.#welcome = parts.welcome;
    for (const { scope, head } of parts.welcome.scopes) this.#heads.set(scope, head);
  }

  /** A hint of the center. Scopes it did not name at the welcome are not ours to ask. */
  hint(scope: Scope, head: number): void {
    const known = this.#heads.get(scope);
    if (known !== undefined && head > known) this.#heads.set(scope, head);
  }

  /** Asks every scope for its head, hint or not. */
  lookEverywhere(): void {
    for (const [scope, head] of this.#heads) if (head > 0) this.#toLookAt.add(scope);
  }

  /** Reads one frame of the most urgent feed that may have something. Undefined when all is read. */
  async pullNext(): Promise<FrameOutcome | undefined> {
    for (const scope of this.#toLookAt) await this.#look(scope);
    const feed = this.#feeds().find((candidate) => this.#isBehind(candidate));
    return feed === undefined ? undefined : this.#pull(feed);
  }

  /** One position back, so that there is an answer also when nothing is new; only its head is used. */
  async #look(scope: Scope): Promise<void> {
    this.#toLookAt.delete(scope);
    const lane = lanes[0];
    const since = Math.max(0, (this.#heads.get(scope) ?? 0) - 1);
    const frame = await this.#conversation.ask(
      { type: 'pull', scope, lane, since, limit: 1 },
      'frame',
      this.#context.limits.answerMs,
    );
    checkFrame(frame, { scope, lane, since, epoch: this.#welcome.epoch });
    this.hint(scope, frame.head);
  }

  /** Cancels what waits. */
  close(): void {
    for (const cancel of this.#waiting.values()) cancel();
    this.#waiting.clear();
  }

  /** Lane first, then scope: an alert of a second scope overtakes the history of the first. */
  #feeds(): readonly Feed[] {
    return lanes.flatMap((lane) => this.#welcome.scopes.map(({ scope }) => ({ scope, lane })));
  }

  #isBehind(feed: Feed): boolean {
    const key = keyOf(feed);
    if (this.#waiting.has(key)) return false;
    const head = this.#heads.get(feed.scope) ?? 0;
    return Math.max(this.#since(feed), this.#exhausted.get(key) ?? 0) < head;
  }

  #since({ scope, lane }: Feed): number {
    return this.#context.replica.sync.checkpoint(scope, lane)?.seq ?? 0;
  }

  async #pull(feed: Feed): Promise<FrameOutcome> {
    const { limits } = this.#context;
    const since = this.#since(feed);
    const frame = await this.#conversation.ask(
      { type: 'pull', ...feed, since, limit: limits.pullDocuments },
      'frame',
      limits.answerMs,
    );
    checkFrame(frame, { ...feed, since, epoch: this.#welcome.epoch });
    this.hint(feed.scope, frame.head);
    const outcome = await this.#use(frame);
    if (outcome === undefined) {
      this.#wait(feed);
      return { stored: 0, merged: 0, setAside: 0 };
    }
    // An empty frame that gets nowhere must not be asked for again at once.
    if (frame.through === since) this.#exhausted.set(keyOf(feed), frame.head);
    return outcome;
  }

  /** Undefined when unsent rows of its records have to be answered first and cannot be now (PULL-5). */
  async #use(frame: Frame): Promise<FrameOutcome | undefined> {
    const { replica, identity, clock, random } = this.#context;
    const contested = contestedRecords(replica, frame, this.#ledger);
    if (contested.length > 0) {
      await this.#pusher.settle(contested);
      if (contestedRecords(replica, frame, this.#ledger).length > 0) return undefined;
    }
    this.#conversation.throwIfEnded();
    return replica.transact((transaction) => {
      const context = { device: identity.device, now: clock.now(), random };
      const outcome = commitFrame(transaction, frame, this.#ledger, context);
      const [own] = this.#welcome.scopes;
      if (own !== undefined) noteFirstCopy(transaction, own.scope, own.head);
      return outcome;
    });
  }

  #wait(feed: Feed): void {
    const cancel = this.#context.timers.after(settleWaitMs, () => {
      this.#waiting.delete(keyOf(feed));
      this.#wake();
    });
    this.#waiting.set(keyOf(feed), cancel);
  }
}

const keyOf = ({ scope, lane }: Feed): string => `${scope}/${lane}`;

/** PULL-2. Throws a `SessionEnd`. The CRC was checked when the message came. */
function checkFrame(
  frame: Frame,
  asked: { readonly scope: Scope; readonly lane: Lane; readonly since: number; readonly epoch: string },
): void {
  if (frame.epoch !== asked.epoch) throw misunderstood('frame of another epoch');
  if (frame.scope !== asked.scope || frame.lane !== asked.lane) throw misunderstood('frame of another feed');
  if (frame.since !== asked.since || frame.through < frame.since || frame.head < frame.through) {
    throw misunderstood('frame positions');
  }
  let last = frame.since;
  for (const { seq } of frame.documents) {
    if (seq <= last || seq > frame.through) throw misunderstood('frame order');
    last = seq;
  }
}
