import type { SeededRandom } from '../doubles/seeded-random.ts';

/**
 * Every fault the simulator can make, with its usual rate. Rates of commits, statements and messages are chances at each of
 * them; all others are chances on each working day of the clinic.
 */
export const usualRates = {
  /** A workstation loses its power before, in the middle of (torn and reordered unsynced writes), or right after a commit. */
  'power-cut-before-commit': 0.003,
  'power-cut-inside-commit': 0.005,
  'power-cut-after-commit': 0.003,
  /** The center loses its power at a statement, or after a commit nobody was told of. */
  'center-cut-at-statement': 0.0002,
  'center-cut-after-commit': 0.0006,
  /** Per message: the link breaks instead of delivering it, or right after delivering it. */
  'lost-message': 0.001,
  'lost-response': 0.002,
  /** Per message: it comes twice, or after the one that follows it, or with a flipped bit. */
  'duplicated-message': 0.0005,
  'reordered-message': 0.0005,
  'corrupted-message': 0.0005,
  /** The messages of an earlier connection come again, in another order, on a connection of their own. */
  'replayed-connection': 0.02,
  partition: 0.05,
  'one-way-loss': 0.03,
  'slow-link': 0.05,
  'workstation-clock-jump': 0.01,
  'center-clock-jump': 0.004,
  'full-disk': 0.02,
  'poisoned-write': 0.01,
  'poisoned-document': 0.01,
  'newer-version-fields': 0.02,
  /** At each start of a machine: it lost its packing dictionaries, or can only do the second best packing. */
  'dictionary-missing': 0.05,
  'second-best-packing': 0.05,
  'center-restored': 0.008,
  'center-restored-forgotten': 0.004,
  'device-cloned': 0.006,
  /** At each start of a machine: its program is one of protocol version 1, and the next one is of today again. */
  'older-program': 0.1,
  /** Somebody locks a machine in the middle of whatever it exchanges, and unlocks it later. */
  locked: 0.05,
} as const;

export type FaultName = keyof typeof usualRates;
export const faultNames = Object.keys(usualRates) as readonly FaultName[];
export type FaultRates = Readonly<Record<FaultName, number>>;

/** Every fault so much more frequent, none certain. */
export const multiplied = (rates: FaultRates, times: number): FaultRates =>
  Object.fromEntries(faultNames.map((name) => [name, Math.min(0.9, rates[name] * times)])) as Record<
    FaultName,
    number
  >;

/** Rates with some faults switched off. */
export const ratesWithout = (off: readonly FaultName[], rates: FaultRates = usualRates): FaultRates =>
  Object.fromEntries(faultNames.map((name) => [name, off.includes(name) ? 0 : rates[name]])) as Record<
    FaultName,
    number
  >;

/** Rates with only some faults. */
export const ratesOnly = (on: readonly FaultName[], rates: FaultRates = usualRates): FaultRates =>
  ratesWithout(
    faultNames.filter((name) => !on.includes(name)),
    rates,
  );

/** Decides when faults strike. Every fault draws from a stream of its own, so that one switched off shifts no other. */
export class Faults {
  /** How often each fault took effect (SIM-17). */
  readonly counts: Record<FaultName, number>;
  readonly #rates: FaultRates;
  readonly #randomOf: Readonly<Record<FaultName, SeededRandom>>;
  #areOver = false;
  #arePaused = false;

  constructor(random: SeededRandom, rates: FaultRates) {
    this.#rates = rates;
    this.counts = Object.fromEntries(faultNames.map((name) => [name, 0])) as Record<FaultName, number>;
    this.#randomOf = Object.fromEntries(faultNames.map((name) => [name, random.fork()])) as Record<
      FaultName,
      SeededRandom
    >;
  }

  /** Whether the fault is to strike this time. Nothing may come of it: whoever feels it says so to {@link tookEffect}. */
  strikes(name: FaultName): boolean {
    return !this.#areOver && !this.#arePaused && this.#randomOf[name].chance(this.#rates[name]);
  }

  /** A fault that struck made a difference: counted. */
  tookEffect(name: FaultName): void {
    this.counts[name] += 1;
  }

  /** The stream a fault draws its circumstances from. */
  random(name: FaultName): SeededRandom {
    return this.#randomOf[name];
  }

  /** Nothing strikes until {@link resume}. */
  pause(): void {
    this.#arePaused = true;
  }

  resume(): void {
    this.#arePaused = false;
  }

  /** From now on nothing strikes. */
  end(): void {
    this.#areOver = true;
  }

  get areOver(): boolean {
    return this.#areOver;
  }
}
