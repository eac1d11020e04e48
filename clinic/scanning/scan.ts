import type { Scan, ScannedDocument } from '#contracts/bridge/scans.ts';
import { parsePinfl, pinflContradictions } from '../identity/pinfl.ts';
import { type Gs1Elements, gs1Day, gs1Separator, isGtin, parseGs1 } from './gs1.ts';
import { type DocumentZone, parseDocumentZone } from './machine-readable-zone.ts';

/** What came out of a code, from a scanner or from a wedge. */
export interface ScannedCode {
  readonly text: string;
  /** AIM symbology identifier, `]d2`; null when the scanner does not say, and then it may stand before the text. */
  readonly symbology: string | null;
}

const longestText = 2048;

/**
 * Understands a printed code: an identity document's machine readable zone, a PINFL, a health card, a GS1 package, a document
 * number. `today` is `YYYY-MM-DD`. Undefined for an empty code; what is not known comes back as `unknown`, cut to 2,048 characters.
 */
export function scanOfCode(code: ScannedCode, today: string): Scan | undefined {
  const { text, symbology } = withoutSymbology(code);
  if (text === '') return undefined;
  return (
    (isGs1Symbology(symbology) ? medicineOf(text, today) : undefined) ??
    documentOf(text, today) ??
    numberOf(text, symbology) ??
    medicineOf(text, today) ??
    ({ kind: 'unknown', text: text.slice(0, longestText) } as const)
  );
}

/**
 * Understands what a card reader read: a patient where the number is a PINFL, otherwise a card whose owner is looked up.
 * `number` as the reader gave it, at most 128 characters. Undefined for an empty one.
 */
export function scanOfCard(number: string): Scan | undefined {
  const text = number.trim().slice(0, 128);
  if (text === '') return undefined;
  const pinfl = parsePinfl(text);
  return pinfl.ok ? { kind: 'patient', pinfl: pinfl.value.digits } : { kind: 'staff-card', number: text };
}

function withoutSymbology({ text, symbology }: ScannedCode): ScannedCode {
  const trimmed = text.replace(/^[\r\n\t ]+|[\r\n\t ]+$/g, '');
  const prefix = /^\][A-Za-z][0-9A-Za-z]/.exec(trimmed)?.[0];
  if (prefix === undefined) return { text: trimmed, symbology };
  return { text: trimmed.slice(prefix.length), symbology: symbology ?? prefix };
}

/** Symbologies that carry GS1 element strings: GS1-128, DataBar, DataMatrix with FNC1, QR with FNC1 (ISO/IEC 15424). */
const isGs1Symbology = (symbology: string | null): boolean =>
  symbology !== null && /^(\]C1|\]e0|\]d2|\]Q3|\]J1)$/.test(symbology);

/** Trade item numbers printed plainly: EAN/UPC and ITF-14. */
const isTradeSymbology = (symbology: string | null): boolean =>
  symbology !== null && /^\](E|I1)/.test(symbology);

function documentOf(text: string, today: string): Scan | undefined {
  const zone = parseDocumentZone(text, today);
  if (zone.ok) return scanOfZone(zone.value);
  return /^[A-Z]{2}\d{7}$/.test(text) ? { kind: 'identity-document', number: text } : undefined;
}

/** The optional data is taken for a PINFL only if it is one and agrees with birth and sex of the same document. */
function scanOfZone({ document, optionalData }: DocumentZone): Scan {
  const pinfl = parsePinfl(optionalData);
  if (document.issuer === 'UZB' && pinfl.ok && agrees(pinfl.value, document)) {
    return { kind: 'patient', pinfl: pinfl.value.digits, document };
  }
  return { kind: 'identity-document', number: document.number, document };
}

function agrees(pinfl: Parameters<typeof pinflContradictions>[0], document: ScannedDocument): boolean {
  const stated = { sex: document.sex ?? pinfl.sex, birth: { date: document.birthDate } };
  return pinflContradictions(pinfl, stated).length === 0;
}

/** Bare digits: a trade item where the symbology says so, otherwise a PINFL, otherwise a trade item or a health card. */
function numberOf(text: string, symbology: string | null): Scan | undefined {
  if (!/^\d{8,14}$/.test(text)) return undefined;
  if (isTradeSymbology(symbology)) return isGtin(text) ? tradeItem(text) : undefined;
  const pinfl = parsePinfl(text);
  if (pinfl.ok) return { kind: 'patient', pinfl: pinfl.value.digits };
  if (text.length === 14) return { kind: 'health-card', number: text };
  return text.length === 13 && isGtin(text) ? tradeItem(text) : undefined;
}

const tradeItem = (digits: string): Scan => ({
  kind: 'medicine',
  gtin: digits.padStart(14, '0'),
  isMarked: false,
});

function medicineOf(text: string, today: string): Scan | undefined {
  const parsed = parseGs1(withSeparators(withoutBrackets(text)));
  return parsed.ok ? scanOfElements(parsed.value, today) : undefined;
}

/** `(01)...(17)...` as some scanners are set to send; a bracket is also a character a value may have, hence the strict shape. */
function withoutBrackets(text: string): string {
  if (!/^\(\d{2,4}\)[^()]+(\(\d{2,4}\)[^()]+)*$/.test(text)) return text;
  return text.replace(/\((\d{2,4})\)/g, `${gs1Separator}$1`);
}

/** Keyboard scanners often drop the separators; the national marking has lengths that allow putting them back. */
function withSeparators(text: string): string {
  if (text.includes(gs1Separator)) return text;
  return text.replace(/^(01\d{14}21.{13})(91.{4})(92.{44})$/, `$1${gs1Separator}$2${gs1Separator}$3`);
}

/** Undefined where the code names no trade item, or one that is mistyped or damaged: a wrong package is worse than none. */
function scanOfElements(elements: Gs1Elements, today: string): Scan | undefined {
  const gtin = elements.get('01');
  const expiry = elements.get('17');
  if (gtin === undefined || !isGtin(gtin)) return undefined;
  const expires = expiry === undefined ? undefined : gs1Day(expiry, today);
  if (expiry !== undefined && expires === undefined) return undefined;
  const lot = elements.get('10');
  const serial = elements.get('21');
  return {
    kind: 'medicine',
    gtin,
    ...(lot === undefined ? {} : { lot }),
    ...(expires === undefined ? {} : { expires }),
    ...(serial === undefined ? {} : { serial }),
    // The national marking: key (91) of 4 characters and code (92) of 44 beside number and serial.
    isMarked: serial !== undefined && elements.has('91') && elements.has('92'),
  };
}
