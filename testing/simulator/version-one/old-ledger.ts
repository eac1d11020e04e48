import { type RecordRef, recordKey } from '#sync/client/record-key.ts';
import { SendLedger } from '#sync/client/send-ledger.ts';

/** Counts in memory how often a record waited for its base, as version 1 did (docs/specs/sync.md PUSH-6). */
export class OldLedger extends SendLedger {
  readonly #missingTries = new Map<string, number>();

  override accepted(record: RecordRef, centerSeq: number): void {
    super.accepted(record, centerSeq);
    this.forgetMissedBase(record);
  }

  /** Counts another `missing-base` of the record's first row; returns how often it happened before. */
  missedBase(record: RecordRef): number {
    const key = recordKey(record);
    const tries = this.#missingTries.get(key) ?? 0;
    this.#missingTries.set(key, tries + 1);
    return tries;
  }

  forgetMissedBase(record: RecordRef): void {
    this.#missingTries.delete(recordKey(record));
  }
}
