import type { Replica } from '#clinic/ports/replica.ts';
import { ReplicaFailure } from '#clinic/ports/replica-failure.ts';
import { isHeld, noteRollback, readKeptHead } from '#sync/kept-head.ts';
import { readHeadFile, writeHeadFile } from './head-file.ts';
import type { DeviceIdentity, Exchange, WorkstationParts } from './parts.ts';

/**
 * Looks at the trail of records that were just opened: names its device if it is older than that, and notes when it does not hold
 * the head that the center was last known to keep (AUD-7). That head also lies in a file beside the database, which an older
 * database does not bring along.
 */
export async function meetTrail(
  { clock, folder, log }: Pick<WorkstationParts, 'clock' | 'folder' | 'log'>,
  replica: Replica,
  { device }: DeviceIdentity,
): Promise<void> {
  const now = Math.max(0, Math.floor(clock.now()));
  const heads = [readKeptHead(replica.settings), await readHeadFile(folder)];
  const missing = heads.find((kept) => kept !== null && !isHeld(replica.auditTrail, kept)) ?? null;
  if (replica.auditTrail.start().device !== null && missing === null) return;
  try {
    await replica.transact((transaction) => {
      transaction.beginTrail(device, now);
      if (missing !== null) noteRollback(transaction, missing, now);
    });
  } catch (error) {
    // A full disk keeps nobody from reading an allergy; the next unlock looks again.
    if (!(error instanceof ReplicaFailure) || error.error.code !== 'store.disk-full') throw error;
    log.note('audit trail not looked at: the disk is full');
  }
}

/** Writes the head that the center named into the file whenever it changes. Returns a function that ends it. */
export function keepHeadFile(
  replica: Replica,
  exchange: Pick<Exchange, 'onChange'>,
  { folder, log }: Pick<WorkstationParts, 'folder' | 'log'>,
): () => void {
  let written = '';
  let turn: Promise<void> = Promise.resolve();
  return exchange.onChange(() => {
    const kept = readKeptHead(replica.settings);
    if (kept === null || JSON.stringify(kept) === written) return;
    written = JSON.stringify(kept);
    turn = turn.then(() => writeHeadFile(folder, kept)).catch((trouble) => void log.incident(trouble));
  });
}
