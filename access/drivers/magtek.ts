import type { HidReaderModel, ReaderNews, ReportDecoder } from './reader-model.ts';

/**
 * MagTek swipe readers in HID mode (USB HID Swipe Reader Technical Reference Manual 99875206, section 4): one input report of 337 bytes
 * per swipe: decode status of tracks 1 to 3 (bit 0: error), their lengths, the card's encode type, and 110 bytes for each track.
 */
const reportLength = 337;
const trackCount = 3;
const lengthsAt = 3;
const encodeTypeAt = 6;
const tracksAt = 7;
const trackLength = 110;
/** ISO/ABA and "other"; the rest are driving licences, blank cards and cards that could not be decoded. */
const usableEncodeTypes: readonly number[] = [0, 4];

/** What a swipe makes of a card. Track contents never leave this function except the number of a badge. */
export const decodeSwipe: ReportDecoder = (report) => {
  if (report.length !== reportLength) return undefined;
  const tracks = tracksOf(report);
  // Another track would give another number for the same card: all or nothing.
  if (tracks === undefined) return trouble('again');
  if (!usableEncodeTypes.includes(report[encodeTypeAt] ?? -1)) return trouble('no-number');
  const [first = '', second = '', third = ''] = tracks;
  if (isPayment(first, second)) return trouble('payment');
  const number = numberOn(second) ?? numberOn(first) ?? numberOn(third);
  if (number !== undefined) return { kind: 'card', reading: { reader: 'magnetic', number } };
  return trouble(tracks.every((track) => track === '') ? 'again' : 'no-number');
};

const trouble = (why: 'again' | 'no-number' | 'payment'): ReaderNews => ({ kind: 'trouble', trouble: why });

/** The text of each track, empty where the card has none; undefined when one of them was not read right. */
function tracksOf(report: Uint8Array): readonly string[] | undefined {
  const tracks: string[] = [];
  for (let track = 0; track < trackCount; track += 1) {
    const hasError = ((report[track] ?? 0) & 1) === 1;
    const length = report[lengthsAt + track] ?? 0;
    if (hasError || length > trackLength) return undefined;
    const from = tracksAt + track * trackLength;
    tracks.push(Buffer.from(report.subarray(from, from + length)).toString('latin1'));
  }
  return tracks;
}

/** What stands between the sentinels: `%` on track 1, `;` on track 2, `;` or `+` on track 3, `?` at the end (ISO/IEC 7811). */
function numberOn(track: string): string | undefined {
  const inside = /^[%;+]([\x20-\x3e\x40-\x5f]{1,107})\?$/.exec(track)?.[1];
  const number = inside?.split('=')[0]?.trim();
  return number === undefined || !/[0-9A-Z]/.test(number) ? undefined : number;
}

/** ISO/IEC 7813: format B on track 1, or an account number with its check digit, expiry and service code on track 2. */
function isPayment(first: string, second: string): boolean {
  const account = /^;(\d{12,19})=\d{7}/.exec(second)?.[1];
  return /^%B\d{12,19}\^/.test(first) || (account !== undefined && hasLuhnDigit(account));
}

function hasLuhnDigit(digits: string): boolean {
  const sum = [...digits].reverse().reduce((total, digit, at) => {
    const value = Number(digit) * (at % 2 === 1 ? 2 : 1);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return sum % 10 === 0;
}

export const magtek: HidReaderModel = {
  name: 'magtek',
  kind: 'card-reader',
  // 0801:0001 is the same reader set to type: a wedge.
  matches: ({ vendorId, productId, usagePage }) =>
    vendorId === 0x0801 &&
    (productId === 0x0002 || productId === 0x0011) &&
    (usagePage === null || usagePage >= 0xff00),
  usbIds: [
    { vendorId: 0x0801, productId: 0x0002 },
    { vendorId: 0x0801, productId: 0x0011 },
  ],
  source: { way: 'reports', createDecoder: () => decodeSwipe },
};
