import * as v from 'valibot';
import { EntryIdSchema, PersonIdSchema, RecordIdSchema } from '#contracts/ids.ts';
import { type PatientBody, PatientBodySchema } from '#contracts/records/patients.ts';
import { type VisitBody, VisitBodySchema } from '#contracts/records/visits.ts';
import { uuidV7 } from '#sync/uuid-v7.ts';
import type { SeededRandom } from '../doubles/seeded-random.ts';

/** Small pools of values, so that two sides often meet on the same one. */
const families = ['Karimova', 'Каримова', 'Yoʻldosheva', 'Aliyev'];
const phones = ['+998901234567', '+998931112233', '+998975556677'];
const substances = ['penitsillin', 'aspirin', 'asal', 'yongʻoq'];
const codes = ['I10', 'E11.9', 'J06.9'];
const texts = ['bosh ogʻrigʻi', 'йўтал', 'isitma', 'кашель "сухой" \\ ночью'];

export const randomEntryId = (random: SeededRandom) =>
  v.parse(EntryIdSchema, uuidV7(random.below(1e9), random));
export const randomRecordId = (random: SeededRandom) =>
  v.parse(RecordIdSchema, uuidV7(random.below(1e9), random));
export const randomPerson = (random: SeededRandom) =>
  v.parse(PersonIdSchema, uuidV7(random.below(4), { bytes: (length) => new Uint8Array(length) }));

const randomName = (random: SeededRandom) => ({
  family: random.pick(families),
  given: random.pick(families),
});

export function randomAllergy(random: SeededRandom): PatientBody['allergies'][number] {
  return {
    id: randomEntryId(random),
    substance: random.pick(substances),
    at: random.below(1e6),
    by: randomPerson(random),
  };
}

export function randomPatient(random: SeededRandom): PatientBody {
  const allergies = Array.from({ length: random.below(3) }, () => randomAllergy(random));
  return v.parse(PatientBodySchema, {
    name: randomName(random),
    sex: random.pick(['female', 'male']),
    birth: { date: `19${random.pick(['50', '61', '84'])}` },
    ...(random.chance(0.5) ? { phone: random.pick(phones) } : {}),
    ...(random.chance(0.3) ? { address: { line: random.pick(texts) } } : {}),
    allergyStatus: allergies.length > 0 ? 'known' : random.pick(['none-known', 'not-recorded']),
    allergies,
    problems: [],
  });
}

/** One edit as a nurse makes it. Sometimes it voids the record, rarely it drops an item, which no screen does. */
export function editPatient(body: PatientBody, random: SeededRandom): PatientBody {
  const { phone: _phone, voided: _voided, ...rest } = body;
  const edits: readonly (() => PatientBody)[] = [
    () => ({ ...body, name: randomName(random) }),
    () => ({ ...body, phone: random.pick(phones) }),
    () => ({ ...rest, ...(body.voided === undefined ? {} : { voided: body.voided }) }),
    () => ({ ...body, address: { line: random.pick(texts) } }),
    () => ({ ...body, bloodGroup: random.pick(['A+', '0-']) }),
    () => ({ ...body, allergyStatus: 'known', allergies: [...body.allergies, randomAllergy(random)] }),
    () => ({
      ...body,
      allergies: body.allergies.map((item) =>
        random.chance(0.5) ? { ...item, enteredInError: true } : item,
      ),
    }),
    () => ({
      ...body,
      allergies: body.allergies.map((item) =>
        random.chance(0.5) ? { ...item, reaction: random.pick(texts) } : item,
      ),
    }),
    () => ({
      ...body,
      problems: [
        ...body.problems,
        { id: randomEntryId(random), icd10: random.pick(codes), at: 1, by: randomPerson(random) },
      ],
    }),
    () => ({ ...body, voided: { reason: random.pick(texts), at: 1, by: randomPerson(random) } }),
  ];
  return v.parse(PatientBodySchema, random.pick(edits)());
}

export function randomVisit(random: SeededRandom): VisitBody {
  const empty: VisitBody = v.parse(VisitBodySchema, {
    patientId: randomRecordId(random),
    day: `2026-0${1 + random.below(9)}-1${random.below(9)}`,
    reason: random.pick(texts),
    urgency: 'routine',
    entries: [],
  });
  return Array.from({ length: random.below(4) }).reduce<VisitBody>((body) => editVisit(body, random), empty);
}

/** One edit of a visit: mostly a new entry, also one that voids or corrects an earlier one. */
export function editVisit(body: VisitBody, random: SeededRandom): VisitBody {
  if (random.chance(0.15)) return { ...body, urgency: random.pick(['routine', 'urgent', 'emergency']) };
  if (random.chance(0.1)) return { ...body, reason: random.pick(texts) };
  return v.parse(VisitBodySchema, { ...body, entries: [...body.entries, randomEntry(body, random)] });
}

function randomEntry(body: VisitBody, random: SeededRandom): unknown {
  const entry = { id: randomEntryId(random), at: random.below(1e6), by: randomPerson(random) };
  const earlier = body.entries[random.below(Math.max(1, body.entries.length))];
  if (earlier !== undefined && random.chance(0.2)) {
    return { ...entry, kind: 'void', amends: earlier.id, reason: random.pick(texts) };
  }
  const amends = earlier !== undefined && random.chance(0.3) ? { amends: earlier.id } : {};
  return random.pick([
    { ...entry, ...amends, kind: 'note', text: random.pick(texts) },
    { ...entry, ...amends, kind: 'vitals', values: { systolicMmHg: 100 + random.below(80) } },
    { ...entry, ...amends, kind: 'complaint', text: random.pick(texts) },
    { ...entry, kind: 'state', state: random.pick(['arrived', 'triaged', 'finished']) },
  ]);
}
