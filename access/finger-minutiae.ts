import { fail, ok, type Result } from '#contracts/result.ts';

/** One ridge ending or fork. */
export interface Minutia {
  readonly type: 'other' | 'ending' | 'bifurcation';
  readonly xPixels: number;
  readonly yPixels: number;
  /** 0 to below 360, counter-clockwise from the right. */
  readonly angleDegrees: number;
  /** 1 to 100; null where it was not measured. */
  readonly quality: number | null;
}

export interface FingerView {
  /** 0 unknown, 1 to 5 right thumb to little finger, 6 to 10 left. */
  readonly position: number;
  /** 0 to 100. */
  readonly quality: number;
  readonly minutiae: readonly Minutia[];
}

export interface FingerRecord {
  readonly widthPixels: number;
  readonly heightPixels: number;
  readonly pixelsPerCentimetre: { readonly x: number; readonly y: number };
  readonly views: readonly FingerView[];
}

/** Why a record could not be read. */
export type FingerRecordIssue = 'not-a-record' | 'length' | 'resolution' | 'view' | 'minutia';

/** Records are a few hundred bytes; this is what 16 views of 255 minutiae with some extended data come to. */
const longestRecord = 65_536;
const headerLength = 24;
const viewHeaderLength = 4;
const minutiaLength = 6;
const mostViews = 16;
const leastPixelsPerCentimetre = 99;
const types = ['other', 'ending', 'bifurcation'] as const;

/**
 * Reads a finger minutiae record of ISO/IEC 19794-2:2005 (clause 8, format `FMR`, version ` 20`). Everything is checked against the
 * record's own lengths and sizes; extended data is passed over. `bytes` may come from anywhere.
 */
export function parseFingerRecord(bytes: Uint8Array): Result<FingerRecord, FingerRecordIssue> {
  if (bytes.length < headerLength || Buffer.from(bytes.subarray(0, 8)).toString('latin1') !== 'FMR\0 20\0') {
    return fail('not-a-record');
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length > longestRecord || view.getUint32(8) !== bytes.length) return fail('length');
  const size = { widthPixels: view.getUint16(14), heightPixels: view.getUint16(16) };
  const pixelsPerCentimetre = { x: view.getUint16(18), y: view.getUint16(20) };
  if (Math.min(pixelsPerCentimetre.x, pixelsPerCentimetre.y) < leastPixelsPerCentimetre)
    return fail('resolution');
  const views = readViews(view, size);
  return views.ok ? ok({ ...size, pixelsPerCentimetre, views: views.value }) : views;
}

type Size = Pick<FingerRecord, 'widthPixels' | 'heightPixels'>;

function readViews(bytes: DataView, size: Size): Result<readonly FingerView[], FingerRecordIssue> {
  const count = bytes.getUint8(22);
  if (count === 0 || count > mostViews) return fail('view');
  const views: FingerView[] = [];
  let at = headerLength;
  while (views.length < count) {
    const read = readView(bytes, at, size);
    if (!read.ok) return read;
    views.push(read.value.view);
    at = read.value.end;
  }
  return at === bytes.byteLength ? ok(views) : fail('length');
}

function readView(
  bytes: DataView,
  at: number,
  size: Size,
): Result<{ readonly view: FingerView; readonly end: number }, FingerRecordIssue> {
  if (at + viewHeaderLength > bytes.byteLength) return fail('length');
  const position = bytes.getUint8(at);
  const quality = bytes.getUint8(at + 2);
  const count = bytes.getUint8(at + 3);
  if (position > 10 || quality > 100) return fail('view');
  const minutiaeAt = at + viewHeaderLength;
  const extendedAt = minutiaeAt + count * minutiaLength;
  if (extendedAt + 2 > bytes.byteLength) return fail('length');
  const minutiae: Minutia[] = [];
  for (let next = minutiaeAt; next < extendedAt; next += minutiaLength) {
    const minutia = readMinutia(bytes, next, size);
    if (minutia === undefined) return fail('minutia');
    minutiae.push(minutia);
  }
  const end = extendedAt + 2 + bytes.getUint16(extendedAt);
  return end > bytes.byteLength ? fail('length') : ok({ view: { position, quality, minutiae }, end });
}

/** Clause 8.4: type and x in 2 + 14 bits, 2 reserved bits and y, angle in steps of 1.40625 degrees, quality. */
function readMinutia(bytes: DataView, at: number, size: Size): Minutia | undefined {
  const typeAndX = bytes.getUint16(at);
  const xPixels = typeAndX & 0x3fff;
  const yPixels = bytes.getUint16(at + 2) & 0x3fff;
  const type = types[typeAndX >>> 14];
  const quality = bytes.getUint8(at + 5);
  if (type === undefined || xPixels >= size.widthPixels || yPixels >= size.heightPixels || quality > 100) {
    return undefined;
  }
  return {
    type,
    xPixels,
    yPixels,
    angleDegrees: (bytes.getUint8(at + 4) * 360) / 256,
    quality: quality === 0 ? null : quality,
  };
}
