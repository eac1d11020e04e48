import { addDays } from '#clinic/clinic-day.ts';
import { pinflCheckDigit } from '#clinic/identity/pinfl.ts';
import type { Day } from '#contracts/ids.ts';
import {
  familyName,
  givenName,
  patronymicOf,
  type Sex,
  type Spelling,
  type StandardName,
  spellName,
} from './people-names.ts';
import type { SeededRandom } from './seeded-random.ts';

/** One citizen, before anything was registered. */
export interface Citizen {
  readonly name: StandardName;
  readonly spelled: StandardName;
  readonly sex: Sex;
  readonly born: Day;
  readonly ageYears: number;
  readonly pinfl: string;
}

/** People who live together: one address, one telephone, one family name for most. */
export interface Household {
  readonly citizens: readonly Citizen[];
  readonly addressLine: string;
  readonly phone: string;
}

const streets = [
  'Mustaqillik',
  'Navoiy',
  'Bogʻishamol',
  'Guliston',
  'Paxtakor',
  'Oqtepa',
  'Tinchlik',
  'Bobur',
  'Charxin',
  'Hunarmandlar',
];
const mobilePrefixes = ['90', '91', '93', '94', '97', '98', '99', '88', '33'];

/** Makes the household with the given number. `today` is the day ages are counted to. */
export function foundHousehold(random: SeededRandom, stems: readonly string[], today: Day): Household {
  const stem = random.pick(stems);
  const spelling = chooseSpelling(random);
  const members = planMembers(random, stem);
  return {
    citizens: members.map((member) => makeCitizen(member, spelling, random, today)),
    addressLine: `${random.pick(streets)} koʻchasi, ${random.integer(1, 140)}-uy`,
    phone: `+998${random.pick(mobilePrefixes)}${random.integer(1_000_000, 9_999_999)}`,
  };
}

interface Member {
  readonly sex: Sex;
  readonly ageYears: number;
  readonly name: StandardName;
}

function chooseSpelling(random: SeededRandom): Spelling {
  const roll = random.next();
  if (roll < 0.55) return 'latin';
  return roll < 0.8 ? 'cyrillic' : 'russian';
}

function planMembers(random: SeededRandom, stem: string): readonly Member[] {
  const fatherAge = random.integer(23, 68);
  const motherAge = Math.max(19, fatherAge - random.integer(-2, 7));
  const grandfather = givenName(random, 'male');
  const father = person(random, stem, 'male', fatherAge, grandfather);
  const motherStem = random.chance(0.6) ? stem : `${givenName(random, 'male')}ov`;
  const mother = person(random, motherStem, 'female', motherAge, givenName(random, 'male'));
  const children = planChildren(random, stem, father.name.given, motherAge);
  return [father, mother, ...children, ...planElders(random, stem, grandfather, fatherAge)];
}

function planChildren(
  random: SeededRandom,
  stem: string,
  father: string,
  motherAge: number,
): readonly Member[] {
  const most = Math.min(5, Math.floor((motherAge - 18) / 3));
  const count = most <= 0 ? 0 : random.integer(0, most);
  const eldest = Math.min(motherAge - 19, 24);
  return Array.from({ length: count }, (_none, index) => {
    const ageYears = Math.max(0, eldest - index * random.integer(2, 4));
    return person(random, stem, random.chance(0.51) ? 'male' : 'female', ageYears, father);
  });
}

function planElders(random: SeededRandom, stem: string, name: string, fatherAge: number): readonly Member[] {
  const age = fatherAge + random.integer(21, 28);
  const elders: Member[] = [];
  if (age > 88) return elders;
  if (random.chance(0.22)) {
    const elder = person(random, stem, 'male', age, givenName(random, 'male'));
    elders.push({ ...elder, name: { ...elder.name, given: name } });
  }
  if (random.chance(0.32)) elders.push(person(random, stem, 'female', age - 3, givenName(random, 'male')));
  return elders;
}

function person(random: SeededRandom, stem: string, sex: Sex, ageYears: number, father: string): Member {
  const patronymic = random.chance(0.93) ? patronymicOf(father, sex, random) : undefined;
  return {
    sex,
    ageYears,
    name: { family: familyName(stem, sex), given: givenName(random, sex), patronymic },
  };
}

function makeCitizen(member: Member, usual: Spelling, random: SeededRandom, today: Day): Citizen {
  const spelling = random.chance(0.15) ? chooseSpelling(random) : usual;
  const born = addDays(today, -Math.floor(member.ageYears * 365.25) - random.integer(1, 364));
  return {
    ...member,
    spelled: spellName(member.name, spelling, random),
    born,
    pinfl: makePinfl(member.sex, born, random),
  };
}

/** A number with the right check digit; area and serial are drawn, so it belongs to nobody on purpose. */
function makePinfl(sex: Sex, born: Day, random: SeededRandom): string {
  const century = born.startsWith('19') ? 3 : 5;
  const first = sex === 'male' ? century : century + 1;
  const date = `${born.slice(8, 10)}${born.slice(5, 7)}${born.slice(2, 4)}`;
  const tail = String(random.integer(0, 999_999)).padStart(6, '0');
  const digits = `${first}${date}${tail}`;
  return `${digits}${pinflCheckDigit(digits)}`;
}
