import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { type Scan, ScanSchema } from '#contracts/bridge/scans.ts';
import { pinflCheckDigit } from '../identity/pinfl.ts';
import { gs1Day, isGtin, parseGs1 } from './gs1.ts';
import { parseDocumentZone, zoneCheckDigit } from './machine-readable-zone.ts';
import { scanOfCard, scanOfCode } from './scan.ts';

const today = '2026-06-03';
const separator = '\u001d';
const scan = (text: string, symbology: string | null = null) => scanOfCode({ text, symbology }, today);

const pinflOf = (first13: string): string => `${first13}${pinflCheckDigit(first13)}`;
const karim = pinflOf('3120385123456');

/** A made-up identity card of Uzbekistan with right check digits. */
function card({ optional = karim, birth = '850312', sex = 'M', issuer = 'UZB' } = {}): string {
  const withCheck = (field: string) => `${field}${zoneCheckDigit(field)}`;
  const upper = `${withCheck('AC1234567')}${optional.padEnd(15, '<')}`;
  const born = withCheck(birth);
  const expires = withCheck('310311');
  const composite = zoneCheckDigit(`${upper}${born}${expires}${'<'.repeat(11)}`);
  return [
    `IU${issuer}${upper}`,
    `${born}${sex}${expires}${issuer}${'<'.repeat(11)}${composite}`,
    'KARIMOV<<ANVAR<VALI'.padEnd(30, '<'),
  ].join('\n');
}

describe('identity documents', () => {
  it('reads the specimen card of ICAO 9303-5', () => {
    const zone = [
      'I<UTOD231458907<<<<<<<<<<<<<<<',
      '7408122F1204159UTO<<<<<<<<<<<6',
      'ERIKSSON<<ANNA<MARIA<<<<<<<<<<',
    ].join('\r\n');
    expect(parseDocumentZone(zone, today)).toEqual({
      ok: true,
      value: {
        document: {
          number: 'D23145890',
          issuer: 'UTO',
          family: 'ERIKSSON',
          given: 'ANNA MARIA',
          sex: 'female',
          birthDate: '1974-08-12',
          expires: '2012-04-15',
        },
        optionalData: '',
      },
    });
  });

  it('reads the specimen passport of ICAO 9303-4', () => {
    const zone = 'P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<L898902C36UTO7408122F1204159ZE184226B<<<<<10';
    expect(parseDocumentZone(zone, today)).toMatchObject({
      ok: true,
      value: { document: { number: 'L898902C3', birthDate: '1974-08-12' }, optionalData: 'ZE184226B' },
    });
  });

  it('reads a passport without personal number, whose check digit then is a filler or 0', () => {
    const check = (field: string) => String(zoneCheckDigit(field));
    const head = ['L898902C3', '740812', '120415'].map((field) => `${field}${check(field)}`);
    for (const digit of ['<', '0']) {
      const personal = `${'<'.repeat(14)}${digit}`;
      const [number = '', birth = '', expiry = ''] = head;
      const composite = check(`${number}${birth}${expiry}${personal}`);
      const zone = `P<UTO${'ERIKSSON<<ANNA'.padEnd(39, '<')}${number}UTO${birth}F${expiry}${personal}${composite}`;
      expect(parseDocumentZone(zone, today)).toMatchObject({ ok: true, value: { optionalData: '' } });
    }
  });

  it('finds the patient by the PINFL on a card of Uzbekistan', () => {
    expect(scan(card())).toEqual({
      kind: 'patient',
      pinfl: karim,
      document: {
        number: 'AC1234567',
        issuer: 'UZB',
        family: 'KARIMOV',
        given: 'ANVAR VALI',
        sex: 'male',
        birthDate: '1985-03-12',
        expires: '2031-03-11',
      },
    });
  });

  it.each([
    ['another birth date', card({ birth: '850313' })],
    ['another sex', card({ sex: 'F' })],
    ['another state', card({ issuer: 'UTO' })],
    ['no PINFL', card({ optional: '' })],
    [
      'a PINFL with a wrong check digit',
      card({ optional: `${karim.slice(0, 13)}${(Number(karim[13]) + 1) % 10}` }),
    ],
  ])('does not believe the PINFL of a card with %s', (_name, zone) => {
    expect(scan(zone)).toMatchObject({ kind: 'identity-document', number: 'AC1234567' });
  });

  it('takes births that are known in part', () => {
    const zone = parseDocumentZone(card({ birth: '85<<<<' }), today);
    expect(zone).toMatchObject({ ok: true, value: { document: { birthDate: '1985' } } });
    expect(scan(card({ birth: '8503<<' }))).toMatchObject({ kind: 'patient', pinfl: karim });
  });

  it('detects every single misread character of numbers and dates', () => {
    const zone = card().replaceAll('\n', '');
    const covered = [...range(5, 37), ...range(38, 45), ...range(48, 60)];
    for (const at of covered) {
      for (const sign of '0123456789') {
        // Letters ten apart from a digit count the same: what the document's own check cannot see.
        if (zoneCheckDigit(zone[at] ?? '') === zoneCheckDigit(sign)) continue;
        const misread = zone.slice(0, at) + sign + zone.slice(at + 1);
        expect(parseDocumentZone(misread, today).ok, `${at} ${sign}`).toBe(false);
      }
    }
  });

  it('knows the number of a document alone', () => {
    expect(scan('AC1234567')).toEqual({ kind: 'identity-document', number: 'AC1234567' });
  });
});

describe('numbers', () => {
  it('a PINFL is a patient', () => {
    expect(scan(karim)).toEqual({ kind: 'patient', pinfl: karim });
    expect(scan(`]Q1${karim}\r\n`)).toEqual({ kind: 'patient', pinfl: karim });
  });

  it('14 digits that are no PINFL are a health card', () => {
    expect(scan('86012345678901')).toEqual({ kind: 'health-card', number: '86012345678901' });
  });

  it('an EAN is a package, and never with a wrong check digit', () => {
    expect(scan('4006381333931')).toEqual({ kind: 'medicine', gtin: '04006381333931', isMarked: false });
    expect(scan('4006381333932')).toEqual({ kind: 'unknown', text: '4006381333932' });
    // An ITF-14 that would pass as a PINFL stays what its symbology says.
    expect(scan(karim, ']I1')).not.toMatchObject({ kind: 'patient' });
  });

  it('a card is a patient by PINFL or somebody to look up', () => {
    expect(scanOfCard(karim)).toEqual({ kind: 'patient', pinfl: karim });
    expect(scanOfCard('04A1B2C3D4E5F6')).toEqual({ kind: 'staff-card', number: '04A1B2C3D4E5F6' });
    expect(scanOfCard('  ')).toBeUndefined();
  });
});

describe('GS1', () => {
  const gtin = '04006381333931';

  it('reads a package of medicine', () => {
    const text = `]d201${gtin}17271231${'10'}LOT-7${separator}21SN0001`;
    expect(scan(text)).toEqual({
      kind: 'medicine',
      gtin,
      expires: '2027-12-31',
      lot: 'LOT-7',
      serial: 'SN0001',
      isMarked: false,
    });
    expect(scan(`${separator}01${gtin}10A`, null)).toMatchObject({ kind: 'medicine', lot: 'A' });
    expect(scan(`(01)${gtin}(17)270200(10)A1`)).toMatchObject({ lot: 'A1', expires: '2027-02-28' });
  });

  it('knows the national marking, also without the separators that keyboards drop', () => {
    const marked = [`01${gtin}21ABCDEFGHIJKLM`, '91EE06', `92${'k'.repeat(44)}`];
    const expected = { kind: 'medicine', gtin, serial: 'ABCDEFGHIJKLM', isMarked: true };
    expect(scan(marked.join(separator))).toEqual(expected);
    expect(scan(marked.join(''))).toEqual(expected);
  });

  it.each([
    ['a wrong check digit', `01${gtin.slice(0, 13)}2`],
    ['a day that does not exist', `01${gtin}17270231`],
    ['a month that does not exist', `01${gtin}17271300`],
    ['no trade item', '10LOT'],
    ['two trade items', `01${gtin}0104006381333948`],
    ['a value that is too long', `01${gtin}10${'x'.repeat(21)}`],
    ['a cut value', `01${gtin}1727`],
    ['an unassigned identifier', `01${gtin}05123`],
    ['a foreign character', `01${gtin}10ä`],
  ])('refuses %s', (_name, text) => {
    expect(scan(text, ']d2')).toMatchObject({ kind: 'unknown' });
  });

  it('puts the year within 49 years back and 50 ahead', () => {
    expect(gs1Day('760101', today)).toBe('2076-01-01');
    expect(gs1Day('770101', today)).toBe('1977-01-01');
    expect(gs1Day('240229', today)).toBe('2024-02-29');
    expect(gs1Day('250229', today)).toBeUndefined();
    expect(gs1Day('000100', '2099-01-01')).toBe('2100-01-31');
  });

  it('checks GTINs of every length', () => {
    expect(['96385074', '614141999996', '4006381333931', '10614141543219'].map(isGtin)).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect(isGtin('4006381333913')).toBe(false);
  });

  it('takes four-digit identifiers', () => {
    const parsed = parseGs1(`3103001250${'8200'}http://a`);
    expect(parsed.ok && [...parsed.value]).toEqual([
      ['3103', '001250'],
      ['8200', 'http://a'],
    ]);
  });
});

it('whatever is scanned, the answer has the agreed shape', () => {
  const random = seeded(3);
  const seeds = [
    card(),
    `]d201${'04006381333931'}17271231${'10'}LOT${separator}21SN`,
    karim,
    'AC1234567',
    ']E04006381333931',
  ];
  const kinds = new Set<Scan['kind']>();
  for (let round = 0; round < 30_000; round += 1) {
    const seedText = seeds[round % seeds.length] ?? '';
    const text = round % 3 === 0 ? noise(random) : mutate(seedText, random);
    const found = scan(text, random() < 0.3 ? ']d2' : null);
    if (found === undefined) continue;
    expect(v.is(ScanSchema, found), JSON.stringify(text)).toBe(true);
    kinds.add(found.kind);
  }
  expect(kinds).toContain('unknown');
  expect(kinds).toContain('medicine');
});

it('the longest code takes no time', () => {
  const started = Date.now();
  for (const text of [
    '1'.repeat(100_000),
    '(01)'.repeat(20_000),
    '<'.repeat(100_000),
    `10${'A'.repeat(99_000)}`,
  ]) {
    expect(v.is(ScanSchema, scan(text))).toBe(true);
  }
  expect(Date.now() - started).toBeLessThan(1_000);
});

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, at) => from + at);

const noise = (random: () => number): string =>
  Array.from({ length: Math.floor(random() * 120) }, () => String.fromCharCode(random() * 256)).join('');

function mutate(text: string, random: () => number): string {
  const at = Math.floor(random() * text.length);
  const sign = String.fromCharCode(random() < 0.7 ? 48 + random() * 10 : random() * 256);
  const choice = random();
  if (choice < 0.3) return text.slice(0, at);
  if (choice < 0.6) return text.slice(0, at) + sign + text.slice(at + 1);
  return choice < 0.8 ? text.slice(0, at) + sign + text.slice(at) : text.slice(at) + text.slice(0, at);
}

/** Reproducible numbers in [0, 1). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
