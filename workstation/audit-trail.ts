import type { AuditDraft, Replica } from '#clinic/ports/replica.ts';
import { ReplicaFailure } from '#clinic/ports/replica-failure.ts';

/** Most lines that wait for room on the disk; the oldest stay. */
const mostWaiting = 1_000;

/** Writes lines of the audit trail that belong to no action: unlock, lock, view. */
export interface AuditTrail {
  /**
   * Resolves when the line is durable, or waits for room on the disk: a full disk must not keep a nurse from reading an
   * allergy. Other failures reject.
   */
  record(...lines: readonly AuditDraft[]): Promise<void>;
  /**
   * Resolves when the line is durable. Rejects when it is not, a full disk included, and forgets it: what it would have told of
   * is not allowed to happen (ACC-31).
   */
  recordFirst(line: AuditDraft): Promise<void>;
  /** The lines that wait; who takes some out has to write them. Leads to nothing of the records. */
  readonly waiting: AuditDraft[];
}

/** A trail over an open replica. Lines that wait go with the next line that can be written (WS-9). */
export function createAuditTrail(replica: Replica): AuditTrail {
  const waiting: AuditDraft[] = [];
  const write = async (news: readonly AuditDraft[], kept: readonly AuditDraft[]): Promise<void> => {
    const older = waiting.splice(0);
    try {
      await replica.transact((transaction) => {
        for (const each of [...older, ...news]) transaction.audit(each);
      });
    } catch (error) {
      const all = [...older, ...kept, ...waiting.splice(0)];
      waiting.push(...all.slice(0, mostWaiting));
      throw error;
    }
  };
  return {
    record: async (...news) => {
      try {
        await write(news, news);
      } catch (error) {
        if (!(error instanceof ReplicaFailure) || error.error.code !== 'store.disk-full') throw error;
      }
    },
    recordFirst: (line) => write([line], []),
    waiting,
  };
}
