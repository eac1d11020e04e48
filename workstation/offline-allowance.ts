import type { OpenedRecords } from './session.ts';

/** Whether records may be shown although the center was not met for too long (WIP-2). */
export class OfflineAllowance {
  /** Somebody had a reason to work beyond the limit; until the lock. */
  #isEmergency = false;
  #mustConnect = false;

  /** Whether no record may be shown. As of the last look. */
  get mustConnect(): boolean {
    return this.#mustConnect;
  }

  /** A session begins. */
  begin(records: OpenedRecords | null): void {
    this.#isEmergency = false;
    this.#mustConnect = this.#isBeyond(records);
  }

  /** Nobody is at work any more. */
  end(): void {
    this.#isEmergency = false;
    this.#mustConnect = false;
  }

  /** From here on the present session may work beyond the limit. */
  except(): void {
    this.#isEmergency = true;
  }

  /** Looks again; true when the answer is another than before. */
  look(records: OpenedRecords | null): boolean {
    const before = this.#mustConnect;
    this.#mustConnect = this.#isBeyond(records);
    return before !== this.#mustConnect;
  }

  #isBeyond(records: OpenedRecords | null): boolean {
    return !this.#isEmergency && (records?.exchange.state().isBeyondOfflineLimit ?? false);
  }
}
