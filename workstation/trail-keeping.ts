import { join } from 'node:path';
import * as v from 'valibot';
import { readIfThere, replaceDurably } from '#access/durable-file.ts';
import type { Replica } from '#clinic/ports/replica.ts';
import { ReplicaFailure } from '#clinic/ports/replica-failure.ts';
import { AuditHeadSchema } from '#contracts/wire/client-messages.ts';
import { isHeld, noteRollback, readKeptHead } from '#sync/kept-head.ts';
import { layoutOf } from './folder-layout.ts';
import type { DeviceIdentity, Exchange, WorkstationParts } from './parts.ts';

const fileName = 'audit-kept.json';

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
  const heads = [readKeptHead(replica.settings), await readHeadFile(layoutOf(folder).current)];
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
  const path = join(layoutOf(folder).current, fileName);
  let written = '';
  let turn: Promise<void> = Promise.resolve();
  return exchange.onChange(() => {
    const kept = readKeptHead(replica.settings);
    if (kept === null || JSON.stringify(kept) === written) return;
    written = JSON.stringify(kept);
    const text = written;
    turn = turn.then(() => replaceDurably(path, text)).catch((trouble) => void log.incident(trouble));
  });
}

/** A file that cannot be read says nothing: the center knows the head as well. */
async function readHeadFile(folder: string) {
  try {
    const text = await readIfThere(join(folder, fileName), 1_000);
    return text === undefined ? null : v.parse(AuditHeadSchema, JSON.parse(text));
  } catch {
    return null;
  }
}
