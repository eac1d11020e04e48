import type { ReactNode } from 'react';
import { ageInMonths } from '#clinic/age.ts';
import { formatNumber } from '#clinic/formats.ts';
import { bodyMassIndex } from '#clinic/forms/vitals.ts';
import { flagVital } from '#clinic/forms/vitals-ranges.ts';
import type { PatientBody } from '#contracts/records/patients.ts';
import { useToday } from '../../app/surroundings.tsx';
import { FlagMark } from '../../parts/flag-mark.tsx';
import type { MeasuredByField } from '../../parts/measured.ts';
import { useWords } from '../../wording/words.ts';
import { readVitals, type VisitFields } from './visit-fields.ts';

interface BodyMassProps {
  readonly vitals: VisitFields['vitals'];
  readonly measured: MeasuredByField;
  readonly birth: PatientBody['birth'];
}

/** Nobody grows any more at this age: the last height will do. */
const grownMonths = 20 * 12;

/** The index by itself, of what is typed and, for adults, the last known height. */
export function BodyMass({ vitals, measured, birth }: BodyMassProps): ReactNode {
  const { t, language } = useWords();
  const today = useToday();
  const age = ageInMonths(birth, today);
  const typed = readVitals(vitals);
  const knownHeight =
    age !== undefined && age >= grownMonths ? measured.heightCentimetres?.[0]?.value : undefined;
  const index = bodyMassIndex({ ...typed, heightCentimetres: typed.heightCentimetres ?? knownHeight });
  const flag = index === undefined ? undefined : flagVital('bodyMassIndex', index, age)?.flag;
  return (
    <div className={flag === undefined ? 'vital vital-computed' : 'vital vital-computed vital-abnormal'}>
      <p className="vital-label">{t('vital.bodyMassIndex')}</p>
      <p className="vital-control vital-output">
        <output aria-label={t('vital.bodyMassIndex')}>
          {index === undefined ? '–' : formatNumber(index, language, 1)}
        </output>
        <span className="vital-unit">{t('unit.kilogramPerSquareMetre')}</span>
      </p>
      <div className="vital-foot">
        <p className="vital-flag" role="status">
          {flag && <FlagMark flag={flag} />}
        </p>
        <p className="vital-before">
          <span className="caption">{t('vital.computed')}</span>
        </p>
      </div>
    </div>
  );
}
