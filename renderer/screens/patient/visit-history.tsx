import type { ReactNode } from 'react';
import { deriveVisit, effectiveEntries } from '#clinic/visit-state.ts';
import type { PatientRecord, VisitView } from '#contracts/bridge/views.ts';
import { useNavigation } from '../../app/navigation.tsx';
import { useToday } from '../../app/surroundings.tsx';
import { authorWords } from '../../parts/author-words.ts';
import { useIcd10Names } from '../../parts/icd10-names.ts';
import { DeliveryMark, StateMark, UrgencyMark } from '../../parts/marks.tsx';
import { EmptyState } from '../../parts/notice.tsx';
import { SignatureMark } from '../../parts/signature-mark.tsx';
import { VitalsLine } from '../../parts/vitals-line.tsx';
import { describeDay } from '../../wording/dates.ts';
import { useWords } from '../../wording/words.ts';

/** Visits, newest first, with what was found. */
export function VisitHistory({ record }: { readonly record: PatientRecord }): ReactNode {
  const { t } = useWords();
  const codes = record.visits.flatMap((visit) =>
    effectiveEntries(deriveVisit(visit.body), 'diagnosis').map((entry) => entry.icd10),
  );
  const names = useIcd10Names(codes);
  return (
    <section className="card visit-history" aria-labelledby="history-title">
      <header className="card-head">
        <h2 id="history-title">{t('patient.history')}</h2>
        <span className="badge">{record.visits.length}</span>
      </header>
      {record.visits.length === 0 ? (
        <EmptyState icon="calendar" title={t('patient.history-none')} />
      ) : (
        <ul className="plain-rows">
          {record.visits.map((visit) => (
            <HistoryItem key={visit.id} visit={visit} record={record} icd10Names={names} />
          ))}
        </ul>
      )}
    </section>
  );
}

interface HistoryItemProps {
  readonly visit: VisitView;
  readonly record: PatientRecord;
  readonly icd10Names: ReadonlyMap<string, string>;
}

function HistoryItem({ visit, record, icd10Names }: HistoryItemProps): ReactNode {
  const { t, language } = useWords();
  const today = useToday();
  const navigation = useNavigation();
  const derived = deriveVisit(visit.body);
  const diagnoses = effectiveEntries(derived, 'diagnosis');
  const vitals = effectiveEntries(derived, 'vitals').at(-1);
  const complaint = effectiveEntries(derived, 'complaint').at(-1);
  const author = authorWords(t, record.people, derived.entries.at(-1)?.by);
  return (
    <li>
      <button
        type="button"
        className="history-item row-link"
        onClick={() => navigation.go({ screen: 'visit', patientId: record.id, visitId: visit.id })}
      >
        <span className="history-day">
          <strong className="figure">{describeDay(t, visit.body.day, today)}</strong>
          {author && <span className="caption">{author}</span>}
          {visit.elsewhere && <span className="caption">{visit.elsewhere.name[language]}</span>}
        </span>
        <span className="history-found">
          {diagnoses.map((diagnosis) => (
            <span key={diagnosis.id} className="history-diagnosis">
              <span className="code">{diagnosis.icd10}</span>
              <span>{icd10Names.get(diagnosis.icd10)}</span>
            </span>
          ))}
          {diagnoses.length === 0 && visit.body.reason !== '' && <span>{visit.body.reason}</span>}
          {vitals && <VitalsLine values={vitals.values} birth={record.body.birth} day={visit.body.day} />}
          {complaint && <span className="soft history-complaint">{complaint.text}</span>}
        </span>
        <span className="history-marks">
          <span className="chips">
            <UrgencyMark urgency={visit.body.urgency} />
            <StateMark state={visit.state} />
            {visit.body.patientId !== record.id && (
              <span className="chip chip-linked">{t('linked.other-record')}</span>
            )}
          </span>
          <DeliveryMark delivery={visit.delivery} />
        </span>
        <SignatureMark visit={visit} people={record.people} />
      </button>
    </li>
  );
}
