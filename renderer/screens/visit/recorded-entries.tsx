import { type ReactNode, useState } from 'react';
import { dayAt, timeAt } from '#clinic/clinic-day.ts';
import { deriveVisit, type WeighedEntry } from '#clinic/visit-state.ts';
import type { PatientRecord, VisitView } from '#contracts/bridge/views.ts';
import type { VisitEntry } from '#contracts/records/visits.ts';
import { authorWords } from '../../parts/author-words.ts';
import { useIcd10Names } from '../../parts/icd10-names.ts';
import { Icon, type IconName } from '../../parts/icons.tsx';
import { EmptyState } from '../../parts/notice.tsx';
import { VitalsLine } from '../../parts/vitals-line.tsx';
import { useWords } from '../../wording/words.ts';
import type { VisitForm } from './use-visit-form.ts';
import { withCorrection } from './visit-fields.ts';
import { VoidDialog } from './void-dialog.tsx';

interface RecordedEntriesProps {
  readonly record: PatientRecord;
  readonly visit: VisitView;
  readonly form: VisitForm;
  readonly mayWrite: boolean;
}

const icons = {
  vitals: 'heart',
  complaint: 'bubble',
  note: 'note',
  diagnosis: 'diagnosis',
} as const satisfies Partial<Record<VisitEntry['kind'], IconName>>;

type ClinicalEntry = Extract<VisitEntry, { readonly kind: keyof typeof icons }>;

const isClinical = (entry: VisitEntry): entry is ClinicalEntry => entry.kind in icons;

/** What is in the record, newest first; corrections and errors stay readable. */
export function RecordedEntries({ record, visit, form, mayWrite }: RecordedEntriesProps): ReactNode {
  const { t, language } = useWords();
  const [voiding, setVoiding] = useState<ClinicalEntry | null>(null);
  const shown = deriveVisit(visit.body).weighed.flatMap(({ entry, standing }) =>
    isClinical(entry) ? [{ entry, standing }] : [],
  );
  const names = useIcd10Names(
    shown.flatMap(({ entry }) => (entry.kind === 'diagnosis' ? [entry.icd10] : [])),
  );
  const correct = (entry: ClinicalEntry) => {
    form.change(withCorrection(form.fields, entry, names, language));
    const field = { vitals: 'systolicMmHg', complaint: 'complaint', note: 'note', diagnosis: 'icd10' }[
      entry.kind
    ];
    document.getElementById(field)?.focus();
  };
  return (
    <section className="card recorded" aria-labelledby="recorded-title">
      <header className="card-head">
        <h2 id="recorded-title">{t('visit.recorded')}</h2>
        {shown.length > 0 && <span className="badge">{shown.length}</span>}
      </header>
      {shown.length === 0 ? (
        <EmptyState icon="note" title={t('visit.recorded-none')} />
      ) : (
        <ol className="recorded-list">
          {shown.toReversed().map(({ entry, standing }) => (
            <RecordedEntry
              key={entry.id}
              entry={entry}
              standing={standing}
              record={record}
              diagnosisName={entry.kind === 'diagnosis' ? names.get(entry.icd10) : undefined}
              actions={
                mayWrite
                  ? {
                      correct: () => correct(entry),
                      voidIt: () => setVoiding(entry),
                      restore: () => void form.mark({ kind: 'restore', amends: entry.id }),
                    }
                  : null
              }
            />
          ))}
        </ol>
      )}
      {voiding && <VoidDialog record={record} entry={voiding} form={form} onClose={() => setVoiding(null)} />}
    </section>
  );
}

interface RecordedEntryProps {
  readonly entry: ClinicalEntry;
  readonly standing: WeighedEntry['standing'];
  readonly record: PatientRecord;
  readonly diagnosisName: string | undefined;
  readonly actions: { correct(): void; voidIt(): void; restore(): void } | null;
}

function RecordedEntry({ entry, standing, record, diagnosisName, actions }: RecordedEntryProps): ReactNode {
  const { t } = useWords();
  return (
    <li className={standing === 'effective' ? 'recorded-entry' : 'recorded-entry struck'}>
      <Icon name={icons[entry.kind]} size={18} />
      <div className="recorded-words">
        <EntryWords entry={entry} birth={record.body.birth} diagnosisName={diagnosisName} />
        <p className="caption">
          {timeAt(entry.at)} {authorWords(t, record.people, entry.by)}
          {standing === 'amended' && ` · ${t('entry.corrected')}`}
          {standing === 'voided' && ` · ${t('entry.in-error')}`}
        </p>
      </div>
      {actions !== null && standing === 'effective' && (
        <span className="recorded-actions">
          <EntryButton icon="pencil" words={t('entry.correct')} onPress={actions.correct} />
          <EntryButton icon="strike" words={t('entry.mark-error')} onPress={actions.voidIt} />
        </span>
      )}
      {actions !== null && standing === 'voided' && (
        <button type="button" className="text-button" onClick={actions.restore}>
          <Icon name="undo" size={16} />
          {t('entry.take-back')}
        </button>
      )}
    </li>
  );
}

interface EntryButtonProps {
  readonly icon: IconName;
  readonly words: string;
  readonly onPress: () => void;
}

function EntryButton({ icon, words, onPress }: EntryButtonProps): ReactNode {
  return (
    <button type="button" className="icon-button" title={words} aria-label={words} onClick={onPress}>
      <Icon name={icon} size={18} />
    </button>
  );
}

interface EntryWordsProps {
  readonly entry: ClinicalEntry;
  readonly birth: PatientRecord['body']['birth'];
  readonly diagnosisName: string | undefined;
}

function EntryWords({ entry, birth, diagnosisName }: EntryWordsProps): ReactNode {
  const { t } = useWords();
  switch (entry.kind) {
    case 'vitals':
      return <VitalsLine values={entry.values} birth={birth} day={dayAt(entry.at)} />;
    case 'complaint':
    case 'note':
      return <p className="recorded-text">{entry.text}</p>;
    case 'diagnosis':
      return (
        <div className="recorded-diagnosis">
          <span className="code">{entry.icd10}</span>
          <span>
            {diagnosisName}{' '}
            <span className="caption">
              {t(`diagnosis.${entry.role}`)}, {t(`diagnosis.${entry.certainty}`)}
            </span>
          </span>
        </div>
      );
  }
}
