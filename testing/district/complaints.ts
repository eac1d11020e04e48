import type { Citizen } from './households.ts';
import type { SeededRandom } from './seeded-random.ts';

/** What brings somebody to the clinic: words of the patient, main diagnosis, and the fever that goes with it. */
export interface Illness {
  readonly icd10: string;
  readonly complaint: string;
  readonly feverCelsius: number;
  readonly leastAge: number;
  readonly mostAge: number;
  readonly weight: number;
  readonly sex?: 'female' | 'male';
}

const illness = (
  icd10: string,
  complaint: string,
  feverCelsius: number,
  leastAge: number,
  mostAge: number,
  weight: number,
  sex?: 'female' | 'male',
): Illness => ({
  icd10,
  complaint,
  feverCelsius,
  leastAge,
  mostAge,
  weight,
  ...(sex === undefined ? {} : { sex }),
});

/** Frequent reasons of primary care by age; weights are plausible, not measured. */
export const illnesses: readonly Illness[] = [
  illness('J06.9', 'Yoʻtal, burun bitishi, isitma 2 kundan beri', 1.4, 0, 17, 30),
  illness('J06.9', 'Tomoq ogʻrigʻi, tumov, darmonsizlik', 0.9, 18, 99, 14),
  illness('J20.9', 'Balgʻamli yoʻtal bir haftadan beri', 0.8, 0, 99, 8),
  illness('J03.9', 'Tomogʻi qattiq ogʻriydi, yutishi qiyin', 1.6, 3, 45, 5),
  illness('J18.9', 'Yoʻtal, isitma, nafas olganda koʻkrak ogʻrigʻi', 2.1, 0, 99, 2),
  illness('A09', 'Ich ketishi va qusish kechadan beri', 0.7, 0, 99, 7),
  illness('H66.9', 'Qulogʻi ogʻriydi, yigʻlaydi', 1.2, 0, 12, 5),
  illness('L20.9', 'Yuz va tirsaklarida qichima, toshma', 0, 0, 12, 3),
  illness('B01.9', 'Butun tanada pufakchali toshma', 1.1, 1, 12, 2),
  illness('Z00.1', 'Rejali koʻrik', 0, 0, 3, 26),
  illness('D50.9', 'Holsizlik, bosh aylanishi, rangi oqargan', 0, 12, 49, 6, 'female'),
  illness('Z34.9', 'Homiladorlik boʻyicha koʻrik', 0, 19, 40, 12, 'female'),
  illness('N30.0', 'Tez-tez va achishib siyish', 0.2, 16, 80, 5, 'female'),
  illness('M54.5', 'Beli ogʻriydi, egilganda kuchayadi', 0, 20, 90, 10),
  illness('M17.9', 'Tizza boʻgʻimlari ogʻriydi', 0, 45, 99, 8),
  illness('K29.5', 'Oshqozon sohasida ogʻriq, jigʻildon qaynashi', 0, 16, 90, 9),
  illness('K80.2', 'Oʻng qovurgʻa ostida ogʻriq', 0, 35, 90, 4),
  illness('R51', 'Bosh ogʻrigʻi', 0, 8, 90, 6),
  illness('G43.9', 'Boshning bir tomonida xurujli ogʻriq, koʻngil aynishi', 0, 15, 55, 2),
  illness('I20.9', 'Yurganda koʻkrakda siqilish', 0, 50, 99, 4),
  illness('S61.9', 'Qoʻlini kesib olgan', 0, 3, 80, 2),
  illness('H10.9', 'Koʻzi qizargan, yiringlaydi', 0, 0, 80, 3),
  illness('N20.0', 'Belda qattiq tutqanoqsimon ogʻriq', 0.2, 20, 70, 2),
  illness('Z00.0', 'Profilaktik koʻrik', 0, 18, 99, 6),
];

/** Draws what a citizen of this age and sex may come with. */
export function drawIllness(citizen: Pick<Citizen, 'sex'>, ageYears: number, random: SeededRandom): Illness {
  const fitting = illnesses.filter(
    (each) =>
      each.leastAge <= ageYears && ageYears <= each.mostAge && (each.sex ?? citizen.sex) === citizen.sex,
  );
  let left = random.next() * fitting.reduce((sum, each) => sum + each.weight, 0);
  for (const each of fitting) {
    left -= each.weight;
    if (left < 0) return each;
  }
  return random.pick(fitting);
}

const averageByYear = [8, 12, 14.5, 16.5, 18.5, 21, 23.5, 26, 29, 32, 36, 40, 45, 50, 54, 57, 60, 62, 63];
const heightByYear = [
  66, 80, 90, 98, 105, 112, 118, 124, 129, 134, 140, 146, 152, 158, 162, 165, 167, 168, 168,
];

/** Usual weight and height of an age; adults by sex. In kilograms and centimetres. */
export function usualSize(sex: 'female' | 'male', ageYears: number): { weight: number; height: number } {
  if (ageYears > 18) return sex === 'male' ? { weight: 77, height: 171 } : { weight: 70, height: 159 };
  return { weight: averageByYear[ageYears] ?? 63, height: heightByYear[ageYears] ?? 168 };
}
