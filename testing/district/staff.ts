import type { DeviceId, PersonId } from '#contracts/ids.ts';
import type { Role } from '#contracts/roles.ts';
import { type DistrictRecord, deviceIdAt, envelop, recordIdAt } from './envelopes.ts';
import { familyName, familyStems, givenName, patronymicOf, type Sex } from './people-names.ts';
import type { TrainingFacility } from './places.ts';
import { createSeededRandom, type SeededRandom } from './seeded-random.ts';

/** The people of one training facility, by what they do, and its one workstation. */
export interface FacilityStaff {
  readonly nurses: readonly PersonId[];
  readonly feldsher: PersonId;
  readonly doctor: PersonId;
  readonly device: DeviceId;
  readonly records: readonly DistrictRecord[];
}

const posts: readonly { readonly role: Role; readonly sex: Sex }[] = [
  { role: 'head', sex: 'female' },
  { role: 'doctor', sex: 'male' },
  { role: 'nurse', sex: 'female' },
  { role: 'nurse', sex: 'female' },
  { role: 'feldsher', sex: 'male' },
  { role: 'technician', sex: 'male' },
];

/** Makes the facility's own reference record and its staff, as the head entered them at `at`. */
export function hireStaff(
  seed: number,
  index: number,
  facility: TrainingFacility,
  at: number,
): FacilityStaff {
  const random = createSeededRandom(seed, 1, index);
  const device = deviceIdAt(at, random);
  const people = posts.map((post) => ({ ...post, id: recordIdAt(at, random) as string as PersonId }));
  const head = personWith('head');
  const written = { scope: facility.scope, author: head, device, at };
  const stems = familyStems();
  function personWith(role: Role): PersonId {
    const person = people.find((each) => each.role === role);
    if (person === undefined) throw new Error(`no ${role} on the list of posts`);
    return person.id;
  }
  return {
    nurses: people.filter((person) => person.role === 'nurse').map((person) => person.id),
    feldsher: personWith('feldsher'),
    doctor: personWith('doctor'),
    device,
    records: [
      envelop('reference', recordIdAt(at, random), facility.body, written, random),
      ...people.map((person) => {
        const body = { name: staffName(stems, person.sex, random), roles: [person.role], active: true };
        return envelop('staff', recordIdOf(person.id), body, written, random);
      }),
    ],
  };
}

/** The id of a staff record is the person's id (contracts/records/staff.ts). */
const recordIdOf = (person: PersonId) => person as string as ReturnType<typeof recordIdAt>;

function staffName(stems: readonly string[], sex: Sex, random: SeededRandom) {
  return {
    family: familyName(random.pick(stems), sex),
    given: givenName(random, sex),
    patronymic: patronymicOf(givenName(random, 'male'), sex, random),
  };
}
