import type { SyncState } from '#contracts/bridge/views.ts';
import type { ErrorCode, ErrorDetail } from '#contracts/errors.ts';
import type { Welcome } from './handshake.ts';
import { isClockNews, noteClock, offlineState } from './offline-limit.ts';
import type { Status } from './session.ts';
import type { EndReason } from './session-end.ts';
import { readSetAside } from './set-aside.ts';
import type { SyncContext } from './sync-context.ts';
import { isFirstCopy, readHealed, readLastContact } from './sync-memory.ts';

/** What the screen shows of the exchange, and a little more. `received` counts documents since the start. */
export interface SyncClientState extends Omit<SyncState, 'waitingRequests'> {
  /** Numbers that belong to `refusal`, as the versions of both sides. */
  readonly refusalDetail: ErrorDetail | null;
  /** This workstation's clock minus the center's at the last welcome, in milliseconds. Null before the first. */
  readonly clockErrorMs: number | null;
  /** Documents of the center that this program cannot read. */
  readonly setAside: number;
  /** Records found different from the center's and healed, since the workstation was enrolled (DIG-6). */
  readonly healed: number;
  /** The center was not met for longer than it allows: no record may be shown (WIP-2). */
  readonly isBeyondOfflineLimit: boolean;
}

/** The screen is told of changed numbers at most this often. */
const tellEveryMs = 100;

/** Holds the state, counts what the replica says after commits, and tells listeners when it differs. */
export class StateKeeper {
  readonly #context: SyncContext;
  readonly #listeners = new Set<(state: SyncClientState) => void>();
  #endWatch: () => void = () => {};
  #cancelWatch: () => void = () => {};
  #cancelCount: (() => void) | undefined;
  #haveReviewsChanged = true;
  #lastingRefusal: ErrorCode | undefined;
  #state: SyncClientState = {
    link: 'offline',
    refusal: null,
    refusalDetail: null,
    unsent: 0,
    oldestUnsentAt: null,
    quarantined: 0,
    openReviews: 0,
    lastContactAt: null,
    isFirstCopy: true,
    received: 0,
    clockErrorMs: null,
    setAside: 0,
    healed: 0,
    isBeyondOfflineLimit: false,
  };

  constructor(context: SyncContext) {
    this.#context = context;
  }

  get current(): SyncClientState {
    return this.#state;
  }

  onChange(told: (state: SyncClientState) => void): () => void {
    this.#listeners.add(told);
    return () => this.#listeners.delete(told);
  }

  /** Counts now and after each commit until {@link close}. */
  open(): void {
    this.#count();
    this.#watchClock();
    this.#endWatch = this.#context.replica.onCommit((notice) => {
      if (notice.records.some(({ collection }) => collection === 'reviews')) this.#haveReviewsChanged = true;
      this.#cancelCount ??= this.#context.timers.after(tellEveryMs, () => this.#count());
    });
  }

  close(): void {
    this.#endWatch();
    this.#cancelCount?.();
    this.#cancelCount = undefined;
    this.#cancelWatch();
  }

  link(link: SyncState['link'], refusal: ErrorCode | null): void {
    this.#set({ link, refusal });
  }

  welcomed(welcome: Welcome): void {
    const now = this.#context.clock.now();
    this.#lastingRefusal = undefined;
    this.#set({
      link: 'online',
      refusal: null,
      refusalDetail: null,
      lastContactAt: now,
      isBeyondOfflineLimit: false,
      clockErrorMs: now - welcome.at,
    });
  }

  received(documents: number): void {
    if (documents > 0) this.#set({ received: this.#state.received + documents });
  }

  /** A refusal that does not help to repeat stays on screen until the center welcomes the device again. */
  ended(reason: EndReason): void {
    if (reason.kind === 'refused') {
      this.#lastingRefusal = reason.mayHelpToRepeat ? undefined : reason.code;
      const link = reason.mayHelpToRepeat ? 'offline' : 'refused';
      this.#set({ link, refusal: reason.code, refusalDetail: reason.detail ?? null });
    } else if (reason.kind === 'wiped') {
      this.#set({ link: 'refused', refusal: 'sync.device-wiped', refusalDetail: null });
    } else if (reason.kind === 'misunderstood') {
      this.#set({ link: 'offline', refusal: 'sync.unknown-message', refusalDetail: null });
    } else if (this.#lastingRefusal !== undefined) {
      this.#set({ link: 'refused', refusal: this.#lastingRefusal });
    } else {
      this.#set({ link: 'offline', refusal: null, refusalDetail: null });
    }
  }

  /** Fresh numbers for the center's page. */
  status(): Status {
    this.#count();
    const { unsent, oldestUnsentAt, quarantined, openReviews, healed } = this.#state;
    return { backlog: unsent, oldestPendingAt: oldestUnsentAt, quarantined, openReviews, healed };
  }

  /** Keeps how late the clock ever was, so that the offline limit counts on whatever is done to the clock (WIP-2). */
  #watchClock(): void {
    const { replica, clock, timers, limits } = this.#context;
    const watch = () => {
      this.#cancelWatch = timers.after(limits.watchClockEveryMs, watch);
      const now = clock.now();
      this.#set({ isBeyondOfflineLimit: offlineState(replica.settings, now).isBeyondLimit });
      if (!isClockNews(replica.settings, now)) return;
      // A full disk is shown by the next write of a person; the clock is looked at again soon.
      replica.transact(({ settings }) => noteClock(settings, now)).catch(() => {});
    };
    watch();
  }

  #count(): void {
    this.#cancelCount?.();
    this.#cancelCount = undefined;
    const { replica } = this.#context;
    const counts = replica.outbox.counts();
    this.#set({
      unsent: counts.pending,
      oldestUnsentAt: counts.oldestPendingAt,
      quarantined: counts.quarantined,
      openReviews: this.#openReviews(),
      lastContactAt: readLastContact(replica),
      isFirstCopy: isFirstCopy(replica),
      setAside: readSetAside(replica).count,
      healed: readHealed(replica),
    });
  }

  #openReviews(): number {
    if (!this.#haveReviewsChanged) return this.#state.openReviews;
    this.#haveReviewsChanged = false;
    return this.#context.countOpenReviews(this.#context.replica);
  }

  #set(changes: Partial<SyncClientState>): void {
    const next = { ...this.#state, ...changes };
    const isSame = (Object.keys(next) as (keyof SyncClientState)[]).every(
      (key) => next[key] === this.#state[key],
    );
    if (isSame) return;
    this.#state = next;
    for (const told of this.#listeners) told(next);
  }
}
