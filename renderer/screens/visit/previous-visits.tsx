import type { ReactNode } from 'react';
import { ageInMonths } from '#clinic/age.ts';
import { formatDate } from '#clinic/formats.ts';
import { flagVital } from '#clinic/forms/vitals-ranges.ts';
import { deriveVisit, effectiveEntries } from '#clinic/visit-state.ts';
import type { PatientRecord, VisitView } from '#contracts/bridge/views.ts';
import { useNavigation } from '../../app/navigation.tsx';
import { FlagMark, worstFlag } from '../../parts/flag-mark.tsx';
import { useIcd10Names } from '../../parts/icd10-names.ts';
import { useWords } from '../../wording/words.ts';

interface PreviousVisitsProps {
  readonly record: PatientRecord;
  /** The visit on the screen. */
  readonly visit: VisitView;
}

const mostShown = 3;

/** The last visits in sight: day, main diagnosis, blood pressure; one press opens one. */
export function PreviousVisits({ record, visit }: PreviousVisitsProps): ReactNode {
  const { t } = useWords();
  const previous = record.visits
    .filter((each) => each.id !== visit.id && each.state === 'finished')
    .slice(0, mostShown);
  const codes = previous.flatMap((each) => mainCode(each) ?? []);
  const names = useIcd10Names(codes);
  if (previous.length === 0) return null;
  return (
    <section className="card previous" aria-labelledby="previous-title">
      <h2 id="previous-title" className="group-title">
        {t('visit.previous')}
      </h2>
      <ul>
        {previous.map((each) => (
          <PreviousVisit key={each.id} record={record} visit={each} names={names} />
        ))}
      </ul>
    </section>
  );
}

const mainCode = (visit: VisitView): string | undefined => {
  const diagnoses = effectiveEntries(deriveVisit(visit.body), 'diagnosis');
  return (diagnoses.find((entry) => entry.role === 'main') ?? diagnoses[0])?.icd10;
};

interface PreviousVisitProps extends PreviousVisitsProps {
  readonly names: ReadonlyMap<string, string>;
}

function PreviousVisit({ record, visit, names }: PreviousVisitProps): ReactNode {
  const navigation = useNavigation();
  const code = mainCode(visit);
  return (
    <li>
      <button
        type="button"
        className="previous-visit row-link"
        onClick={() => navigation.go({ screen: 'visit', patientId: record.id, visitId: visit.id })}
      >
        <strong className="figure">{formatDate(visit.body.day)}</strong>
        <span className="previous-finding">
          {code === undefined ? visit.body.reason : `${code} ${names.get(code) ?? ''}`}
        </span>
        <Pressure record={record} visit={visit} />
      </button>
    </li>
  );
}

function Pressure({ record, visit }: PreviousVisitsProps): ReactNode {
  const measured = effectiveEntries(deriveVisit(visit.body), 'vitals').findLast(
    ({ values }) => values.systolicMmHg !== undefined,
  );
  if (measured === undefined) return null;
  const { systolicMmHg: systolic, diastolicMmHg: diastolic } = measured.values;
  const age = ageInMonths(record.body.birth, visit.body.day);
  const flag = worstFlag([
    systolic === undefined ? null : flagVital('systolicMmHg', systolic, age)?.flag,
    diastolic === undefined ? null : flagVital('diastolicMmHg', diastolic, age)?.flag,
  ]);
  return (
    <span className="previous-pressure figure">
      {systolic ?? '–'}/{diastolic ?? '–'}
      {flag && <FlagMark flag={flag} isShort />}
    </span>
  );
}
