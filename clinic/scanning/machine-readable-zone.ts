import type { ScannedDocument } from '#contracts/bridge/scans.ts';
import { fail, ok, type Result } from '#contracts/result.ts';
import { isCalendarDay } from '../clinic-day.ts';

/** Why lines of an identity document could not be used. */
export type ZoneIssue = 'zone.shape' | 'zone.check-digit' | 'zone.date' | 'zone.sex';

/** What the machine readable zone of an identity card or passport says. */
export interface DocumentZone {
  readonly document: ScannedDocument;
  /** Optional data without fillers: on documents of Uzbekistan the PINFL stands here. */
  readonly optionalData: string;
}

const filler = '<';
const shapes = { card: { lines: 3, length: 30 }, passport: { lines: 2, length: 44 } } as const;

/**
 * Reads a machine readable zone of size TD1 (identity card, 3 lines of 30) or TD3 (passport, 2 lines of 44), ICAO Doc 9303 parts
 * 4 and 5, lines apart or in one piece. Every check digit is checked. `today` (`YYYY-MM-DD`) decides the century of the birth.
 */
export function parseDocumentZone(text: string, today: string): Result<DocumentZone, ZoneIssue> {
  const characters = text.replace(/[\r\n\t ]/g, '').toUpperCase();
  if (!/^[A-Z0-9<]+$/.test(characters)) return fail('zone.shape');
  if (/^[AIC]/.test(characters) && characters.length === shapes.card.lines * shapes.card.length) {
    return readZone(cardFields(characters), today);
  }
  if (characters.startsWith('P') && characters.length === shapes.passport.lines * shapes.passport.length) {
    return readZone(passportFields(characters), today);
  }
  return fail('zone.shape');
}

/** The parts of a zone, wherever they stand; `checked` are texts with their check digit behind. */
interface ZoneFields {
  readonly issuer: string;
  readonly number: string;
  readonly birth: string;
  readonly sex: string;
  readonly expiry: string;
  readonly optionalData: string;
  readonly names: string;
  readonly checked: readonly string[];
}

/** ICAO 9303-5, section 4.2.2. Positions there count from 1. */
function cardFields(zone: string): ZoneFields {
  const [first, second, third] = [zone.slice(0, 30), zone.slice(30, 60), zone.slice(60)];
  return {
    issuer: first.slice(2, 5),
    number: first.slice(5, 14),
    optionalData: first.slice(15, 30),
    birth: second.slice(0, 6),
    sex: second.slice(7, 8),
    expiry: second.slice(8, 14),
    names: third,
    checked: [
      first.slice(5, 15),
      second.slice(0, 7),
      second.slice(8, 15),
      first.slice(5, 30) + second.slice(0, 7) + second.slice(8, 15) + second.slice(18, 30),
    ],
  };
}

/** ICAO 9303-4, section 4.2.2. An empty personal number may have a filler as its check digit. */
function passportFields(zone: string): ZoneFields {
  const [first, second] = [zone.slice(0, 44), zone.slice(44)];
  const personal = second.slice(28, 43);
  const isEmpty = /^<{14}[0<]$/.test(personal);
  return {
    issuer: first.slice(2, 5),
    number: second.slice(0, 9),
    optionalData: second.slice(28, 42),
    birth: second.slice(13, 19),
    sex: second.slice(20, 21),
    expiry: second.slice(21, 27),
    names: first.slice(5),
    checked: [
      second.slice(0, 10),
      second.slice(13, 20),
      second.slice(21, 28),
      ...(isEmpty ? [] : [personal]),
      second.slice(0, 10) + second.slice(13, 20) + second.slice(21, 43) + second.slice(43),
    ],
  };
}

function readZone(fields: ZoneFields, today: string): Result<DocumentZone, ZoneIssue> {
  if (!fields.checked.every(endsWithCheckDigit)) return fail('zone.check-digit');
  const birthDate = birthOf(fields.birth, today);
  const expires = dayOf(`20${fields.expiry}`);
  const number = withoutFillers(fields.number);
  const issuer = withoutFillers(fields.issuer);
  if (birthDate === undefined || expires === undefined) return fail('zone.date');
  if (!/^[A-Z0-9]+$/.test(number) || !/^[A-Z]+$/.test(issuer)) return fail('zone.shape');
  if (!/^[MF<X]$/.test(fields.sex)) return fail('zone.sex');
  return ok({
    document: { number, issuer, ...namesOf(fields.names), sex: sexOf(fields.sex), birthDate, expires },
    optionalData: withoutFillers(fields.optionalData),
  });
}

const checkWeights = [7, 3, 1] as const;

/** Check digit of ICAO 9303-3, section 4.9: digits count as they are, letters from A = 10, fillers 0; weights 7, 3, 1. */
export function zoneCheckDigit(field: string): number {
  const sum = [...field].reduce(
    (total, sign, at) => total + signValue(sign) * (checkWeights[at % 3] ?? 0),
    0,
  );
  return sum % 10;
}

const signValue = (sign: string): number => (sign === filler ? 0 : Number.parseInt(sign, 36));

const endsWithCheckDigit = (field: string): boolean =>
  field.at(-1) === String(zoneCheckDigit(field.slice(0, -1)));

/** The latest birth that is not after `today`. Unknown days and months are fillers (9303-3, section 4.8). */
function birthOf(yymmdd: string, today: string): string | undefined {
  if (!/^\d\d([\d]{4}|\d\d<<|<<<<)$/.test(yymmdd)) return undefined;
  const parts = [yymmdd.slice(0, 2), yymmdd.slice(2, 4), yymmdd.slice(4, 6)].filter((part) => part !== '<<');
  const known = parts.join('-');
  const century = Number(today.slice(0, 2));
  const isPast = `${century}${known}` <= today.slice(0, known.length + 2);
  const date = `${isPast ? century : century - 1}${known}`;
  return isCalendarDay(`${date}${'-01-01'.slice(date.length - 4)}`.slice(0, 10)) ? date : undefined;
}

function dayOf(yyyymmdd: string): string | undefined {
  const day = `${yyyymmdd.slice(0, 4)}-${yyyymmdd.slice(4, 6)}-${yyyymmdd.slice(6, 8)}`;
  return isCalendarDay(day) ? day : undefined;
}

const sexOf = (sign: string): 'female' | 'male' | null =>
  sign === 'F' ? 'female' : sign === 'M' ? 'male' : null;

const withoutFillers = (field: string): string => field.replace(/<+$/, '');

/** Family and given names are apart by two fillers, names of one kind by one. */
function namesOf(field: string): { family: string; given: string } {
  const [family = '', given = ''] = withoutFillers(field).split('<<');
  return { family: family.replaceAll(filler, ' ').trim(), given: given.replaceAll(filler, ' ').trim() };
}
