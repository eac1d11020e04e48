import type { Timers } from '#clinic/ports/clock.ts';
import type { DeviceFact, DeviceStatus } from '#contracts/bridge/devices.ts';
import type { HidDescription } from '../drivers/reader-model.ts';
import type { HidHost, OpenHid } from './hid-host.ts';
import type { ShelvedDevice } from './shelved-device.ts';

/** Who takes a device, and how it is put to use. */
export interface HidClaim {
  readonly kind: DeviceFact['kind'];
  /** False where the system keeps such devices for itself: it is shown and never opened. */
  readonly isUsable: boolean;
  /** Puts an open device to use under an id of its own. Null when it does not answer as such a device must. */
  readonly start: (pipe: OpenHid, id: string) => Promise<ShelvedDevice | null>;
}

export interface HidRegistryOptions {
  readonly host: HidHost;
  readonly timers: Timers;
  /** Milliseconds of a clock that does not go back. */
  readonly now: () => number;
  /** Undefined for devices that are nobody's business: mice and keyboards. */
  readonly claim: (device: HidDescription) => HidClaim | undefined;
  /** Told after a device came, went or stands differently, and after the system stopped or began to answer. */
  readonly onChange: () => void;
}

/** The readers and keys that are plugged in (docs/specs/devices.md DEV-1 to DEV-6). */
export interface HidRegistry {
  facts(): readonly DeviceFact[];
  devices(): readonly ShelvedDevice[];
  /** False while the system does not list its devices. */
  isAnswering(): boolean;
  /** Lets go of every device. */
  close(): Promise<void>;
}

/** node-hid tells no news, so the list is asked for: a key is noticed within a second of being plugged in. */
const pollMs = 1_000;
/** A list that takes long is asked for less often: at most a twentieth of the time goes into it. */
const pollShare = 20;
const longestPollMs = 10_000;
const mostDevices = 32;
/** One list that lacks a device that still talks is not believed. */
const missesBelieved = 2;
/** Waits before a device is tried again: udev sets permissions a moment after the device is there. */
const firstRetryMs = 1_000;
const longestRetryMs = 15_000;
/** A device that stayed this long was well: its next failure is its first. */
const wellAfterMs = 30_000;
const failuresTold = 3;

interface Entry {
  readonly description: HidDescription;
  readonly claim: HidClaim;
  id: string;
  status: DeviceStatus | 'opening' | 'gone';
  device: ShelvedDevice | null;
  pipe: OpenHid | null;
  misses: number;
  attempts: number;
  retryAtMs: number;
  readySinceMs: number;
}

/** Begins to look for devices. */
export function openHidRegistry(options: HidRegistryOptions): HidRegistry {
  const registry = new Registry(options);
  registry.poll();
  return registry;
}

class Registry implements HidRegistry {
  readonly #options: HidRegistryOptions;
  readonly #entriesByPath = new Map<string, Entry>();
  readonly #starting = new Set<Promise<void>>();
  #cancelPoll: () => void = () => undefined;
  #polling: Promise<void> = Promise.resolve();
  #failedLists = 0;
  #started = 0;
  #isClosed = false;

  constructor(options: HidRegistryOptions) {
    this.#options = options;
  }

  facts(): readonly DeviceFact[] {
    return [...this.#entriesByPath.values()].flatMap(({ id, claim, description, status }) =>
      status === 'opening' || status === 'gone'
        ? []
        : [{ id, kind: claim.kind, name: description.product, status }],
    );
  }

  devices(): readonly ShelvedDevice[] {
    return [...this.#entriesByPath.values()].flatMap(({ device }) => device ?? []);
  }

  isAnswering(): boolean {
    return this.#failedLists < failuresTold;
  }

  /** Looks now, and again later until closed. */
  poll(): void {
    const startedMs = this.#options.now();
    this.#polling = this.#look().finally(() => {
      if (this.#isClosed) return;
      const tookMs = this.#options.now() - startedMs;
      const waitMs = Math.min(Math.max(pollMs, tookMs * pollShare), longestPollMs);
      this.#cancelPoll = this.#options.timers.after(waitMs, () => this.poll());
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelPoll();
    await this.#polling;
    await Promise.all(this.#starting);
    await Promise.all([...this.#entriesByPath.values()].map((entry) => this.#letGo(entry)));
    this.#entriesByPath.clear();
  }

  async #look(): Promise<void> {
    try {
      const listed = await this.#options.host.list();
      if (this.#isClosed) return;
      this.#setFailedLists(0);
      this.#take(this.#claimed(listed));
    } catch {
      this.#setFailedLists(this.#failedLists + 1);
    }
  }

  #setFailedLists(count: number): void {
    const before = this.isAnswering();
    this.#failedLists = count;
    if (before !== this.isAnswering()) this.#options.onChange();
  }

  /** One claim for each path, although a device may be listed once for each of its collections. */
  #claimed(listed: readonly HidDescription[]): ReadonlyMap<string, Pick<Entry, 'description' | 'claim'>> {
    const claimedByPath = new Map<string, Pick<Entry, 'description' | 'claim'>>();
    for (const description of listed) {
      if (claimedByPath.size === mostDevices) break;
      if (claimedByPath.has(description.path)) continue;
      const claim = this.#options.claim(description);
      if (claim !== undefined) claimedByPath.set(description.path, { description, claim });
    }
    return claimedByPath;
  }

  #take(claimedByPath: ReadonlyMap<string, Pick<Entry, 'description' | 'claim'>>): void {
    for (const [path, entry] of this.#entriesByPath) {
      const listed = claimedByPath.get(path);
      const isSame = listed !== undefined && isSameDevice(listed.description, entry.description);
      entry.misses = isSame ? 0 : entry.misses + 1;
      if (!isSame && (listed !== undefined || entry.misses >= missesBelieved || entry.device === null)) {
        this.#drop(path, entry);
      }
    }
    for (const [path, { description, claim }] of claimedByPath) {
      const entry = this.#entriesByPath.get(path) ?? this.#add(description, claim);
      if (entry.device === null && entry.status !== 'opening' && this.#options.now() >= entry.retryAtMs) {
        this.#begin(entry);
      }
    }
  }

  #add(description: HidDescription, claim: HidClaim): Entry {
    const entry: Entry = {
      description,
      claim,
      id: '',
      status: 'gone',
      device: null,
      pipe: null,
      misses: 0,
      attempts: 0,
      retryAtMs: Number.NEGATIVE_INFINITY,
      readySinceMs: Number.POSITIVE_INFINITY,
    };
    this.#entriesByPath.set(description.path, entry);
    return entry;
  }

  #drop(path: string, entry: Entry): void {
    this.#entriesByPath.delete(path);
    const wasShown = entry.status !== 'gone' && entry.status !== 'opening';
    entry.status = 'gone';
    void this.#letGo(entry);
    if (wasShown) this.#options.onChange();
  }

  /** Opens a device, not holding up the others. */
  #begin(entry: Entry): void {
    if (!entry.claim.isUsable) {
      if (entry.status === 'not-usable-on-this-system') return;
      entry.id = this.#newId();
      this.#setStatus(entry, 'not-usable-on-this-system');
      return;
    }
    const before = entry.status;
    entry.status = before === 'gone' ? 'opening' : before;
    entry.attempts += 1;
    entry.retryAtMs = Number.POSITIVE_INFINITY;
    const start = this.#start(entry).finally(() => this.#starting.delete(start));
    this.#starting.add(start);
  }

  async #start(entry: Entry): Promise<void> {
    const opened = await this.#options.host.open(entry.description.path);
    if (!opened.ok) {
      // Already unplugged: the next list says so.
      this.#failed(entry, opened.error === 'gone' ? 'failed' : opened.error);
      return;
    }
    const pipe = opened.value;
    let isPipeClosed = false;
    pipe.onClosed(() => {
      isPipeClosed = true;
      this.#closed(entry, pipe);
    });
    entry.id = this.#newId();
    const device = await entry.claim.start(pipe, entry.id).catch(() => null);
    if (device !== null && !isPipeClosed && this.#isStillThere(entry)) {
      entry.pipe = pipe;
      entry.device = device;
      entry.readySinceMs = this.#options.now();
      this.#setStatus(entry, 'ready');
      return;
    }
    await device?.close();
    await pipe.close();
    this.#failed(entry, 'failed');
  }

  readonly #isStillThere = (entry: Entry): boolean =>
    !this.#isClosed && this.#entriesByPath.get(entry.description.path) === entry;

  /** Unplugged, or its cable failed. The next list decides whether it is still there and is tried again. */
  #closed(entry: Entry, pipe: OpenHid): void {
    if (entry.pipe !== pipe) return;
    entry.pipe = null;
    entry.device = null;
    if (this.#options.now() - entry.readySinceMs >= wellAfterMs) entry.attempts = 0;
    entry.retryAtMs = this.#options.now() + retryWait(entry.attempts);
    this.#setStatus(entry, 'gone');
  }

  #failed(entry: Entry, status: DeviceStatus): void {
    if (!this.#isStillThere(entry)) return;
    entry.retryAtMs = this.#options.now() + retryWait(entry.attempts);
    if (entry.id === '') entry.id = this.#newId();
    this.#setStatus(entry, status);
  }

  #setStatus(entry: Entry, status: Entry['status']): void {
    const isNews = entry.status !== status;
    entry.status = status;
    if (isNews && !this.#isClosed) this.#options.onChange();
  }

  async #letGo(entry: Entry): Promise<void> {
    const { device, pipe } = entry;
    entry.device = null;
    entry.pipe = null;
    await device?.close();
    await pipe?.close();
  }

  #newId(): string {
    this.#started += 1;
    return `hid-${this.#started}`;
  }
}

const isSameDevice = (one: HidDescription, other: HidDescription): boolean =>
  one.vendorId === other.vendorId && one.productId === other.productId && one.product === other.product;

const retryWait = (attempts: number): number =>
  Math.min(firstRetryMs * 2 ** Math.min(Math.max(attempts - 1, 0), 10), longestRetryMs);
