import type { CardTrouble, DeviceShelf } from '#access/ports.ts';
import { dayAt } from '#clinic/clinic-day.ts';
import type { Clock } from '#clinic/ports/clock.ts';
import { scanOfCard, scanOfCode } from '#clinic/scanning/scan.ts';
import type { Scan } from '#contracts/bridge/scans.ts';

/** What somebody held to a reader or scanner of this machine. */
export type ScanNews =
  /** `reader`: id of the card reader or scanner, another one after each plugging in. */
  | { readonly kind: 'scan'; readonly scan: Scan; readonly reader: string }
  /** The card of the scan before, on the reader with this id, was taken away. */
  | { readonly kind: 'card-taken'; readonly reader: string }
  | { readonly kind: 'trouble'; readonly trouble: CardTrouble };

/**
 * Tells every card and code that any reader or scanner on the shelf reads, understood as far as possible; those plugged in later too.
 * Nothing is kept: what nobody listens to is gone (DEV-30). Returns a function that ends it.
 */
export function watchScans(shelf: DeviceShelf, clock: Clock, told: (news: ScanNews) => void): () => void {
  const endsByDevice = new Map<object, () => void>();
  const tellScan = (scan: Scan | undefined, reader: string): void => {
    if (scan !== undefined) told({ kind: 'scan', scan, reader });
  };
  const today = () => dayAt(Math.max(0, Math.floor(clock.now())));

  const listen = (): void => {
    const readers = shelf.cardReaders();
    const scanners = shelf.codeScanners();
    const present = new Set<object>([...readers, ...scanners]);
    for (const [device, end] of endsByDevice) {
      if (present.has(device)) continue;
      end();
      endsByDevice.delete(device);
    }
    for (const reader of readers) {
      if (endsByDevice.has(reader)) continue;
      const ends = [
        reader.onCard(({ number }) => tellScan(scanOfCard(number), reader.id)),
        reader.onCardTaken(() => told({ kind: 'card-taken', reader: reader.id })),
        reader.onTrouble((trouble) => told({ kind: 'trouble', trouble })),
      ];
      endsByDevice.set(reader, () => ends.forEach((end) => void end()));
    }
    for (const scanner of scanners) {
      if (endsByDevice.has(scanner)) continue;
      endsByDevice.set(
        scanner,
        scanner.onCode((code) => tellScan(scanOfCode(code, today()), scanner.id)),
      );
    }
  };

  listen();
  const endChanges = shelf.onChange(listen);
  return () => {
    endChanges();
    for (const end of endsByDevice.values()) end();
    endsByDevice.clear();
  };
}
