import type { Result } from '#contracts/result.ts';

/**
 * Why a call failed. `no-service`: the system's service for smart cards does not run, or went away: the context is lost; `no-card`: the
 * card was taken away or did not answer; `in-use`: another program holds the card for itself; `failed`: anything else.
 */
export type PcscFailure = 'no-service' | 'no-card' | 'in-use' | 'failed';

/** Handles of the service, meaningless to anybody else. */
export type PcscHandle = number | bigint;

/** How a reader stands. */
export interface PcscReaderState {
  readonly name: string;
  readonly hasCard: boolean;
  /** A card is there and does not answer. */
  readonly isMute: boolean;
  /** The reader itself went away. */
  readonly isGone: boolean;
  /** Counts cards coming and going, modulo 65,536. */
  readonly events: number;
}

/** A card that was connected to. */
export interface PcscCard {
  readonly handle: PcscHandle;
  /** 1: T=0, 2: T=1. */
  readonly protocol: number;
}

/** What is needed of the system's smart card service (PC/SC part 5). No call waits for a card or a person. */
export interface PcscLibrary {
  establishContext(): Promise<Result<PcscHandle, PcscFailure>>;
  /** Empty without readers. */
  listReaders(context: PcscHandle): Promise<Result<readonly string[], PcscFailure>>;
  readerStates(
    context: PcscHandle,
    names: readonly string[],
  ): Promise<Result<readonly PcscReaderState[], PcscFailure>>;
  /** Shared with other programs. */
  connect(context: PcscHandle, reader: string): Promise<Result<PcscCard, PcscFailure>>;
  /** Sends a command of at most 261 bytes; the answer, status word included, has at most 258. */
  transmit(card: PcscCard, command: Uint8Array): Promise<Result<Uint8Array, PcscFailure>>;
  /** Leaves the card as it is. */
  disconnect(card: PcscCard): Promise<void>;
  releaseContext(context: PcscHandle): Promise<void>;
}
