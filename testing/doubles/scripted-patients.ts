import { addDays, dayAt, instantsOfDay } from '#clinic/clinic-day.ts';
import { pinflCheckDigit } from '#clinic/identity/pinfl.ts';
import type { EntryDraft, Registration } from '#contracts/bridge/requests.ts';
import type { Day, Instant } from '#contracts/ids.ts';
import type { Urgency, VisitState, Vitals } from '#contracts/records/visits.ts';

/** A patient of the script: invented, and the same in every run. */
export interface ScriptedPatient {
  readonly registration: Registration;
  readonly allergies: readonly { substance: string; reaction?: string; severity?: 'mild' | 'severe' }[];
  /** Earlier visits, oldest first. */
  readonly history: readonly ScriptedVisit[];
  /** Today's visit, if there is one. */
  readonly today?: ScriptedVisit & { readonly urgency: Urgency; readonly state: VisitState };
}

export interface ScriptedVisit {
  readonly at: Instant;
  readonly reason: string;
  readonly room?: string;
  readonly entries: readonly EntryDraft[];
}

type Line = readonly [
  family: string,
  given: string,
  patronymic: string,
  sex: 'female' | 'male',
  birth: string,
  mahalla: number,
  phone: string,
];

/** Names in both scripts and in Russian spelling, as registers have them. */
const lines: readonly Line[] = [
  ['Karimova', 'Dilnoza', 'Rustam qizi', 'female', '1985-03-12', 0, '901234567'],
  ['Каримов', 'Рустам', 'Шавкатович', 'male', '1958-11-02', 0, '911112233'],
  ['Xoʻjayev', 'Oʻtkir', 'Gʻayrat oʻgʻli', 'male', '1972-07-30', 1, '935550101'],
  ['Ғуломова', 'Шаҳло', 'Ўктам қизи', 'female', '1990-01-25', 2, '977001122'],
  ['Toʻxtasinova', 'Munavvar', 'Abdulla qizi', 'female', '1949-05-09', 1, ''],
  ['Yoʻldoshev', 'Jasur', 'Bahodir oʻgʻli', 'male', '2023-08-17', 3, '998887766'],
  ['Абдурахманова', 'Гульнара', 'Ильхомовна', 'female', '1966-12-31', 2, '905554433'],
  ['Qodirov', 'Sherzod', 'Anvar oʻgʻli', 'male', '1995-04-04', 3, '946667788'],
  ['Rahimova', 'Nigora', 'Toʻlqin qizi', 'female', '1979-09-19', 0, '903217654'],
  ['Эшонқулов', 'Достон', 'Меҳриддин ўғли', 'male', '2001-02-14', 1, '909876543'],
  ['Sattorova', 'Zulfiya', 'Hamid qizi', 'female', '1961-06-06', 3, '912345678'],
  ['Mirzayeva', 'Feruza', 'Ergash qizi', 'female', '1988-10-10', 2, '933214567'],
  ['Норматов', 'Бекзод', 'Тохирович', 'male', '1953-03-03', 0, ''],
  ['Ismoilova', 'Oydin', 'Murod qizi', 'female', '2024-12-01', 1, '971231231'],
  ['Karimova', 'Dilnoza', 'Rustamovna', 'female', '1985-03-12', 0, ''],
  ['Karimova', 'Dilfuza', 'Rashid qizi', 'female', '1991-08-21', 3, '945556677'],
  ['Каримова', 'Дильноза', 'Равшановна', 'female', '1977-05-15', 2, '909990011'],
  ['Boʻriyev', 'Sanjar', 'Ulugʻbek oʻgʻli', 'male', '1982-02-28', 1, '950101010'],
];

/** The whole script around `today`; `mahallas` are codes of the catchment. */
export function scriptedPatients(
  now: Instant,
  today: Day,
  mahallas: readonly string[],
): readonly ScriptedPatient[] {
  return lines.map((line, at) => ({
    registration: registrationOf(line, at, mahallas),
    allergies: allergiesOf(at),
    history: historyOf(at, today),
    ...todayOf(at, now),
  }));
}

function registrationOf(line: Line, at: number, mahallas: readonly string[]): Registration {
  const [family, given, patronymic, sex, birth, mahalla, phone] = line;
  const code = mahallas[mahalla];
  return {
    name: { family, given, patronymic },
    sex,
    birth: { date: birth },
    ...(at % 6 === 4 ? {} : { pinfl: pinflOf(birth, sex, at) }),
    ...(phone === '' ? {} : { phone: `+998${phone}` }),
    ...(code === undefined ? {} : { address: { mahalla: code, line: `${12 + at}-uy` } }),
    hasConsent: at % 5 !== 4,
    allergyStatus: at % 3 === 1 ? 'none-known' : 'not-recorded',
  };
}

function pinflOf(birth: string, sex: 'female' | 'male', serial: number): string {
  const isOld = birth < '2000';
  const first = (isOld ? 3 : 5) + (sex === 'female' ? 1 : 0);
  const day = `${birth.slice(8, 10)}${birth.slice(5, 7)}${birth.slice(2, 4)}`;
  const digits = `${first}${day}042${String(100 + serial)}`;
  return `${digits}${pinflCheckDigit(digits)}`;
}

function allergiesOf(at: number): ScriptedPatient['allergies'] {
  if (at === 0) return [{ substance: 'Penitsillin', reaction: 'Toshma, nafas qisishi', severity: 'severe' }];
  if (at === 6) return [{ substance: 'Анальгин', severity: 'mild' }];
  return [];
}

/** Every patient has come before; the first ones, with high blood pressure, every month. */
function historyOf(at: number, today: Day): readonly ScriptedVisit[] {
  const isHypertensive = at % 4 < 2;
  const count = at < 9 ? (isHypertensive ? 7 : 3) : 0;
  return Array.from({ length: count }, (_, visit) => {
    const ago = (count - visit) * 30 + at;
    const start = instantsOfDay(addDays(today, -ago)).start + (9 * 60 + at * 7) * 60_000;
    return {
      at: start,
      reason: isHypertensive ? 'Qon bosimi nazorati' : 'Shamollash',
      entries: isHypertensive ? pressureVisit(at, visit) : coldVisit(at, visit),
    };
  });
}

function pressureVisit(at: number, visit: number): readonly EntryDraft[] {
  const swing = [18, 8, 12, 2, 6, -4, 0][visit] ?? 0;
  const values: Vitals = {
    systolicMmHg: 138 + at * 2 + swing,
    diastolicMmHg: 86 + at + Math.round(swing / 2),
    pulsePerMinute: 72 + at + (visit % 3) * 4,
    temperatureCelsius: 36.6,
    spo2Percent: 97,
    weightKilograms: 78.4 + at - visit * 0.4,
    heightCentimetres: 164 + at,
    glucoseMmolPerLitre: 5.4 + (visit % 4) * 0.5,
  };
  return [
    { kind: 'vitals', values },
    { kind: 'complaint', text: 'Bosh ogʻrigʻi, ertalab boshi aylanadi.' },
    { kind: 'diagnosis', icd10: 'I10', role: 'main', certainty: 'confirmed' },
    ...(visit % 3 === 0
      ? [{ kind: 'diagnosis', icd10: 'E11.9', role: 'accompanying', certainty: 'provisional' } as const]
      : []),
  ];
}

function coldVisit(at: number, visit: number): readonly EntryDraft[] {
  return [
    {
      kind: 'vitals',
      values: { temperatureCelsius: 37.8 + visit * 0.3, pulsePerMinute: 88 + at, spo2Percent: 98 },
    },
    { kind: 'complaint', text: 'Йўтал, томоқ оғриғи, уч кундан бери иситма.' },
    { kind: 'diagnosis', icd10: 'J06.9', role: 'main', certainty: 'confirmed' },
  ];
}

const reasons = [
  'Qon bosimi',
  'Контроль давления',
  'Yoʻtal, isitma',
  'Homiladorlik koʻrigi',
  'Boʻgʻim ogʻrigʻi',
  'Isitma 39 daraja',
  'Направление к кардиологу',
  'Maʼlumotnoma',
  'Ukol',
  'Қорин оғриғи',
  'Qandli diabet nazorati',
  'Emlash',
] as const;
const states: readonly VisitState[] = [
  'in-progress',
  'triaged',
  'arrived',
  'arrived',
  'arrived',
  'arrived',
  'finished',
  'finished',
  'planned',
  'planned',
  'finished',
  'arrived',
];

const longestMorningMs = 75 * 60_000;

/** The morning so far: the first dozen have come or are expected. Never began yesterday, also soon after midnight. */
function todayOf(at: number, now: Instant): Pick<ScriptedPatient, 'today'> {
  const state = states[at];
  if (state === undefined) return {};
  const urgency = at === 5 ? 'emergency' : at === 2 || at === 9 ? 'urgent' : 'routine';
  const isSeen = state === 'finished' || state === 'in-progress';
  const entries = isSeen ? pressureVisit(at % 3, 6).slice(0, state === 'finished' ? 3 : 1) : [];
  const morningMs = Math.min(longestMorningMs, now - instantsOfDay(dayAt(now)).start);
  return {
    today: {
      at: now - Math.round((morningMs * (15 - at)) / 15),
      reason: reasons[at] ?? '',
      ...(at % 2 === 0 ? { room: String(1 + (at % 4)) } : {}),
      entries,
      urgency,
      state,
    },
  };
}
