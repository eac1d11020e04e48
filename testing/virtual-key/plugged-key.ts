import type { HidPipe } from '#access/ctap/hid-pipe.ts';
import type { VirtualKey } from './authenticator.ts';

/** A virtual key in a socket of this process. */
export interface PluggedKey extends HidPipe {
  unplug(): void;
  /** Reports that went either way so far. */
  readonly reports: number;
  /** Unplugs it at the report with this number, before it arrives. */
  unplugAt(report: number): void;
}

/** Plugs a virtual key in. Reports arrive in order and, as with a real device, not in the same call. */
export function plugIn(key: VirtualKey): PluggedKey {
  const reportListeners = new Set<(report: Uint8Array) => void>();
  const closedListeners = new Set<() => void>();
  let isOpen = true;
  let reports = 0;
  let last = Number.POSITIVE_INFINITY;

  const unplug = (): void => {
    if (!isOpen) return;
    isOpen = false;
    stopListening();
    key.powerCycle();
    for (const told of [...closedListeners]) told();
  };
  /** Whether a report still gets through. */
  const counts = (): boolean => {
    if (!isOpen) return false;
    reports += 1;
    if (reports >= last) unplug();
    return isOpen;
  };
  const stopListening = key.onReport((report) => {
    queueMicrotask(() => {
      if (counts()) for (const told of [...reportListeners]) told(report);
    });
  });

  return {
    unplug,
    get reports() {
      return reports;
    },
    unplugAt: (report) => {
      last = report;
    },
    write: async (report) => {
      if (!counts()) throw new Error('the device is gone');
      key.receive(report.slice());
    },
    onReport: (told) => {
      reportListeners.add(told);
      return () => reportListeners.delete(told);
    },
    onClosed: (told) => {
      closedListeners.add(told);
      return () => closedListeners.delete(told);
    },
    close: async () => unplug(),
  };
}
