import type { ReactNode } from 'react';
import { ageInMonths } from '#clinic/age.ts';
import { vitalsForm } from '#clinic/forms/vitals.ts';
import { type FlaggedName, flagVitals, type VitalsFlag } from '#clinic/forms/vitals-ranges.ts';
import type { Day } from '#contracts/ids.ts';
import type { PatientBody } from '#contracts/records/patients.ts';
import type { Vitals } from '#contracts/records/visits.ts';
import { useWords } from '../wording/words.ts';
import { FlagMark, worstFlag } from './flag-mark.tsx';
import { vitalValue } from './vital-words.ts';

interface VitalsLineProps {
  readonly values: Vitals;
  readonly birth: PatientBody['birth'];
  /** The day they were measured: ranges depend on the age then. */
  readonly day: Day;
}

/** A set of vitals as text, each with its unit, and its flag where it is conspicuous. */
export function VitalsLine({ values, birth, day }: VitalsLineProps): ReactNode {
  const { t, language } = useWords();
  const flags = flagVitals(values, ageInMonths(birth, day));
  const flagOf = (...names: FlaggedName[]) => worstFlag(names.map((name) => flags[name]?.flag));
  const { systolicMmHg: systolic, diastolicMmHg: diastolic } = values;
  const hasPressure = systolic !== undefined || diastolic !== undefined;
  return (
    <span className="vitals-line">
      {hasPressure && (
        <VitalItem
          label={t('vital.pressure')}
          value={`${systolic ?? '–'}/${diastolic ?? '–'}`}
          unit={t('unit.mmHg')}
          flag={flagOf('systolicMmHg', 'diastolicMmHg')}
        />
      )}
      {vitalsForm.fields.map(({ name, unit }) => {
        const value = values[name];
        if (value === undefined || name === 'systolicMmHg' || name === 'diastolicMmHg') return null;
        return (
          <VitalItem
            key={name}
            label={t(`vital.${name}`)}
            value={vitalValue(name, value, language)}
            unit={t(`unit.${unit}`)}
            flag={flagOf(name)}
          />
        );
      })}
    </span>
  );
}

interface VitalItemProps {
  readonly label: string;
  readonly value: string;
  readonly unit: string;
  readonly flag: VitalsFlag | null;
}

function VitalItem({ label, value, unit, flag }: VitalItemProps): ReactNode {
  return (
    <span className="vitals-item">
      <span className="soft">{label}</span> <strong>{value}</strong> <span className="soft">{unit}</span>
      {flag && <FlagMark flag={flag} />}
    </span>
  );
}
