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
}

/** A trail over an open replica. Lines that wait go with the next line that can be written (WS-9). */
export function createAuditTrail(replica: Replica): AuditTrail {
  let waiting: AuditDraft[] = [];
  return {
    async record(...news) {
      const lines = [...waiting, ...news];
      waiting = [];
      try {
        await replica.transact((transaction) => {
          for (const each of lines) transaction.audit(each);
        });
      } catch (error) {
        waiting = [...lines, ...waiting].slice(0, mostWaiting);
        if (!(error instanceof ReplicaFailure) || error.error.code !== 'store.disk-full') throw error;
      }
    },
  };
}
