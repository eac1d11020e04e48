import { maxCredit, maxMessageBytes } from '#contracts/wire/protocol.ts';

/** How much a rate or a round trip may grow from one sample to the next: a clock that jumped must not decide alone. */
const largestGrowth = 4;
/** Samples that count; older ones are forgotten, so that every measure finds back within so many. */
const sampleCount = 8;
/** Shorter intervals say little at a resolution of one millisecond. */
const shortestIntervalMs = 20;
/** By then a sample counts however little came: the link became slow. */
const longestIntervalMs = 5000;
/** Data under way beyond the round trip, and what one portion or offer takes, in seconds of the link (FLOW-2). */
const queueSeconds = 0.8;
const pieceSeconds = 0.25;
const smallestPiece = 2048;
const largestPiece = maxMessageBytes / 8;
const largestWindow = 4 * 1024 * 1024;
/** A link within the country's fixed networks; what goes by radio or satellite takes longer or carries less. */
const fastRoundTripMs = 60;
const fastBytesPerSecond = 400 * 1024;
/** Before anything was measured: about a second of a slow link, as messages pack; much less where answers take long. */
const firstBytesPerSecond = 16 * 1024;
/**
 * Of a link whose round trip is `fastRoundTripMs`; more where it is shorter: a slow link cannot carry even the half kilobyte of
 * a greeting there and back sooner. Shorter times than this say little at a resolution of one millisecond.
 */
const firstBytesPerSecondNearby = 160 * 1024;
const shortestRoundTripMs = 10;
const firstRoundTripMs = 500;

/** What one question or offer was sent with; given back with its answer. */
export interface Departure {
  readonly bytes: number;
  readonly atMs: number;
  /** Whether nothing else was under way: only then does the answer's time measure the way and not the queue. */
  readonly isAlone: boolean;
  /** Bytes answered so far, and when the last of them was, as it was sent. */
  readonly delivered: number;
  readonly deliveredAtMs: number;
}

/**
 * Measures one connection: bytes delivered per second in both directions and the round trip. Says how much may be under
 * way (FLOW-2, PUSH-15). All bytes are those of unpacked messages, so that what packing saves counts as speed. Times are
 * milliseconds of a clock that may jump: a sample from before a jump is ignored or bounded, and forgotten after some others.
 */
export class LinkMeter {
  readonly #up = new RateFilter(() => this.#firstRate);
  readonly #down = new RateFilter(() => this.#firstRate);
  readonly #roundTrips: number[] = [];
  #underWay = 0;
  #delivered = 0;
  #deliveredAtMs = 0;
  /** Bytes of the present interval of back-to-back portions, and its beginning. */
  #arrived = 0;
  #arrivedSinceMs: number | undefined;

  /** A message that will be answered leaves now. `bytes` is 0 for a question that is no measure of the rate. */
  departs(bytes: number, nowMs: number): Departure {
    const isAlone = this.#underWay === 0 && this.#arrivedSinceMs === undefined;
    if (this.#underWay === 0) this.#deliveredAtMs = nowMs;
    this.#underWay += 1;
    const [delivered, deliveredAtMs] = [this.#delivered, this.#deliveredAtMs];
    return { bytes, atMs: nowMs, isAlone, delivered, deliveredAtMs };
  }

  /** Its answer is here. */
  answered(departure: Departure, nowMs: number): void {
    this.#underWay -= 1;
    this.#delivered += departure.bytes;
    this.#deliveredAtMs = nowMs;
    this.#noteRoundTrip(nowMs - departure.atMs, departure.isAlone);
    if (departure.bytes === 0) return;
    this.#up.note(this.#delivered - departure.delivered, nowMs - departure.deliveredAtMs);
  }

  /**
   * A portion arrived; `isMoreComing`: the center has more for this flow and credit to send it. One sample is as much as may be
   * under way: behind a lost packet everything that was under way comes at once, and says nothing without the wait before it.
   */
  portionArrived(bytes: number, isMoreComing: boolean, nowMs: number): void {
    if (this.#arrivedSinceMs !== undefined) {
      this.#arrived += bytes;
      const elapsedMs = nowMs - this.#arrivedSinceMs;
      const isFull = this.#arrived >= this.#windowAt(this.#down.bytesPerSecond);
      const isWhole = (isFull && elapsedMs >= shortestIntervalMs) || elapsedMs >= longestIntervalMs;
      if (!isWhole && elapsedMs >= 0 && isMoreComing) return;
      if (isWhole) this.#down.note(this.#arrived, elapsedMs);
    }
    this.#arrived = 0;
    this.#arrivedSinceMs = isMoreComing ? nowMs : undefined;
  }

  /** Smallest of the last round trips without a queue, in milliseconds. */
  get roundTripMs(): number {
    return this.#roundTrips.length === 0 ? firstRoundTripMs : Math.min(...this.#roundTrips);
  }

  /** Whether time counts more than bytes: messages are packed quickly then, and portions asked for so. */
  get isFast(): boolean {
    const measured = [this.#up, this.#down].filter((rate) => rate.isMeasured);
    const rates = measured.length > 0 ? measured : [this.#up];
    const bytesPerSecond = Math.max(...rates.map((rate) => rate.bytesPerSecond));
    return this.roundTripMs <= fastRoundTripMs && bytesPerSecond >= fastBytesPerSecond;
  }

  /** Most bytes of offers under way. */
  get offerWindow(): number {
    return this.#windowAt(this.#up.bytesPerSecond);
  }

  /** About how many bytes of rows one offer should hold. */
  get offerBytes(): number {
    return pieceAt(this.#up.bytesPerSecond);
  }

  /** About how many bytes of documents one portion should hold. */
  get portionBytes(): number {
    return pieceAt(this.#down.bytesPerSecond);
  }

  /** How many portions of {@link portionBytes} one flow may have under way. */
  get credit(): number {
    const portions = Math.ceil(this.#windowAt(this.#down.bytesPerSecond) / this.portionBytes);
    return Math.min(Math.max(portions, 2), maxCredit);
  }

  get #firstRate(): number {
    if (this.roundTripMs > fastRoundTripMs) return firstBytesPerSecond;
    return (firstBytesPerSecondNearby * fastRoundTripMs) / Math.max(this.roundTripMs, shortestRoundTripMs);
  }

  #windowAt(bytesPerSecond: number): number {
    const seconds = Math.min(this.roundTripMs, 10_000) / 1000 + queueSeconds;
    return Math.min(Math.max(bytesPerSecond * seconds, 2 * smallestPiece), largestWindow);
  }

  #noteRoundTrip(elapsedMs: number, isAlone: boolean): void {
    if (!(elapsedMs >= 0)) return;
    if (!isAlone && elapsedMs >= this.roundTripMs) return;
    this.#roundTrips.push(elapsedMs);
    if (this.#roundTrips.length > sampleCount) this.#roundTrips.shift();
  }
}

const pieceAt = (bytesPerSecond: number): number =>
  Math.round(Math.min(Math.max(bytesPerSecond * pieceSeconds, smallestPiece), largestPiece));

/** The fastest of the last samples: a link that was not filled says nothing about its speed. */
class RateFilter {
  readonly #samples: number[] = [];
  readonly #first: () => number;

  constructor(first: () => number) {
    this.#first = first;
  }

  get isMeasured(): boolean {
    return this.#samples.length > 0;
  }

  get bytesPerSecond(): number {
    return this.#samples.length === 0 ? this.#first() : Math.max(...this.#samples);
  }

  note(bytes: number, elapsedMs: number): void {
    if (!(elapsedMs >= 0)) return;
    const measured = (bytes * 1000) / Math.max(elapsedMs, 1);
    this.#samples.push(Math.min(measured, this.bytesPerSecond * largestGrowth));
    if (this.#samples.length > sampleCount) this.#samples.shift();
  }
}
