import { describe, expect, it } from 'vitest';
import { ok } from '#contracts/result.ts';
import { type FingerRecordIssue, parseFingerRecord } from './finger-minutiae.ts';
import type { FingerCapture, FingerprintScanner } from './fingerprint-scanner.ts';

interface Given {
  readonly minutiae?: readonly (readonly number[])[];
  readonly extended?: readonly number[];
  readonly views?: number;
}

/** A record as ISO/IEC 19794-2:2005 lays it out: 300 x 400 pixels at 197 pixels per centimetre (500 dpi). */
function record({
  minutiae = [[0x40, 10, 0x00, 20, 64, 90]],
  extended = [],
  views = 1,
}: Given = {}): Uint8Array {
  const view = [
    ...[2, 0x00, 85, minutiae.length],
    ...minutiae.flat(),
    ...[extended.length >> 8, extended.length & 0xff],
    ...extended,
  ];
  const length = 24 + view.length * views;
  return Uint8Array.from([
    ...Buffer.from('FMR\0 20\0', 'latin1'),
    ...[0, 0, length >> 8, length & 0xff],
    ...[0, 0],
    ...[300 >> 8, 300 & 0xff, 400 >> 8, 400 & 0xff],
    ...[0, 197, 0, 197],
    ...[views, 0],
    ...Array.from({ length: views }, () => view).flat(),
  ]);
}

describe('a finger minutiae record', () => {
  it('is read with place, angle and quality', () => {
    const parsed = parseFingerRecord(
      record({
        minutiae: [
          [0x40, 10, 0x01, 0x2c, 64, 90],
          [0x81, 0x2b, 0, 0, 255, 0],
        ],
      }),
    );
    expect(parsed).toEqual(
      ok({
        widthPixels: 300,
        heightPixels: 400,
        pixelsPerCentimetre: { x: 197, y: 197 },
        views: [
          {
            position: 2,
            quality: 85,
            minutiae: [
              { type: 'ending', xPixels: 10, yPixels: 300, angleDegrees: 90, quality: 90 },
              { type: 'bifurcation', xPixels: 299, yPixels: 0, angleDegrees: 358.593_75, quality: null },
            ],
          },
        ],
      }),
    );
  });

  it('may have several views, none of any minutiae, and extended data that is passed over', () => {
    const parsed = parseFingerRecord(record({ minutiae: [], extended: [1, 2, 3], views: 3 }));
    expect(parsed.ok && parsed.value.views.map(({ minutiae }) => minutiae.length)).toEqual([0, 0, 0]);
  });

  it.each<[string, Uint8Array, FingerRecordIssue]>([
    ['nothing', new Uint8Array(), 'not-a-record'],
    ['another format', record().with(2, 0x53), 'not-a-record'],
    ['another version', record().with(5, 0x33), 'not-a-record'],
    ['a byte too few', record().subarray(0, -1), 'length'],
    ['a byte too many', Uint8Array.from([...record(), 0]), 'length'],
    ['no resolution', record().with(19, 0), 'resolution'],
    ['no view', record().with(22, 0), 'view'],
    ['more views than there are', record().with(22, 2), 'length'],
    ['too many views', record().with(22, 17), 'view'],
    ['a finger nobody has', record().with(24, 11), 'view'],
    ['more minutiae than there are', record().with(27, 200), 'length'],
    ['a type that is reserved', record({ minutiae: [[0xc0, 10, 0, 20, 0, 0]] }), 'minutia'],
    ['a place outside', record({ minutiae: [[0x41, 0x2c, 0, 20, 0, 0]] }), 'minutia'],
    ['a quality beyond 100', record({ minutiae: [[0x40, 1, 0, 1, 0, 101]] }), 'minutia'],
    ['extended data beyond the end', record().with(-1, 9), 'length'],
    ['a huge one', new Uint8Array(100_000).map((_, at) => record()[at] ?? 0), 'length'],
  ])('%s is refused', (_name, bytes, issue) => {
    expect(parseFingerRecord(bytes)).toEqual({ ok: false, error: issue });
  });

  it('50,000 changed and cut records are read or refused, never more than they hold', () => {
    let state = 23;
    const random = (): number => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state / 2 ** 32;
    };
    const good = record({
      views: 2,
      minutiae: [
        [0x40, 10, 0, 20, 1, 1],
        [0x80, 9, 0, 9, 2, 2],
      ],
    });
    let accepted = 0;
    for (let round = 0; round < 50_000; round += 1) {
      const bytes = Uint8Array.from(good);
      for (let change = 0; change < round % 5; change += 1) {
        bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
      }
      const cut = random() < 0.2 ? bytes.subarray(0, Math.floor(random() * bytes.length)) : bytes;
      const parsed = parseFingerRecord(cut);
      if (!parsed.ok) continue;
      accepted += 1;
      const count = parsed.value.views.reduce((sum, { minutiae }) => sum + minutiae.length, 0);
      expect(count * 6).toBeLessThanOrEqual(cut.length);
    }
    expect(accepted).toBeGreaterThan(5_000);
  });
});

it('a scanner of any maker fits the port: picture or record in, nothing else assumed', async () => {
  const capture: FingerCapture = { kind: 'template', format: 'iso-19794-2', record: record() };
  const scanner: FingerprintScanner = {
    id: 'some-maker',
    capture: async ({ signal }) => (signal.aborted ? { ok: false, error: 'cancelled' } : ok(capture)),
    onRemoved: () => () => undefined,
  };
  const captured = await scanner.capture({ signal: new AbortController().signal });
  expect(
    captured.ok && captured.value.kind === 'template' && parseFingerRecord(captured.value.record).ok,
  ).toBe(true);
});
