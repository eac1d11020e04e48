import type { Timers } from '#clinic/ports/clock.ts';
import type { DeviceFact, DeviceRoad } from '#contracts/bridge/devices.ts';
import { fail, type Result } from '#contracts/result.ts';
import { readUidAnswer, uidCommand } from '../drivers/iso7816.ts';
import type { CardReader, CardReading, CardTrouble } from '../ports.ts';
import type { PcscCard, PcscFailure, PcscHandle, PcscLibrary, PcscReaderState } from './pcsc-library.ts';
import type { ShelvedDevice } from './shelved-device.ts';
import { createTold, type Told } from './told.ts';

export interface SmartCardsOptions {
  readonly library: PcscLibrary;
  readonly timers: Timers;
  /** Told after a reader came, went or stands differently, and after the service came or went. */
  readonly onChange: () => void;
}

/** The card readers of the system's smart card service (docs/specs/devices.md DEV-20 to DEV-24). */
export interface SmartCards {
  status(): DeviceRoad['status'];
  facts(): readonly DeviceFact[];
  devices(): readonly ShelvedDevice[];
  close(): Promise<void>;
}

/** A card is noticed within this time. Asking without waiting keeps no thread of the pool busy. */
const pollMs = 400;
const firstRetryMs = 5_000;
const longestRetryMs = 60_000;
const mostReaders = 16;
/** Another program may hold a card for a moment. */
const mostAttempts = 5;

/** Begins to look for readers and cards. */
export function openSmartCards(options: SmartCardsOptions): SmartCards {
  const cards = new PcscCards(options);
  cards.poll();
  return cards;
}

interface Reader {
  readonly device: ShelvedDevice;
  readonly fact: DeviceFact;
  readonly cards: Told<CardReading>;
  readonly taken: Told<void>;
  readonly troubles: Told<CardTrouble>;
  readonly removed: Told<void>;
  /** Null until it was looked at for the first time. */
  seen: { readonly hasCard: boolean; readonly events: number } | null;
  /** The card that lies there was told. */
  isTold: boolean;
  attempts: number;
  isInUse: boolean;
}

class PcscCards implements SmartCards {
  readonly #options: SmartCardsOptions;
  readonly #readersByName = new Map<string, Reader>();
  #context: PcscHandle | null = null;
  #status: DeviceRoad['status'] = 'starting';
  #retryMs = firstRetryMs;
  #opened = 0;
  #cancelPoll: () => void = () => undefined;
  #polling: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(options: SmartCardsOptions) {
    this.#options = options;
  }

  status(): DeviceRoad['status'] {
    return this.#status;
  }

  facts(): readonly DeviceFact[] {
    return [...this.#readersByName.values()].map(({ fact, isInUse }) =>
      isInUse ? { ...fact, status: 'in-use' } : fact,
    );
  }

  devices(): readonly ShelvedDevice[] {
    return [...this.#readersByName.values()].map(({ device }) => device);
  }

  /** Looks now, and again later until closed. */
  poll(): void {
    this.#polling = this.#look().then((waitMs) => {
      if (this.#isClosed) return;
      this.#cancelPoll = this.#options.timers.after(waitMs, () => this.poll());
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelPoll();
    await this.#polling;
    await this.#forgetContext();
  }

  /** How long to wait before the next look, in milliseconds. */
  async #look(): Promise<number> {
    const failure = await this.#lookOnce().catch((): PcscFailure => 'failed');
    if (failure === null) {
      this.#retryMs = firstRetryMs;
      this.#setStatus('ready');
      return pollMs;
    }
    await this.#forgetContext();
    this.#setStatus(failure === 'no-service' ? 'service-not-running' : 'failed');
    const waitMs = this.#retryMs;
    this.#retryMs = Math.min(this.#retryMs * 2, longestRetryMs);
    return waitMs;
  }

  async #lookOnce(): Promise<PcscFailure | null> {
    const { library } = this.#options;
    if (this.#context === null) {
      const established = await library.establishContext();
      if (!established.ok) return established.error;
      this.#context = established.value;
    }
    const context = this.#context;
    const listed = await library.listReaders(context);
    if (!listed.ok) return listed.error;
    this.#takeReaders(listed.value.slice(0, mostReaders));
    if (this.#readersByName.size === 0) return null;
    const states = await library.readerStates(context, [...this.#readersByName.keys()]);
    if (!states.ok) return states.error;
    for (const state of states.value) {
      if (this.#isClosed) return null;
      await this.#takeState(context, state);
    }
    return null;
  }

  #takeReaders(names: readonly string[]): void {
    const gone = [...this.#readersByName.keys()].filter((name) => !names.includes(name));
    for (const name of gone) this.#remove(name);
    const fresh = names.filter((name) => !this.#readersByName.has(name));
    for (const name of fresh) {
      this.#opened += 1;
      this.#readersByName.set(name, createReader(`pcsc-${this.#opened}`, name));
    }
    if (gone.length + fresh.length > 0) this.#options.onChange();
  }

  async #takeState(context: PcscHandle, state: PcscReaderState): Promise<void> {
    const reader = this.#readersByName.get(state.name);
    if (reader === undefined || state.isGone) return;
    const { seen } = reader;
    reader.seen = { hasCard: state.hasCard, events: state.events };
    const isNew = state.hasCard && (seen === null || !seen.hasCard || seen.events !== state.events);
    if (isNew) reader.attempts = 0;
    if (reader.isTold && (isNew || !state.hasCard)) {
      reader.isTold = false;
      reader.taken.tell();
    }
    if (!state.hasCard) this.#setInUse(reader, false);
    if (!isNew && !(reader.isInUse && reader.attempts < mostAttempts)) return;
    reader.attempts += 1;
    const read = state.isMute ? fail('again' as const) : await this.#readUid(context, state.name);
    this.#setInUse(reader, !read.ok && read.error === 'in-use');
    if (read.ok) {
      reader.isTold = true;
      reader.cards.tell(read.value);
    }
    // What lay there before anybody asked was not held to the reader: a key with contacts is such a card.
    else if (read.error !== 'in-use' && seen !== null) reader.troubles.tell(read.error);
  }

  async #readUid(context: PcscHandle, name: string): Promise<Result<CardReading, CardTrouble | 'in-use'>> {
    const { library } = this.#options;
    const connected = await library.connect(context, name);
    if (!connected.ok) return fail(troubleOf(connected.error));
    try {
      return await this.#askUid(connected.value, uidCommand, true);
    } finally {
      await library.disconnect(connected.value);
    }
  }

  async #askUid(
    card: PcscCard,
    command: Uint8Array,
    isFirst: boolean,
  ): Promise<Result<CardReading, CardTrouble | 'in-use'>> {
    const sent = await this.#options.library.transmit(card, command);
    if (!sent.ok) return fail(troubleOf(sent.error));
    const answer = readUidAnswer(sent.value, isFirst);
    return 'done' in answer ? answer.done : this.#askUid(card, answer.next, false);
  }

  async #forgetContext(): Promise<void> {
    const context = this.#context;
    this.#context = null;
    const names = [...this.#readersByName.keys()];
    for (const name of names) this.#remove(name);
    if (names.length > 0 && !this.#isClosed) this.#options.onChange();
    // The service may be gone, and the context with it.
    if (context !== null) await this.#options.library.releaseContext(context).catch(() => undefined);
  }

  #remove(name: string): void {
    const reader = this.#readersByName.get(name);
    this.#readersByName.delete(name);
    reader?.removed.tell();
  }

  #setInUse(reader: Reader, isInUse: boolean): void {
    if (reader.isInUse === isInUse) return;
    reader.isInUse = isInUse;
    this.#options.onChange();
  }

  #setStatus(status: DeviceRoad['status']): void {
    if (this.#status === status) return;
    this.#status = status;
    if (!this.#isClosed) this.#options.onChange();
  }
}

const troubleOf = (failure: PcscFailure): CardTrouble | 'in-use' =>
  failure === 'in-use' ? 'in-use' : 'again';

function createReader(id: string, name: string): Reader {
  const cards = createTold<CardReading>();
  const taken = createTold();
  const troubles = createTold<CardTrouble>();
  const removed = createTold();
  const device: CardReader = {
    id,
    onCard: cards.on,
    onCardTaken: taken.on,
    onTrouble: troubles.on,
    onRemoved: removed.on,
  };
  return {
    device: { kind: 'card-reader', device, close: async () => undefined },
    fact: { id, kind: 'card-reader', name: name.slice(0, 80), status: 'ready' },
    cards,
    taken,
    troubles,
    removed,
    seen: null,
    isTold: false,
    attempts: 0,
    isInUse: false,
  };
}
