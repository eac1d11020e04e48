import type { Scope } from '#contracts/ids.ts';
import { type Lane, lanes } from '#contracts/records/record.ts';
import type { Portion } from '#contracts/wire/center-messages.ts';
import type { RecordTexts } from '../merge/parse-apart.ts';
import { CommitPace } from './commit-pace.ts';
import { commitPortion, type PortionOutcome } from './commit-portion.ts';
import type { Conversation } from './conversation.ts';
import type { Welcome } from './handshake.ts';
import type { LinkMeter } from './link-meter.ts';
import type { Offering } from './offering.ts';
import { checkPortion, contestedRecords, type ReadDocument, readDocuments } from './read-portion.ts';
import type { RecordRef } from './record-key.ts';
import type { SendLedger } from './send-ledger.ts';
import { misunderstood } from './session-end.ts';
import type { SyncContext } from './sync-context.ts';
import { noteFirstCopy, noteReread } from './sync-memory.ts';

/** The feed of one scope and lane, followed under its newest number. */
interface Flow {
  readonly scope: Scope;
  readonly lane: Lane;
  readonly number: number;
  /** Where the next portion begins. */
  expected: number;
  /** Portions the center may still send. */
  credit: number;
  /** Nothing was heard of it since the last look. */
  isSilent: boolean;
}

interface Arrival {
  readonly flow: Flow;
  readonly portion: Portion;
  readonly documents: readonly ReadDocument[];
  /** The center is on its way to send the next portion of the flow. */
  readonly isMoreComing: boolean;
}

/** A feed that waits until these records' rows are answered (FLOW-3). */
interface Stopped {
  readonly scope: Scope;
  readonly lane: Lane;
  readonly records: readonly RecordRef[];
}

export interface FollowingParts {
  readonly conversation: Conversation;
  readonly ledger: SendLedger;
  readonly offering: Offering;
  readonly meter: LinkMeter;
  readonly welcome: Welcome;
  readonly wake: () => void;
}

/** Follows the feeds of the scopes this device may read, lane by lane, from its checkpoints. One per connection. */
export class Following {
  readonly #context: SyncContext;
  readonly #parts: FollowingParts;
  /** By number; a feed that is stopped has none. */
  readonly #flows = new Map<number, Flow>();
  readonly #stopped = new Map<string, Stopped>();
  /** In the order of arrival: a newer version of a record comes behind an older one, whatever their lanes. */
  #arrivals: Arrival[] = [];
  readonly #pace: CommitPace;
  /** While portions are gathered: ends it. */
  #cancelGathering: (() => void) | undefined;
  #hasGathered = false;
  #numbers = 0;

  constructor(context: SyncContext, parts: FollowingParts) {
    this.#context = context;
    this.#parts = parts;
    this.#pace = new CommitPace(context.limits);
  }

  /** Follows every feed, the most urgent first: an alert of a second scope overtakes the history of the first. */
  begin(): void {
    for (const lane of lanes) for (const { scope } of this.#parts.welcome.scopes) this.#follow(scope, lane);
  }

  /**
   * A portion of `bytes` unpacked came; `texts` are those of its records, where they are known. Throws a `SessionEnd` if it continues no flow.
   */
  hear(portion: Portion, bytes: number, texts?: RecordTexts): void {
    const flow = this.#flows.get(portion.flow);
    if (flow === undefined) {
      // Sent before the center knew that the flow has a new number.
      if (portion.flow <= this.#numbers) return;
      throw misunderstood('portion of no flow');
    }
    const { epoch } = this.#parts.welcome;
    checkPortion(portion, { epoch, since: flow.expected, credit: flow.credit });
    const isMoreComing = flow.credit > 1 && bytes * 2 > this.#portionBytes && portion.through < portion.head;
    this.#parts.meter.portionArrived(bytes, isMoreComing, this.#context.clock.now());
    flow.expected = portion.through;
    flow.credit -= 1;
    flow.isSilent = false;
    this.#arrivals.push({ flow, portion, documents: readDocuments(portion, texts), isMoreComing });
  }

  /** Commits what arrived, as much as one transaction should hold. Undefined when there was nothing. */
  async commitNext(): Promise<PortionOutcome | undefined> {
    if (this.#isGathering()) return undefined;
    const arrivals = this.#takeArrivals();
    if (arrivals.length === 0) return undefined;
    this.#parts.conversation.throwIfEnded();
    const { identity, clock, random, replica } = this.#context;
    const begunAt = clock.now();
    const context = { device: identity.device, scope: identity.scope, now: begunAt, random };
    const stopped: (readonly [Flow, readonly RecordRef[]])[] = [];
    const outcomes = await replica.transact((transaction) => {
      const committed: PortionOutcome[] = [];
      for (const { flow, portion, documents } of arrivals) {
        if (stopped.some(([other]) => other === flow)) continue;
        const contested = contestedRecords(transaction, documents, this.#parts.ledger);
        if (contested.length > 0) {
          stopped.push([flow, contested]);
          continue;
        }
        const { scope, lane } = flow;
        const { epoch, since, through } = portion;
        const read = { scope, lane, epoch, since, through, documents };
        committed.push(commitPortion(transaction, read, this.#parts.ledger, context));
      }
      const [own] = this.#parts.welcome.scopes;
      if (own !== undefined) {
        noteFirstCopy(transaction, own.scope, own.head);
        noteReread(transaction, own.scope, own.head);
      }
      return committed;
    });
    this.#pace.committed(countOf(arrivals), clock.now() - begunAt);
    for (const [flow, records] of stopped) this.#stop(flow, records);
    this.#grant();
    return sumOf(outcomes);
  }

  /** Follows feeds again whose contested rows are answered. Returns whether there was one. */
  resume(): boolean {
    let hasResumed = false;
    for (const [key, { scope, lane, records }] of [...this.#stopped]) {
      if (records.some((record) => this.#parts.offering.isContested(record))) continue;
      this.#stopped.delete(key);
      this.#follow(scope, lane);
      hasResumed = true;
    }
    return hasResumed;
  }

  /** Follows anew what was silent since the last look: a message may have been lost (PULL-8). */
  lookAgain(isEvenIfHeard = false): void {
    for (const flow of [...this.#flows.values()]) {
      const isBusy = this.#arrivals.some((arrival) => arrival.flow === flow);
      if (isBusy || !(flow.isSilent || isEvenIfHeard)) flow.isSilent = true;
      else this.#follow(flow.scope, flow.lane);
    }
  }

  /** Nothing arrived that is not committed, and no feed is stopped. */
  get isIdle(): boolean {
    return this.#arrivals.length === 0 && this.#stopped.size === 0;
  }

  /** Every feed was committed as far as it went at the welcome. */
  get hasReachedWelcome(): boolean {
    return this.#parts.welcome.scopes.every(({ scope, head }) => this.hasReached(scope, head));
  }

  /** Whether every feed of the scope was committed up to `seq` or beyond. */
  hasReached(scope: Scope, seq: number): boolean {
    return lanes.every((lane) => this.#since(scope, lane) >= seq);
  }

  /** Forgets what waits. */
  close(): void {
    this.#cancelGathering?.();
    this.#cancelGathering = undefined;
  }

  /**
   * Whether what arrived waits for what is right behind it (FLOW-6): many documents in one transaction write each page of an index
   * once. Never where credit runs short meanwhile, nor where the link is what takes the time.
   */
  #isGathering(): boolean {
    const last = this.#arrivals.at(-1);
    const documents = countOf(this.#arrivals);
    const mayWait =
      last?.isMoreComing === true &&
      !this.#hasGathered &&
      this.#parts.meter.isFast &&
      last.flow.credit > this.#credit / 2 &&
      documents + last.documents.length <= this.#pace.documents;
    if (mayWait) {
      this.#cancelGathering ??= this.#context.timers.after(this.#context.limits.gatherMs, () => {
        this.#hasGathered = true;
        this.#parts.wake();
      });
    } else {
      this.close();
      this.#hasGathered = false;
    }
    return mayWait;
  }

  #takeArrivals(): readonly Arrival[] {
    const taken: Arrival[] = [];
    let documents = 0;
    this.#arrivals = this.#arrivals.filter(({ flow }) => this.#flows.get(flow.number) === flow);
    for (const arrival of this.#arrivals) {
      documents += arrival.documents.length;
      if (taken.length > 0 && documents > this.#pace.documents) break;
      taken.push(arrival);
    }
    this.#arrivals = this.#arrivals.slice(taken.length);
    return taken;
  }

  #stop(flow: Flow, records: readonly RecordRef[]): void {
    const { scope, lane } = flow;
    this.#flows.delete(flow.number);
    this.#stopped.set(`${scope}/${lane}`, { scope, lane, records });
    this.#parts.offering.settle(records);
  }

  /** A new number takes the place of the feed's older one. */
  #follow(scope: Scope, lane: Lane): void {
    for (const [number, flow] of this.#flows) {
      if (flow.scope === scope && flow.lane === lane) this.#flows.delete(number);
    }
    this.#numbers += 1;
    const since = this.#since(scope, lane);
    const credit = this.#credit;
    const flow: Flow = { scope, lane, number: this.#numbers, expected: since, credit, isSilent: false };
    this.#flows.set(flow.number, flow);
    const size = this.#portionSize;
    this.#parts.conversation.tell({ type: 'follow', flow: flow.number, scope, lane, since, credit, ...size });
  }

  /** Fresh credit for flows that used half of it, once what they sent is committed: so nothing piles up here. */
  #grant(): void {
    const wanted = this.#credit;
    for (const flow of this.#flows.values()) {
      const waiting = this.#arrivals.filter((arrival) => arrival.flow === flow).length;
      const missing = wanted - flow.credit - waiting;
      if (missing <= 0 || flow.credit + waiting > wanted / 2) continue;
      flow.credit += missing;
      const size = this.#portionSize;
      this.#parts.conversation.tell({ type: 'grant', flow: flow.number, credit: missing, ...size });
    }
  }

  get #credit(): number {
    return Math.min(this.#parts.meter.credit, this.#context.limits.credit);
  }

  get #portionSize() {
    const portionBytes = this.#portionBytes;
    return this.#parts.meter.isFast ? ({ portionBytes, isLinkFast: true } as const) : { portionBytes };
  }

  get #portionBytes(): number {
    return Math.min(this.#parts.meter.portionBytes, this.#context.limits.portionBytes);
  }

  #since(scope: Scope, lane: Lane): number {
    return this.#context.replica.sync.checkpoint(scope, lane)?.seq ?? 0;
  }
}

const countOf = (arrivals: readonly Arrival[]): number =>
  arrivals.reduce((sum, arrival) => sum + arrival.documents.length, 0);

const sumOf = (outcomes: readonly PortionOutcome[]): PortionOutcome =>
  outcomes.reduce(
    (sum, each) => ({
      stored: sum.stored + each.stored,
      merged: sum.merged + each.merged,
      removed: sum.removed + each.removed,
      setAside: sum.setAside + each.setAside,
    }),
    { stored: 0, merged: 0, removed: 0, setAside: 0 },
  );
