import type { ReactNode } from 'react';
import { formatDate } from '#clinic/formats.ts';
import type { VitalsName } from '#clinic/forms/vitals.ts';
import type { VitalsFlag } from '#clinic/forms/vitals-ranges.ts';
import type { VisitView } from '#contracts/bridge/views.ts';
import type { PatientBody } from '#contracts/records/patients.ts';
import { FlagMark, flagThen, worstFlag } from '../../parts/flag-mark.tsx';
import { type Measured, measuredByField } from '../../parts/measured.ts';
import { EmptyState } from '../../parts/notice.tsx';
import { Sparkline } from '../../parts/sparkline.tsx';
import { vitalField, vitalValue } from '../../parts/vital-words.ts';
import { useWords } from '../../wording/words.ts';

const shownFields = [
  'pulsePerMinute',
  'weightKilograms',
  'glucoseMmolPerLitre',
] as const satisfies readonly VitalsName[];

interface TrendsCardProps {
  readonly visits: readonly VisitView[];
  readonly birth: PatientBody['birth'];
}

/** How the measurements went, newest at the right: people look rather than read. */
export function TrendsCard({ visits, birth }: TrendsCardProps): ReactNode {
  const { t, language } = useWords();
  const measured = measuredByField(visits);
  const systolic = measured.systolicMmHg ?? [];
  const diastolic = measured.diastolicMmHg ?? [];
  const single = shownFields.filter((field) => (measured[field]?.length ?? 0) > 0);
  const isEmpty = systolic.length === 0 && single.length === 0;
  return (
    <section className="card" aria-labelledby="trends-title">
      <header className="card-head">
        <h2 id="trends-title">{t('patient.trends')}</h2>
      </header>
      {isEmpty ? (
        <EmptyState icon="heart" title={t('patient.trends-none')} />
      ) : (
        <div className="trends">
          {systolic.length > 0 && (
            <Trend
              label={t('vital.pressure')}
              unit={t('unit.mmHg')}
              value={`${systolic[0]?.value ?? '–'}/${diastolic[0]?.value ?? '–'}`}
              latest={systolic[0]}
              flag={worstFlag([
                flagThen('systolicMmHg', systolic[0], birth),
                flagThen('diastolicMmHg', diastolic[0], birth),
              ])}
              lines={[systolic, diastolic]}
            />
          )}
          {single.map((field) => {
            const values = measured[field] ?? [];
            const [latest] = values;
            return (
              <Trend
                key={field}
                label={t(`vital.${field}`)}
                unit={t(`unit.${vitalField(field).unit}`)}
                value={latest === undefined ? '' : vitalValue(field, latest.value, language)}
                latest={latest}
                flag={flagThen(field, latest, birth)}
                lines={[values]}
              />
            );
          })}
        </div>
      )}
    </section>
  );
}

interface TrendProps {
  readonly label: string;
  readonly unit: string;
  readonly value: string;
  readonly latest: Measured | undefined;
  readonly flag: VitalsFlag | null;
  readonly lines: readonly (readonly Measured[])[];
}

function Trend({ label, unit, value, latest, flag, lines }: TrendProps): ReactNode {
  const { t } = useWords();
  // A single point is no line, and looks like dirt.
  const isLine = lines.some((line) => line.length > 1);
  return (
    <div className="trend">
      <p className="caption">{label}</p>
      <p className="trend-value">
        {value} <span className="caption">{unit}</span>
      </p>
      {isLine ? (
        <Sparkline
          lines={lines.map((line) => line.map((each) => each.value).reverse())}
          width={170}
          height={44}
          label={label}
        />
      ) : (
        <p className="caption trend-first">{t('patient.trend-first')}</p>
      )}
      <p className="trend-foot">
        <span className="caption figure">{latest && formatDate(latest.day)}</span>
        {flag && <FlagMark flag={flag} />}
      </p>
    </div>
  );
}
