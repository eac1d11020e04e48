import { type KeyboardEvent, type ReactNode, useEffect, useMemo } from 'react';
import type { VitalsName } from '#clinic/forms/vitals.ts';
import type { PatientRecord } from '#contracts/bridge/views.ts';
import { Icon } from '../../parts/icons.tsx';
import { measuredByField } from '../../parts/measured.ts';
import { vitalNames } from '../../parts/vital-words.ts';
import { useWords } from '../../wording/words.ts';
import { BodyMass } from './body-mass.tsx';
import type { VisitForm } from './use-visit-form.ts';
import { noVitals, vitalsMistakes } from './visit-fields.ts';
import { PressureCell, VitalCell } from './vital-cell.tsx';
import './vitals.css';

interface VitalsGridProps {
  readonly record: PatientRecord;
  readonly form: VisitForm;
  readonly isDisabled: boolean;
}

const firstRow = ['pulsePerMinute', 'temperatureCelsius', 'spo2Percent', 'respirationPerMinute'] as const;
const afterMass = ['glucoseMmolPerLitre', 'painOfTen'] as const;

/** All vitals by keyboard alone: Enter or Tab goes on, `/` goes from the upper to the lower pressure. */
export function VitalsGrid({ record, form, isDisabled }: VitalsGridProps): ReactNode {
  const { t } = useWords();
  const amended = form.fields.amends.vitals;
  const measured = useMemo(() => measuredByField(record.visits, amended), [record.visits, amended]);

  const mistakes = vitalsMistakes(form.fields.vitals);
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each refused attempt
  useEffect(() => {
    const [first] = mistakes;
    if (form.refusedAttempts > 0 && first !== undefined) document.getElementById(first.name)?.focus();
  }, [form.refusedAttempts]);

  const type = (field: VitalsName, typed: string) =>
    form.change({ vitals: spread(form.fields.vitals, field, typed) });
  const press = (event: KeyboardEvent<HTMLElement>) => {
    const id = event.target instanceof HTMLElement ? event.target.id : '';
    const goesOn = event.key === 'Enter' && !event.ctrlKey;
    const goesDown = event.key === '/' && id === 'systolicMmHg';
    if (!goesOn && !goesDown) return;
    event.preventDefault();
    const at = vitalNames.map(String).indexOf(id);
    const next = at < 0 ? undefined : vitalNames[at + 1];
    document.getElementById(next ?? 'complaint')?.focus();
  };
  const cell = (field: VitalsName) => ({
    field,
    typed: form.fields.vitals[field],
    before: measured[field] ?? [],
    birth: record.body.birth,
    mistake: shownMistake(mistakes, field, form.refusedAttempts),
    isDisabled,
    onType: (typed: string) => type(field, typed),
  });

  return (
    <section className="card vitals" aria-labelledby="vitals-title" onKeyDown={press}>
      <header className="card-head">
        <h2 id="vitals-title">
          <Icon name="heart" size={18} />
          {t(amended === undefined ? 'visit.vitals' : 'visit.correcting-vitals')}
        </h2>
        {amended === undefined ? (
          <p className="caption">{t('visit.vitals-keys')}</p>
        ) : (
          <button
            type="button"
            className="text-button"
            onClick={() =>
              form.change({ vitals: noVitals, amends: { ...form.fields.amends, vitals: undefined } })
            }
          >
            {t('visit.stop-correcting')}
          </button>
        )}
      </header>
      <div className="vitals-grid">
        <PressureCell systolic={cell('systolicMmHg')} diastolic={cell('diastolicMmHg')} />
        {firstRow.map((field) => (
          <VitalCell key={field} {...cell(field)} />
        ))}
        <VitalCell {...cell('weightKilograms')} />
        <VitalCell {...cell('heightCentimetres')} />
        <BodyMass vitals={form.fields.vitals} measured={measured} birth={record.body.birth} />
        {afterMass.map((field) => (
          <VitalCell key={field} {...cell(field)} />
        ))}
      </div>
    </section>
  );
}

/** `120/80` put into the upper pressure fills both. */
function spread(
  vitals: VisitForm['fields']['vitals'],
  field: VitalsName,
  typed: string,
): VisitForm['fields']['vitals'] {
  const pair = /^\s*(\d{2,3})\s*[/\\]\s*(\d{2,3})\s*$/.exec(typed);
  if (field !== 'systolicMmHg' || pair === null) return { ...vitals, [field]: typed };
  return { ...vitals, systolicMmHg: pair[1] ?? '', diastolicMmHg: pair[2] ?? '' };
}

/** Whether two fields fit together is judged when saving is tried: while one types, the second is not there yet. */
function shownMistake(
  mistakes: ReturnType<typeof vitalsMistakes>,
  name: VitalsName,
  refusedAttempts: number,
): string | null {
  const mistake = mistakes.find((each) => each.name === name);
  if (mistake === undefined) return null;
  return mistake.message === 'vitals.out-of-range' || refusedAttempts > 0 ? mistake.message : null;
}
