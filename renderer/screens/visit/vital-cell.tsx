import type { ReactNode } from 'react';
import { ageInMonths } from '#clinic/age.ts';
import { formatDate } from '#clinic/formats.ts';
import type { VitalsName } from '#clinic/forms/vitals.ts';
import { flagVital, type VitalsFlag } from '#clinic/forms/vitals-ranges.ts';
import type { PatientBody } from '#contracts/records/patients.ts';
import { useToday } from '../../app/surroundings.tsx';
import { FlagMark, flagThen, isCritical, worstFlag } from '../../parts/flag-mark.tsx';
import type { Measured } from '../../parts/measured.ts';
import { Sparkline } from '../../parts/sparkline.tsx';
import { vitalField, vitalValue } from '../../parts/vital-words.ts';
import { useWords } from '../../wording/words.ts';
import { readVital } from './visit-fields.ts';

export interface VitalCellProps {
  readonly field: VitalsName;
  readonly typed: string;
  /** Earlier values, newest first. */
  readonly before: readonly Measured[];
  readonly birth: PatientBody['birth'];
  /** Id of the words for what is wrong, `issue.<mistake>`. */
  readonly mistake: string | null;
  readonly isDisabled: boolean;
  readonly onType: (typed: string) => void;
}

/** One measurement: label, large number, unit; below, what is conspicuous and what was measured last. */
export function VitalCell(props: VitalCellProps): ReactNode {
  const { field, before, mistake } = props;
  const { t, language } = useWords();
  const flag = useFlag(props);
  const [latest] = before;
  return (
    <div className={cellClass(flag)}>
      <label className="vital-label" htmlFor={field}>
        {t(`vital.${field}`)}
      </label>
      <VitalInput {...props} unit={t(`unit.${vitalField(field).unit}`)} />
      <VitalFoot
        id={`${field}-foot`}
        flag={flag}
        mistake={mistake}
        before={latest && vitalValue(field, latest.value, language)}
        beforeFlag={flagThen(field, latest, props.birth)}
        latest={latest}
        lines={[before]}
      />
    </div>
  );
}

interface PressureCellProps {
  readonly systolic: VitalCellProps;
  readonly diastolic: VitalCellProps;
}

/** Both pressures in one cell, as everybody writes them. */
export function PressureCell({ systolic, diastolic }: PressureCellProps): ReactNode {
  const { t } = useWords();
  const flag = worstFlag([useFlag(systolic), useFlag(diastolic)]);
  const [latest] = systolic.before;
  const lowerLatest = diastolic.before.find((each) => each.entryId === latest?.entryId);
  return (
    <fieldset className={`${cellClass(flag)} vital-pressure`}>
      <legend className="vital-label">
        {t('vital.pressure')} <span className="vital-label-unit">{t('unit.mmHg')}</span>
      </legend>
      <div className="vital-pair">
        <VitalInput {...systolic} label={t('vital.systolicMmHg')} footId="pressure-foot" />
        <span className="vital-slash" aria-hidden="true">
          /
        </span>
        <VitalInput {...diastolic} label={t('vital.diastolicMmHg')} footId="pressure-foot" />
      </div>
      <VitalFoot
        id="pressure-foot"
        flag={flag}
        mistake={systolic.mistake ?? diastolic.mistake}
        before={latest && `${latest.value}/${lowerLatest?.value ?? '–'}`}
        beforeFlag={worstFlag([
          flagThen('systolicMmHg', latest, systolic.birth),
          flagThen('diastolicMmHg', lowerLatest, diastolic.birth),
        ])}
        latest={latest}
        lines={[systolic.before, diastolic.before]}
      />
    </fieldset>
  );
}

function useFlag({ field, typed, birth }: VitalCellProps): VitalsFlag | null {
  const today = useToday();
  const read = readVital(field, typed);
  if (read.status !== 'read') return null;
  return flagVital(field, read.value, ageInMonths(birth, today))?.flag ?? null;
}

function cellClass(flag: VitalsFlag | null): string {
  if (flag === null) return 'vital';
  return isCritical(flag) ? 'vital vital-critical' : 'vital vital-abnormal';
}

interface VitalInputProps extends VitalCellProps {
  readonly unit?: string;
  readonly label?: string;
  readonly footId?: string;
}

function VitalInput(props: VitalInputProps): ReactNode {
  const { field, typed, isDisabled, onType, mistake, unit, label, footId } = props;
  return (
    <span className="vital-control">
      <input
        id={field}
        className="vital-input"
        inputMode="decimal"
        autoComplete="off"
        maxLength={7}
        value={typed}
        disabled={isDisabled}
        aria-label={label}
        aria-invalid={mistake !== null || undefined}
        aria-describedby={footId ?? `${field}-foot`}
        onFocus={(event) => event.target.select()}
        onChange={(event) => onType(event.target.value)}
      />
      {unit && <span className="vital-unit">{unit}</span>}
    </span>
  );
}

interface VitalFootProps {
  readonly id: string;
  readonly flag: VitalsFlag | null;
  readonly mistake: string | null;
  readonly before: string | undefined;
  readonly beforeFlag: VitalsFlag | null;
  readonly latest: Measured | undefined;
  readonly lines: readonly (readonly Measured[])[];
}

/** A flag has its own line: nothing moves while one types. */
function VitalFoot(props: VitalFootProps): ReactNode {
  const { id, flag, mistake, before, beforeFlag, latest, lines } = props;
  const { t } = useWords();
  return (
    <div id={id} className="vital-foot">
      <p className="vital-flag" role="status">
        {mistake === null ? (
          flag && <FlagMark flag={flag} />
        ) : (
          <span className="field-error">{t(`issue.${mistake}`)}</span>
        )}
      </p>
      <p className="vital-before">
        {before === undefined || latest === undefined ? (
          <span className="caption">{t('vital.no-before')}</span>
        ) : (
          <>
            <span className="caption figure" title={formatDate(latest.day)}>
              <strong>{before}</strong> {beforeFlag && <FlagMark flag={beforeFlag} isShort />}{' '}
              {formatDate(latest.day).slice(0, 5)}
            </span>
            {lines.some((line) => line.length > 1) && (
              <Sparkline
                lines={lines.map((line) => line.map((each) => each.value).reverse())}
                width={56}
                height={18}
                label={t('vital.trend')}
              />
            )}
          </>
        )}
      </p>
    </div>
  );
}
