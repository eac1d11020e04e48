import { toCyrillic, toRussian } from '#clinic/transliteration.ts';
import names from './data/names.json' with { type: 'json' };
import type { SeededRandom } from './seeded-random.ts';

export type Sex = 'female' | 'male';

/** A name in standard Uzbek Latin, before a clerk has spelled it. */
export interface StandardName {
  readonly family: string;
  readonly given: string;
  readonly patronymic: string | undefined;
}

/** How a clerk spells: Uzbek Latin, Uzbek Cyrillic, or as in a Russian document. */
export type Spelling = 'latin' | 'cyrillic' | 'russian';

const vowelEnding = /[aeiou]$/;

/** Family names for both sexes: those of the list, and those made of given names, as most Uzbek families are. */
export function familyStems(): readonly string[] {
  const listed = names.family.male.filter((name) => /[oe]v$/.test(name)).map(plainFamily);
  const made = names.given.male.map((given) => (vowelEnding.test(given) ? `${given}yev` : `${given}ov`));
  return [...new Set([...listed, ...made])];
}

/** The list holds forms nobody bears, like "Anvaryev": after a consonant it is -ov. */
const plainFamily = (name: string): string => name.replace(/([^aeiou])yev$/, '$1ov');

export const familyName = (stem: string, sex: Sex): string => (sex === 'female' ? `${stem}a` : stem);

export const givenName = (random: SeededRandom, sex: Sex): string => random.pick(names.given[sex]);

/** Made of the father's given name: -ovich and -ovna as in Russian, or oʻgʻli and qizi. */
export function patronymicOf(father: string, sex: Sex, random: SeededRandom): string {
  if (random.chance(0.45)) return `${father} ${sex === 'male' ? 'oʻgʻli' : 'qizi'}`;
  const link = vowelEnding.test(father) ? 'yev' : 'ov';
  return `${father}${link}${sex === 'male' ? 'ich' : 'na'}`;
}

const apostrophes = ['ʻ', 'ʻ', 'ʻ', "'", "'", '‘', '’', '`', 'ʼ'];

/** Spells every part of a name as one clerk would. */
export function spellName(name: StandardName, spelling: Spelling, random: SeededRandom): StandardName {
  const mark = random.pick(apostrophes);
  const spell = (part: string) => {
    if (spelling === 'cyrillic') return toCyrillic(part);
    if (spelling === 'russian') return russianPart(part, random);
    return part.replace(/[ʻʼ]/g, mark);
  };
  return {
    family: spell(name.family),
    given: spell(name.given),
    patronymic: name.patronymic === undefined ? undefined : spell(name.patronymic),
  };
}

function russianPart(part: string, random: SeededRandom): string {
  const plain = part.replace(/ oʻgʻli$/, ' угли').replace(/ qizi$/, ' кизи');
  const russian = toRussian(plain);
  // Russian clerks heard the first o as a: Одил, Адил.
  return random.chance(0.4)
    ? russian.replace(/([бвгджзклмнпрстфхчш])о(?=[бвгджзклмнпрстфхчш][а-я])/u, '$1а')
    : russian;
}
