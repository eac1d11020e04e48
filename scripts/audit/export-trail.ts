import { open } from 'node:fs/promises';
import type { AuditTrailReader } from '#clinic/ports/replica.ts';
import type { DeviceId, Instant, Scope } from '#contracts/ids.ts';
import type { Heading } from './trail-file.ts';

const entriesPerRead = 1_000;

/** Whose trail is exported, and when. */
export interface ExportOrder {
  readonly device: DeviceId;
  readonly scope: Scope;
  readonly exportedAt: Instant;
}

/**
 * Writes a trail to a new file that only this account may read, durable when it resolves. Never holds more than some hundred
 * entries. Rejects when the file exists or the disk is full. Returns how many entries it wrote.
 */
export async function exportTrail(
  trail: AuditTrailReader,
  path: string,
  order: ExportOrder,
): Promise<number> {
  const file = await open(path, 'wx', 0o600);
  try {
    const { device, scope, exportedAt } = order;
    const heading: Heading = {
      trail: 'hamshira audit trail 1',
      device,
      scope,
      start: trail.start().hash,
      exportedAt,
    };
    await file.write(`${JSON.stringify(heading)}\n`);
    let [entries, hash] = [0, heading.start];
    for (;;) {
      const page = trail.after(entries, entriesPerRead);
      const last = page.at(-1);
      if (last === undefined) break;
      await file.write(page.map((each) => lineOf(each)).join(''));
      [entries, hash] = [last.entry.seq, last.hash];
    }
    await file.write(`${JSON.stringify({ entries, hash })}\n`);
    await file.sync();
    return entries;
  } finally {
    await file.close();
  }
}

/** Keys in the order of the file's format. */
function lineOf({ entry, hash }: ReturnType<AuditTrailReader['after']>[number]): string {
  const { seq, at, person, action, collection, record, reason, patient } = entry;
  return `${JSON.stringify({ seq, at, person, action, collection, record, reason, patient, hash })}\n`;
}
