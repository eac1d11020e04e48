import { appendFile, open, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as v from 'valibot';
import { privateFileMode, readIfThere, syncFolder } from '#access/durable-file.ts';
import type { AuditDraft, ReplicaTransaction } from '#clinic/ports/replica.ts';
import { type ErrorCode, ErrorCodeSchema } from '#contracts/errors.ts';
import { type Instant, InstantSchema, type PersonId, PersonIdSchema } from '#contracts/ids.ts';

/** An attempt to get in that failed. */
export interface FailedUnlock {
  readonly at: Instant;
  /** Null by paper key: nobody says who she is. */
  readonly person: PersonId | null;
  readonly code: ErrorCode;
}

/**
 * Attempts that failed while the records were closed wait in a file of their own: the trail is encrypted with a key that nobody
 * had. Ids and times only.
 */
export interface FailedUnlocks {
  /** Durable when it resolves; a disk that takes no write is told to `onTrouble` and keeps nobody out. */
  note(failed: FailedUnlock): Promise<void>;
  /** Writes what waits into the trail, in one transaction, then forgets it. */
  moveInto(
    transact: (write: (transaction: Pick<ReplicaTransaction, 'audit'>) => void) => Promise<void>,
  ): Promise<void>;
}

const fileName = 'failed-unlocks.jsonl';
/** Most that wait; what comes beyond is counted by the attempts file alone. */
const mostWaiting = 5_000;
const mostBytes = 2 * 1024 * 1024;

const LineSchema = v.object({ at: InstantSchema, person: v.nullable(PersonIdSchema), code: ErrorCodeSchema });

/** The file in `folder`. */
export function createFailedUnlocks(folder: string, onTrouble: (trouble: unknown) => void): FailedUnlocks {
  const path = join(folder, fileName);
  /** Set while lines wait that no file could take. */
  let unwritten: FailedUnlock[] = [];
  return {
    async note(failed) {
      try {
        const waiting = await readLines(path);
        if (waiting.length < mostWaiting) await appendDurably(path, `${JSON.stringify(failed)}\n`);
      } catch (trouble) {
        unwritten = [...unwritten, failed].slice(0, mostWaiting);
        onTrouble(trouble);
      }
    },
    async moveInto(transact) {
      const waiting = [...(await readLines(path)), ...unwritten];
      if (waiting.length === 0) return;
      await transact((transaction) => {
        for (const failed of waiting) transaction.audit(auditLine(failed));
      });
      unwritten = [];
      await rm(path, { force: true });
      await syncFolder(dirname(path));
    },
  };
}

/** The line of the trail for a failed attempt. */
export const auditLine = ({ at, person, code }: FailedUnlock): AuditDraft => ({
  at,
  person,
  action: 'session.unlock-failed',
  collection: null,
  record: null,
  reason: code,
});

/** A torn last line, as a power cut leaves it, is passed over. */
async function readLines(path: string): Promise<readonly FailedUnlock[]> {
  const text = (await readIfThere(path, mostBytes)) ?? '';
  return text.split('\n').flatMap((line) => {
    try {
      return [v.parse(LineSchema, JSON.parse(line))];
    } catch {
      return [];
    }
  });
}

async function appendDurably(path: string, line: string): Promise<void> {
  await appendFile(path, line, { mode: privateFileMode });
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
  await syncFolder(dirname(path));
}
