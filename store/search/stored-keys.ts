import type { NameKey, PatientKeys } from '#clinic/ports/search-rules.ts';

const letterByPart = { family: 'f', given: 'g', patronymic: 'p' } as const;
const partByLetter: Readonly<Record<string, NameKey['part']>> = { f: 'family', g: 'given', p: 'patronymic' };

/** Names in one column: a line per word, its forms parted by `|`, which no word holds. */
export function writeNames(names: readonly NameKey[]): string {
  return names
    .map((name) => [letterByPart[name.part], name.plain, name.strict, name.loose].join('|'))
    .join('\n');
}

/** Reads what {@link writeNames} wrote. */
export function readNames(text: string): readonly NameKey[] {
  if (text === '') return [];
  return text.split('\n').map((line) => {
    const [letter = '', plain = '', strict = '', loose = ''] = line.split('|');
    const part = partByLetter[letter];
    if (part === undefined) throw new Error('the patient index holds a line of an unknown kind');
    return { part, plain, strict, loose };
  });
}

/** A row of `patient_search` as the rules want it. */
export function readKeys(row: Readonly<Record<string, unknown>>): PatientKeys {
  return {
    names: readNames(textOf(row.names)),
    birth: textOf(row.birth),
    pinfl: row.pinfl === null ? null : textOf(row.pinfl),
    phone: row.phone === null ? null : textOf(row.phone),
    isVoid: row.is_void === 1,
  };
}

/** A column that must hold text; anything else is damage. */
export function textOf(value: unknown): string {
  if (typeof value !== 'string') throw new Error('the patient index holds a value of the wrong kind');
  return value;
}
