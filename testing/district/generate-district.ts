import { addDays, instantsOfDay } from '#clinic/clinic-day.ts';
import type { Day } from '#contracts/ids.ts';
import { createIdMint, type DistrictRecord, envelop, type IdMint, nextRecordId } from './envelopes.ts';
import { type Citizen, foundHousehold, type Household } from './households.ts';
import { type Registering, registeredAgain, registeredBody } from './patient-bodies.ts';
import { familyStems, spellName } from './people-names.ts';
import { planFacilities, type TrainingFacility } from './places.ts';
import { createSeededRandom, type SeededRandom } from './seeded-random.ts';
import { type FacilityStaff, hireStaff } from './staff.ts';
import { visitHistory } from './visit-histories.ts';

export interface DistrictOptions {
  readonly seed: number;
  /** Patient records in all. */
  readonly patients: number;
  /** Training polyclinics, at most 50; their scopes are TRN000001 and on. */
  readonly facilities: number;
  /** Years of visits before `today`. */
  readonly years: number;
  readonly today: Day;
}

interface Place {
  readonly facility: TrainingFacility;
  readonly staff: FacilityStaff;
  /** Code of the mahalla the household lives in. */
  readonly mahalla: string;
  readonly mint: IdMint;
}

const hourMs = 3_600_000;

/**
 * A synthetic district, one record at a time: first each facility with its staff, then each patient followed by the visits.
 * The same options give the same records; more patients only add to the end. Nobody in it exists; the place does.
 */
export function* generateDistrict(options: DistrictOptions): Generator<DistrictRecord> {
  const opened =
    instantsOfDay(addDays(options.today, -Math.round(options.years * 365) - 220)).start + 9 * hourMs;
  const places = planFacilities(options.facilities).map((facility, index) => ({
    facility,
    staff: hireStaff(options.seed, index, facility, opened),
  }));
  for (const place of places) yield* place.staff.records;
  const stems = familyStems();
  const mint = createIdMint();
  let left = options.patients;
  for (let number = 0; left > 0; number += 1) {
    const facility = places[number % places.length];
    if (facility === undefined) return;
    const random = createSeededRandom(options.seed, 2, number);
    const place = { ...facility, mahalla: random.pick(facility.facility.mahallas).code, mint };
    const household = foundHousehold(random, stems, options.today);
    for (const citizen of household.citizens) {
      if (left === 0) return;
      left -= 1;
      const body = yield* oneCitizen(citizen, household, place, options, random);
      if (left > 0 && random.chance(0.0025)) {
        left -= 1;
        yield secondRegistration(citizen, body, place, options, random);
      }
    }
  }
}

function* oneCitizen(
  citizen: Citizen,
  household: Household,
  place: Place,
  options: DistrictOptions,
  random: SeededRandom,
) {
  const { facility, staff } = place;
  const registeredOn = registrationDay(citizen, options, random);
  const how = registering(place, registeredOn, random);
  const id = nextRecordId(how.at, how, random);
  const body = registeredBody(citizen, household, how, random);
  const written = { scope: facility.scope, device: staff.device };
  yield envelop('patients', id, body, { ...written, author: how.by, at: how.at }, random);
  const patient = { id, citizen, problems: body.problems.map((problem) => problem.icd10) };
  const visitsFrom = addDays(options.today, -Math.round(options.years * 365));
  const from = registeredOn > visitsFrom ? registeredOn : visitsFrom;
  const practice = {
    nurse: how.by,
    doctor: random.chance(0.8) ? staff.doctor : staff.feldsher,
    from,
    today: options.today,
    mint: place.mint,
  };
  for (const { body: visit, at } of visitHistory(patient, practice, random)) {
    const author = visit.entries.at(-1)?.by ?? how.by;
    yield envelop(
      'visits',
      nextRecordId(visit.entries[0]?.at ?? at, { by: how.by, mint: place.mint }, random),
      visit,
      { ...written, author, at },
      random,
    );
  }
  return body;
}

/** Before the first visit; for children born since then, in their first two months. */
function registrationDay(citizen: Citizen, options: DistrictOptions, random: SeededRandom): Day {
  const usual = addDays(options.today, -Math.round(options.years * 365) - random.integer(1, 200));
  const afterBirth = addDays(citizen.born, random.integer(3, 60));
  const yesterday = addDays(options.today, -1);
  const day = usual > afterBirth ? usual : afterBirth;
  return day < yesterday ? day : yesterday;
}

function registering({ staff, mahalla, mint }: Place, day: Day, random: SeededRandom): Registering {
  return {
    at: instantsOfDay(day).start + 8 * hourMs + random.integer(0, 8 * hourMs),
    by: random.pick(staff.nurses),
    mahalla,
    mint,
  };
}

function secondRegistration(
  citizen: Citizen,
  first: Parameters<typeof registeredAgain>[0],
  place: Place,
  options: DistrictOptions,
  random: SeededRandom,
): DistrictRecord {
  const how = registering(place, addDays(options.today, -random.integer(1, 200)), random);
  const again = { ...citizen, spelled: spellName(citizen.name, 'russian', random) };
  const body = registeredAgain(first, again, how, random);
  const written = { scope: place.facility.scope, device: place.staff.device, author: how.by, at: how.at };
  return envelop('patients', nextRecordId(how.at, how, random), body, written, random);
}
