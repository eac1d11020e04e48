import type { Scope } from '#contracts/ids.ts';
import type { Session } from '../postgres/database.ts';
import type { Applied, Device } from './batch.ts';
import type { SoundRow } from './row-check.ts';
import type { PushOrigin } from './write-decisions.ts';

/** What rows that were taken at another facility's home come to in the device's own feed. */
export interface BroughtBack {
  /** Positions and their times by the rows' index; a row without one has to come again. */
  readonly positions: ReadonlyMap<number, { readonly seq: number; readonly at: number }>;
  readonly applied: readonly Applied[];
}

/** What others add to ingest. */
export interface IngestHooks {
  /**
   * Where rows about another facility's records are compared and set, by the rows' index. The device's own facility if the
   * row was answered before, or the record came to be at home there; without an entry the device may not write it.
   */
  homesOf(device: Device, rows: readonly SoundRow[]): Promise<ReadonlyMap<number, Scope>>;
  /**
   * Called inside the transaction after the versions were written and before the feed's positions are taken, with the rows
   * that became newest versions, in their order. Asks the session for everything before it waits for any answer, so that
   * the positions come last. Returns whether there is something to be done after the commit. What it throws rolls the batch back.
   */
  onApplied(session: Session, origin: PushOrigin, rows: readonly SoundRow[]): Promise<boolean>;
  /** Gives rows that were taken elsewhere positions in the device's own feed, and its facility the newest version. */
  bringBack(device: Device, home: Scope, rows: readonly SoundRow[]): Promise<BroughtBack>;
  /** Called after the COMMIT of what `onApplied` said yes to, before the answer goes out. */
  committed(): void;
}

/** Nobody writes about another facility, and nothing is added. */
export const noHooks: IngestHooks = {
  homesOf: () => Promise.resolve(new Map()),
  onApplied: () => Promise.resolve(false),
  bringBack: () => Promise.resolve({ positions: new Map(), applied: [] }),
  committed: () => undefined,
};
