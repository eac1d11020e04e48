import * as v from 'valibot';
import type { ActionPlan } from '#clinic/actions/action.ts';
import { createIdSource, newEntryId, newRecordId } from '#clinic/ids.ts';
import { type Instant, type PersonId, PersonIdSchema, type Scope, ScopeSchema } from '#contracts/ids.ts';
import type { PatientBody } from '#contracts/records/patients.ts';
import type { RequestBody, RequestEvent } from '#contracts/records/requests.ts';
import type { ScriptedClinic } from './scripted-clinic.ts';
import { SeededRandom } from './seeded-random.ts';

const code = (text: string): Scope => v.parse(ScopeSchema, text);
const dayMs = 86_400_000;

const places = [
  [
    code('TSH000123'),
    'Navoiy 4-son oilaviy poliklinikasi',
    'Навоий 4-сон оилавий поликлиникаси',
    'Семейная поликлиника № 4, Навои',
    'Navoi Family Polyclinic No. 4',
  ],
  [
    code('TSH000124'),
    'Karmana tuman tibbiyot birlashmasi',
    'Кармана туман тиббиёт бирлашмаси',
    'Карманинское районное медобъединение',
    'Karmana District Hospital',
  ],
  [
    code('TSH000130'),
    'Zarafshon shahar kardiologiya markazi',
    'Зарафшон шаҳар кардиология маркази',
    'Зарафшанский городской кардиоцентр',
    'Zarafshan City Cardiology Center',
  ],
] as const;

type Write = ActionPlan['writes'][number];

/** Facilities around the scripted clinic, a referral from one of them with its patient, and an emergency of this one. */
export function addNeighbours(clinic: ScriptedClinic, now: Instant): void {
  const newId = createIdSource({ now: () => now }, new SeededRandom(13));
  const stranger = v.parse(PersonIdSchema, newId());
  const [own] = clinic.people;
  if (own === undefined) return;
  const put = (scope: Scope, write: Write) =>
    clinic.reader.apply({ writes: [write], subject: write.id }, scope);
  for (const [scope, latin, cyrillic, ru, en] of places) {
    const name = { 'uz-Latn': latin, 'uz-Cyrl': cyrillic, ru, en };
    const body = {
      kind: 'facility' as const,
      code: scope,
      name,
      district: '1712234',
      mahallas: [],
      isTraining: true,
    };
    put(scope, { collection: 'reference', id: newRecordId(newId), body, audit: 'script' });
  }
  const [, karmana] = places;
  const patientId = newRecordId(newId);
  put(karmana[0], {
    collection: 'patients',
    id: patientId,
    body: referredPatient(stranger, now),
    audit: 'script',
  });
  const event = (by: PersonId, ageMs: number) => ({ id: newEntryId(newId), at: now - ageMs, by });
  const referral: RequestBody = {
    matter: {
      kind: 'referral',
      patientId,
      to: clinic.scope,
      reason: 'Bosim dori bilan ham 170/100 dan tushmayapti, EKG va kardiolog koʻrigi kerak.',
      icd10: 'I10',
    },
    urgency: 'urgent',
    events: [
      { ...event(stranger, 2 * 3_600_000), kind: 'sent' },
      {
        ...event(stranger, 2 * 3_600_000 - 9_000),
        kind: 'granted',
        patientId,
        home: karmana[0],
        until: null,
      },
    ] satisfies RequestEvent[],
  };
  put(karmana[0], { collection: 'requests', id: newRecordId(newId), body: referral, audit: 'script' });
  const emergency: RequestBody = {
    matter: {
      kind: 'access',
      pinfl: '31203854520017',
      ground: 'break-glass',
      reason: 'Hushsiz, dorilari nomaʼlum',
    },
    urgency: 'emergency',
    events: [
      { ...event(own.id, dayMs), kind: 'sent' },
      {
        ...event(own.id, dayMs - 5_000),
        kind: 'granted',
        patientId,
        home: karmana[0],
        until: now + 2 * dayMs,
      },
    ] satisfies RequestEvent[],
  };
  put(clinic.scope, { collection: 'requests', id: newRecordId(newId), body: emergency, audit: 'script' });
}

function referredPatient(by: PersonId, now: Instant): PatientBody {
  return {
    name: { family: 'Rahmonov', given: 'Sanjar', patronymic: 'Ilhomovich' },
    sex: 'male',
    birth: { date: '1961-04-09' },
    phone: '+998935552211',
    consent: { given: true, at: now - 200 * dayMs, by },
    allergyStatus: 'none-known',
    allergies: [],
    problems: [],
  };
}
