import { createHash } from 'node:crypto';
import type { AuditEntry } from '#clinic/ports/replica.ts';

/** Hash before the first entry of a trail that began before trails named their device. */
export const namelessStart = '0'.repeat(64);

/** What the first entry's hash builds on: trails of two workstations cannot be taken for each other (AUD-2). */
export const chainStart = (device: string): string =>
  createHash('sha256').update(`hamshira audit trail 1\n${device}`).digest('hex');

/**
 * The hash of an entry: SHA-256 over the hash before, LF and the JSON list of its columns (AUD-1). The list ends with the
 * patient only where one is named: entries from before that column keep their hashes, and neither kind reads as the other.
 */
export function chainHash(before: string, entry: AuditEntry): string {
  const { seq, at, person, action, collection, record, reason, patient } = entry;
  const columns = [seq, at, person, action, collection, record, reason];
  return createHash('sha256')
    .update(`${before}\n${JSON.stringify(patient === null ? columns : [...columns, patient])}`)
    .digest('hex');
}
