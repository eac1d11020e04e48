import type { Scope } from '#contracts/ids.ts';
import { type Lane, lanes } from '#contracts/records/record.ts';
import type { CollectionName } from '#contracts/records/registry.ts';
import { maxCredit, maxDocumentsPerFrame } from '#contracts/wire/protocol.ts';
import type { News } from '../feed/bus.ts';
import { portionUtf8 } from '../feed/feed-text.ts';
import type { FeedStretch } from '../feed/read-feed.ts';
import type { FeedReader } from '../feed/shared-reads.ts';
import { PositionRanges } from './position-ranges.ts';

/** What a flow is followed with. */
export interface FollowRequest {
  readonly flow: number;
  readonly scope: Scope;
  readonly lane: Lane;
  readonly since: number;
  readonly credit: number;
  readonly portionBytes: number;
  /** Time counts more than bytes. */
  readonly isLinkFast?: boolean | undefined;
}

/** What flows need of the connection they run over. */
export interface FlowLine {
  /** Whether it can take a portion now: it has handed on nearly everything it was given. */
  readonly hasRoom: boolean;
  /** Sends a portion, JSON text in UTF-8, at once. */
  send(utf8: Uint8Array, isLinkFast: boolean): void;
  /** The feed could not be read. */
  failed(error: unknown): void;
}

/** What flows are read with. */
export interface FlowParts {
  readonly readFeed: FeedReader;
  readonly epoch: () => string;
  /** Collections that the workstation's protocol version has. */
  readonly collections: readonly CollectionName[];
  readonly line: FlowLine;
}

interface Flow {
  readonly number: number;
  readonly scope: Scope;
  readonly lane: Lane;
  credit: number;
  portionBytes: number;
  isLinkFast: boolean;
  /** What an entry is expected to take. */
  entryBytes: number;
  /** Position the workstation was told; the next portion begins here. */
  told: number;
  /** Position up to which the feed was read; what lies between is not for this workstation. */
  cursor: number;
  /** Position up to which news said that the lane holds nothing. Only spares reading, is never told. */
  quietThrough: number;
  /** Whether something may lie behind `cursor`. */
  isStale: boolean;
  /** Whether a portion without documents is due if nothing else brings the flow to the head (FLOW-1). */
  owesHead: boolean;
}

/** An average record is longer, so that the first portion is filled by one read; then what the last records took counts. */
const firstEntryBytes = 500;
/** Entries are not all of one size. */
const spareShare = 1.1;
const spareEntries = 3;
const smallestEntryBytes = 100;

/**
 * The followed feeds of one connection (docs/specs/sync.md FLOW): portions go out while credit is left and the line has room, of
 * the lowest lane first. One read at a time, chosen anew each time, so that a low lane overtakes.
 */
export class Flows {
  readonly #parts: FlowParts;
  readonly #flows = new Map<string, Flow>();
  /** Positions that this workstation's own offers made on this connection (FLOW-5). */
  readonly #own = new Map<Scope, PositionRanges>();
  /** Up to here news of a scope came without a gap. */
  readonly #heardThrough = new Map<Scope, number>();
  readonly #waiting = new Set<() => void>();
  #lastNumber = -1;
  #isRunning = false;
  #isClosed = false;
  #work: Promise<void> = Promise.resolve();

  constructor(parts: FlowParts) {
    this.#parts = parts;
  }

  /** Begins a flow in place of an older one of the scope and lane. False if its number does not ascend. */
  follow({
    flow: number,
    scope,
    lane,
    since,
    credit,
    portionBytes,
    isLinkFast = false,
  }: FollowRequest): boolean {
    if (number <= this.#lastNumber) return false;
    this.#lastNumber = number;
    this.#flows.set(`${lane} ${scope}`, {
      number,
      scope,
      lane,
      credit,
      portionBytes,
      isLinkFast,
      entryBytes: firstEntryBytes,
      told: since,
      cursor: since,
      quietThrough: since,
      isStale: true,
      owesHead: true,
    });
    this.wake();
    return true;
  }

  /** More credit; a flow that was replaced meanwhile is passed over. */
  grant(number: number, credit: number, portionBytes: number, isLinkFast = false): void {
    const flow = [...this.#flows.values()].find((candidate) => candidate.number === number);
    if (flow === undefined) return;
    flow.credit = Math.min(flow.credit + credit, maxCredit);
    flow.portionBytes = portionBytes;
    flow.isLinkFast = isLinkFast;
    this.wake();
  }

  /** The workstation wrote positions `from` + 1 to `through` on this connection. */
  passOver(scope: Scope, from: number, through: number): void {
    const own = this.#own.get(scope) ?? new PositionRanges();
    this.#own.set(scope, own);
    own.add(from, through);
  }

  /** New positions in a scope. */
  hear({ scope, from, head, lanes: filled }: Extract<News, { kind: 'head' }>): void {
    const hasGap = from > (this.#heardThrough.get(scope) ?? 0);
    const own = this.#own.get(scope);
    const isOwn = own?.covers(from, head) === true;
    for (const flow of this.#flows.values()) {
      if (flow.scope !== scope) continue;
      const isQuiet = !hasGap && from <= flow.quietThrough && (isOwn || !filled.includes(flow.lane));
      if (isQuiet) flow.quietThrough = Math.max(flow.quietThrough, head);
      else if (head > flow.cursor) flow.isStale = true;
    }
    this.#heardThrough.set(scope, Math.max(this.#heardThrough.get(scope) ?? 0, head));
    this.wake();
  }

  /** News may have been lost: looks everywhere. */
  refresh(): void {
    for (const flow of this.#flows.values()) flow.isStale = true;
    this.wake();
  }

  /** Resolves when every flow of the scope that has credit was brought to the head, or nothing is sent any more. */
  async bringToHead(scope: Scope): Promise<void> {
    for (const flow of this.#flows.values()) if (flow.scope === scope) flow.owesHead = true;
    this.wake();
    const isDone = () =>
      this.#isClosed || ![...this.#flows.values()].some((flow) => flow.scope === scope && isDue(flow));
    while (!isDone()) await new Promise<void>((resolve) => this.#waiting.add(resolve));
  }

  /** Positions the workstation was told for a scope, by flow. */
  toldPositions(scope: Scope): readonly number[] {
    return [...this.#flows.values()].filter((flow) => flow.scope === scope).map(({ told }) => told);
  }

  /** Goes on if there is something to send and room for it. */
  wake(): void {
    if (this.#isRunning || this.#isClosed) return;
    this.#isRunning = true;
    this.#work = this.#run();
  }

  /** Sends nothing more; resolves when nothing is read any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#tellWaiting();
    await this.#work;
  }

  async #run(): Promise<void> {
    try {
      while (!this.#isClosed && this.#parts.line.hasRoom) {
        const flow = this.#mostUrgent();
        if (flow === undefined) break;
        await this.#serve(flow);
        this.#tellWaiting();
      }
    } catch (error) {
      this.#isClosed = true;
      this.#parts.line.failed(error);
    } finally {
      this.#isRunning = false;
      this.#tellWaiting();
    }
  }

  #tellWaiting(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }

  #mostUrgent(): Flow | undefined {
    for (const lane of lanes) {
      for (const flow of this.#flows.values()) if (flow.lane === lane && isDue(flow)) return flow;
    }
    return undefined;
  }

  async #serve(flow: Flow): Promise<void> {
    const own = this.#own.get(flow.scope);
    flow.cursor = own?.skipFrom(flow.cursor) ?? flow.cursor;
    flow.isStale = false;
    const stretch = await this.#parts.readFeed({
      scope: flow.scope,
      lane: flow.lane,
      since: flow.cursor,
      limit: entriesOf(flow),
      bytes: flow.portionBytes,
      collections: this.#parts.collections,
      hasWithdrawals: true,
    });
    if (this.#isClosed || this.#flows.get(`${flow.lane} ${flow.scope}`) !== flow) return;
    flow.cursor = stretch.through;
    flow.entryBytes = entryBytesOf(stretch) ?? flow.entryBytes;
    flow.quietThrough = Math.max(flow.quietThrough, stretch.through);
    if (stretch.isMoreLeft) flow.isStale = true;
    else this.#heardThrough.set(flow.scope, Math.max(this.#heardThrough.get(flow.scope) ?? 0, stretch.head));
    this.#send(flow, stretch);
  }

  #send(flow: Flow, { items, isMoreLeft, through, head }: FeedStretch): void {
    const own = this.#own.get(flow.scope);
    const foreign = own === undefined ? items : items.filter(({ seq }) => !own.has(seq));
    const isDueToHead = !isMoreLeft && flow.owesHead && through > flow.told;
    if (foreign.length > 0 || isDueToHead) {
      const { number, told: since } = flow;
      const epoch = this.#parts.epoch();
      const portion = portionUtf8({ flow: number, epoch, since, through, head }, foreign);
      this.#parts.line.send(portion, flow.isLinkFast);
      flow.told = through;
      flow.credit -= 1;
    }
    if (!isMoreLeft) flow.owesHead = false;
    own?.forgetThrough(Math.min(...this.#cursorsOf(flow.scope)));
  }

  #cursorsOf(scope: Scope): readonly number[] {
    return [...this.#flows.values()].filter((flow) => flow.scope === scope).map(({ cursor }) => cursor);
  }
}

const isDue = (flow: Flow) => flow.credit > 0 && (flow.isStale || flow.owesHead);

/** How many entries fill a portion: those that were read and do not fit were read in vain. */
const entriesOf = ({ portionBytes, entryBytes }: Flow) =>
  Math.min(maxDocumentsPerFrame, Math.ceil((portionBytes / entryBytes) * spareShare) + spareEntries);

/** About what an entry of the stretch takes, in bytes; undefined if there is none. */
function entryBytesOf({ items }: FeedStretch): number | undefined {
  const length = items.reduce((sum, item) => sum + ('body' in item ? item.body.length : 0), 0);
  return items.length === 0 ? undefined : Math.max(length / items.length, smallestEntryBytes);
}
