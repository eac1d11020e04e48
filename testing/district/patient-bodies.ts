import type { Instant } from '#contracts/ids.ts';
import type { PatientBody } from '#contracts/records/patients.ts';
import { nextEntryId, nextRecordId, type Scribe } from './envelopes.ts';
import type { Citizen, Household } from './households.ts';
import type { SeededRandom } from './seeded-random.ts';

/** How a citizen was registered. */
export interface Registering extends Scribe {
  readonly at: Instant;
  readonly mahalla: string;
}

const substances = [
  'Penitsillin',
  'Amoksitsillin',
  'Analgin',
  'Aspirin',
  'Novokain',
  'Tuxum',
  'Yeryongʻoq',
  'Sut',
];
const reactions = ['toshma', 'eshakemi', 'shish', 'nafas qisishi'];
const bloodGroups = ['0+', '0+', 'A+', 'A+', 'B+', 'B+', 'AB+', '0-', 'A-', 'B-', 'AB-'] as const;

/** Chronic conditions and how likely they are by age. */
const conditions: readonly {
  readonly icd10: string;
  readonly likelihood: (citizen: Citizen) => number;
}[] = [
  { icd10: 'I10', likelihood: ({ ageYears }) => (ageYears >= 60 ? 0.5 : ageYears >= 40 ? 0.2 : 0) },
  { icd10: 'E11.9', likelihood: ({ ageYears }) => (ageYears >= 60 ? 0.14 : ageYears >= 40 ? 0.07 : 0) },
  { icd10: 'J45.9', likelihood: () => 0.015 },
  {
    icd10: 'D50.9',
    likelihood: ({ sex, ageYears }) => (sex === 'female' && ageYears > 14 && ageYears < 50 ? 0.12 : 0.02),
  },
  { icd10: 'E04.9', likelihood: ({ ageYears }) => (ageYears > 12 ? 0.03 : 0) },
];

/** The body that a registration of the citizen left behind. */
export function registeredBody(
  citizen: Citizen,
  household: Household,
  how: Registering,
  random: SeededRandom,
): PatientBody {
  const allergies = random.chance(0.06) ? [makeAllergy(how, random)] : [];
  const isAsked = random.chance(0.8);
  return {
    name: nameOf(citizen),
    sex: citizen.sex,
    ...identifiers(citizen, how, random),
    ...(citizen.ageYears > 15 && random.chance(0.8) ? { phone: household.phone } : {}),
    address: { mahalla: how.mahalla, line: household.addressLine },
    consent: { given: true, at: how.at, by: how.by },
    allergyStatus: allergies.length > 0 ? 'known' : isAsked ? 'none-known' : 'not-recorded',
    allergies,
    problems: conditions
      .filter((condition) => random.chance(condition.likelihood(citizen)))
      .map(({ icd10 }) => ({ id: nextEntryId(how.at, how, random), icd10, at: how.at, by: how.by })),
    ...(random.chance(0.4) ? { bloodGroup: random.pick(bloodGroups) } : {}),
  };
}

/** The same citizen registered once more by somebody who did not find the first record: no PINFL, another spelling. */
export function registeredAgain(
  first: PatientBody,
  again: Citizen,
  how: Registering,
  random: SeededRandom,
): PatientBody {
  const { pinfl: _known, phone: _phone, bloodGroup: _group, ...rest } = first;
  return {
    ...rest,
    name: nameOf(again),
    temporaryNumber: nextRecordId(how.at, how, random),
    allergyStatus: 'not-recorded',
    allergies: [],
    problems: [],
  };
}

function nameOf({ spelled }: Citizen): PatientBody['name'] {
  const { family, given, patronymic } = spelled;
  return patronymic === undefined ? { family, given } : { family, given, patronymic };
}

function identifiers(
  citizen: Citizen,
  how: Registering,
  random: SeededRandom,
): Pick<PatientBody, 'birth' | 'pinfl' | 'temporaryNumber'> {
  const hasPinfl = random.chance(citizen.ageYears < 1 ? 0.5 : 0.92);
  if (hasPinfl) return { birth: { date: citizen.born }, pinfl: citizen.pinfl };
  const temporaryNumber = nextRecordId(how.at, how, random);
  const isVague = citizen.ageYears > 50 && random.chance(0.5);
  return {
    birth: isVague ? { date: citizen.born.slice(0, 4), approximate: true } : { date: citizen.born },
    temporaryNumber,
  };
}

function makeAllergy(how: Registering, random: SeededRandom): PatientBody['allergies'][number] {
  return {
    id: nextEntryId(how.at, how, random),
    substance: random.pick(substances),
    reaction: random.pick(reactions),
    severity: random.chance(0.2) ? 'severe' : 'mild',
    at: how.at,
    by: how.by,
  };
}
