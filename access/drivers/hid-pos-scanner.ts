import type { HidReaderModel, ReaderNews, ReportDecoder } from './reader-model.ts';

/**
 * Bar code scanners of the HID point of sale class (USB-IF HID Point of Sale Usage Tables 1.02, section 3): usage page 8C, usage 02.
 * The scanned data report is the one all makers use: number 2, then the length of the data, the AIM symbology identifier (3 bytes),
 * 56 bytes of data, 2 bytes of further identifiers, and a byte whose lowest bit says that more follows.
 */
const scannedDataReport = 0x02;
const reportLength = 64;
const dataAt = 5;
const dataLength = 56;
const moreAt = 63;
const mostCharacters = 2048;
/** Reports of one code follow each other within milliseconds; what comes later begins anew. */
const longestPauseMs = 1_000;

interface Beginning {
  readonly symbology: string | null;
  readonly text: string;
  readonly lastMs: number;
}

/** Puts the reports of a code together. Reports that do not follow the format are passed over and end what was begun. */
export function createPosDecoder(): ReportDecoder {
  let begun: Beginning | undefined;
  return (report, atMs) => {
    if (report[0] !== scannedDataReport) return undefined;
    const before = begun !== undefined && atMs - begun.lastMs <= longestPauseMs ? begun : undefined;
    begun = undefined;
    const part = partOf(report);
    if (part === undefined) return undefined;
    const text = (before?.text ?? '') + part.text;
    if (text.length > mostCharacters) return undefined;
    const symbology = before === undefined ? part.symbology : before.symbology;
    if (part.hasMore) begun = { symbology, text, lastMs: atMs };
    else if (text !== '') return codeNews(symbology, text);
    return undefined;
  };
}

const codeNews = (symbology: string | null, text: string): ReaderNews => ({
  kind: 'code',
  reading: { symbology, text },
});

function partOf(
  report: Uint8Array,
): { readonly symbology: string | null; readonly text: string; readonly hasMore: boolean } | undefined {
  const length = report[1] ?? 0;
  if (report.length !== reportLength || length > dataLength) return undefined;
  const identifier = Buffer.from(report.subarray(2, dataAt)).toString('latin1');
  return {
    symbology: /^\][A-Za-z][0-9A-Za-z]$/.test(identifier) ? identifier : null,
    text: Buffer.from(report.subarray(dataAt, dataAt + length)).toString('latin1'),
    hasMore: ((report[moreAt] ?? 0) & 1) === 1,
  };
}

export const hidPosScanner: HidReaderModel = {
  name: 'hid-pos-scanner',
  kind: 'scanner',
  matches: ({ usagePage, usage }) => usagePage === 0x8c && usage === 0x02,
  // The class is open to every maker; these are the ones met most: Zebra, Honeywell (two), Datalogic, Newland, Access-IS.
  usbIds: [0x05e0, 0x0c2e, 0x0536, 0x05f9, 0x1eab, 0x0db5].map((vendorId) => ({ vendorId })),
  source: { way: 'reports', createDecoder: createPosDecoder },
};
