/** One way a text may lie on a disk. */
export interface Needle {
  readonly encoding: string;
  readonly bytes: Buffer;
}

/** Every form in which `text` is looked for: its letter cases, each in every encoding. Without doubles. */
export function needlesOf(text: string): readonly Needle[] {
  const found = new Map<string, Needle>();
  for (const form of new Set([text, text.toLowerCase(), text.toUpperCase(), text.normalize('NFD')])) {
    for (const needle of encodingsOf(form)) found.set(needle.bytes.toString('hex'), needle);
  }
  return [...found.values()];
}

function encodingsOf(text: string): readonly Needle[] {
  const utf8 = Buffer.from(text, 'utf8');
  const utf16le = Buffer.from(text, 'utf16le');
  const ascii = (encoding: string, encoded: string): Needle => ({
    encoding,
    bytes: Buffer.from(encoded, 'latin1'),
  });
  return [
    { encoding: 'utf-8', bytes: utf8 },
    { encoding: 'utf-16le', bytes: utf16le },
    { encoding: 'utf-16be', bytes: Buffer.from(utf16le).swap16() },
    ...windows1251Of(text),
    ...base64Of('utf-8 in base64', utf8),
    ...base64Of('utf-16le in base64', utf16le),
    ascii('hex', utf8.toString('hex')),
    ascii('HEX', utf8.toString('hex').toUpperCase()),
    ascii(
      'percent',
      [...utf8].map((byte) => `%${byte.toString(16).padStart(2, '0').toUpperCase()}`).join(''),
    ),
    ascii('percent, letters plain', encodeURIComponent(text)),
    ...['json escapes', 'JSON ESCAPES'].map((name, index) =>
      ascii(name, jsonEscapesOf(text, index === 1, true)),
    ),
    ...['json escapes, letters plain', 'JSON ESCAPES, letters plain'].map((name, index) =>
      ascii(name, jsonEscapesOf(text, index === 1, false)),
    ),
  ];
}

/**
 * Base64 of a longer text that holds `bytes` at any of the three alignments, without the characters that neighbours
 * take part in.
 */
function base64Of(encoding: string, bytes: Buffer): readonly Needle[] {
  return ['base64', 'base64url'].flatMap((variant) =>
    [0, 1, 2].map((lead) => {
      const padded = Buffer.concat([Buffer.alloc(lead), bytes]);
      const whole = padded.toString(variant === 'base64' ? 'base64' : 'base64url');
      const from = Math.ceil((lead * 8) / 6);
      const to = Math.floor((padded.length * 8) / 6);
      return { encoding: `${encoding} at ${lead}`, bytes: Buffer.from(whole.slice(from, to), 'latin1') };
    }),
  );
}

function jsonEscapesOf(text: string, isUpper: boolean, isEvery: boolean): string {
  return Array.from({ length: text.length }, (_, index) => {
    const unit = text.charCodeAt(index);
    if (!isEvery && unit < 0x80) return text[index];
    const hex = unit.toString(16).padStart(4, '0');
    return `\\u${isUpper ? hex.toUpperCase() : hex}`;
  }).join('');
}

/** The old Cyrillic code page, for texts that it can hold. */
function windows1251Of(text: string): readonly Needle[] {
  const bytes: number[] = [];
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x80) bytes.push(code);
    else if (code >= 0x410 && code <= 0x44f) bytes.push(code - 0x410 + 0xc0);
    else return [];
  }
  return [{ encoding: 'windows-1251', bytes: Buffer.from(bytes) }];
}
