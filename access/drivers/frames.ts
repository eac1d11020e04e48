// Frames as the makers' documents lay them out, for tests: bytes in, no reader at hand.

/** A scanned data report of a HID POS scanner, or the parts of a longer code. */
export function posReports(text: string, symbology = ']Q0'): readonly Uint8Array[] {
  const data = Buffer.from(text, 'latin1');
  const count = Math.max(1, Math.ceil(data.length / 56));
  return Array.from({ length: count }, (_, at) => {
    const part = data.subarray(at * 56, at * 56 + 56);
    const report = new Uint8Array(64);
    report.set([0x02, part.length, ...Buffer.from(symbology, 'latin1')]);
    report.set(part, 5);
    report[61] = 0x73;
    report[63] = at === count - 1 ? 0 : 1;
    return report;
  });
}

export interface Swipe {
  readonly tracks: readonly [string, string, string];
  readonly errors?: readonly [number, number, number];
  readonly encodeType?: number;
}

/** A report of a MagTek swipe reader. */
export function magtekReport({ tracks, errors = [0, 0, 0], encodeType = 0 }: Swipe): Uint8Array {
  const report = new Uint8Array(337);
  report.set(errors);
  report.set(
    tracks.map((track) => track.length),
    3,
  );
  report[6] = encodeType;
  tracks.forEach((track, at) => {
    report.set(Buffer.from(track, 'latin1'), 7 + at * 110);
  });
  return report;
}
