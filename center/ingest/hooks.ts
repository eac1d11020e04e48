import type { Session } from '../postgres/database.ts';
import type { SoundRow } from './row-check.ts';
import type { PushOrigin } from './write-decisions.ts';

/** What others add to every batch, inside its transaction. */
export interface IngestHooks {
  /**
   * Whether the device may write a record of another facility: `origin.scope` is the record's home, `origin.deviceScope` the
   * device's own. A row that may not be written goes into quarantine.
   */
  mayWrite(session: Session, origin: PushOrigin, row: SoundRow): Promise<boolean>;
  /**
   * Called after the versions were written and before the feed's positions are taken, with the rows that became newest
   * versions, in their order. What it throws rolls the batch back.
   */
  onApplied(session: Session, origin: PushOrigin, rows: readonly SoundRow[]): Promise<void>;
}

/** Nobody writes about another facility, and nothing is added. */
export const noHooks: IngestHooks = {
  mayWrite: () => Promise.resolve(false),
  onApplied: () => Promise.resolve(),
};
