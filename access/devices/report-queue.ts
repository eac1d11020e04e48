/** Reports that came in, until somebody listens. */
export interface ReportQueue {
  push(report: Uint8Array): void;
  onReport(told: (report: Uint8Array) => void): () => void;
  /** Nothing is told any more. */
  close(): void;
}

/** So many reports wait for the first listener: more than any message has (a CTAP message of 7,609 bytes takes 129). */
const mostWaiting = 160;

/** Hands reports to whoever listens, in order; keeps the first ones that come before, and drops what is beyond. */
export function createReportQueue(): ReportQueue {
  const listeners = new Set<(report: Uint8Array) => void>();
  let waiting: Uint8Array[] = [];
  let isClosed = false;
  return {
    push: (report) => {
      if (isClosed) return;
      if (listeners.size === 0) {
        if (waiting.length < mostWaiting) waiting.push(report);
        return;
      }
      for (const told of [...listeners]) told(report);
    },
    onReport: (told) => {
      listeners.add(told);
      const early = waiting;
      waiting = [];
      for (const report of early) told(report);
      return () => listeners.delete(told);
    },
    close: () => {
      isClosed = true;
      waiting = [];
      listeners.clear();
    },
  };
}
