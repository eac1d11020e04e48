import type { ReactNode } from 'react';
import { timeAt } from '#clinic/clinic-day.ts';
import { formatDate } from '#clinic/formats.ts';
import { acceptsFindings, deriveVisit, possibleMoves } from '#clinic/visit-state.ts';
import type { PatientRecord, VisitView } from '#contracts/bridge/views.ts';
import { maxSignatures } from '#contracts/records/signature.ts';
import { useTellFinished } from '../../app/finished-visit.tsx';
import { type Route, useNavigation } from '../../app/navigation.tsx';
import { caresForPatients, useSession } from '../../app/session.tsx';
import { useShortcuts } from '../../app/shortcuts.ts';
import { useToday } from '../../app/surroundings.tsx';
import { Button } from '../../parts/button.tsx';
import { TextArea, TextField } from '../../parts/field.tsx';
import { Icon } from '../../parts/icons.tsx';
import { DeliveryMark, StateMark, UrgencyMark } from '../../parts/marks.tsx';
import { Notice } from '../../parts/notice.tsx';
import { PatientBanner } from '../../parts/patient-banner.tsx';
import { plainName } from '../../parts/patient-words.ts';
import { PrintButton } from '../../parts/printing.tsx';
import { SaveFailure } from '../../parts/save-failure.tsx';
import { SignatureMark } from '../../parts/signature-mark.tsx';
import { describeDay } from '../../wording/dates.ts';
import { useWords } from '../../wording/words.ts';
import { DiagnosisCard } from './diagnosis-card.tsx';
import { PreviousVisits } from './previous-visits.tsx';
import { RecordedEntries } from './recorded-entries.tsx';
import type { VisitForm } from './use-visit-form.ts';
import { VitalsGrid } from './vitals-grid.tsx';

interface VisitPageProps {
  readonly record: PatientRecord;
  readonly visit: VisitView;
  readonly form: VisitForm;
  readonly isUnkept: boolean;
}

/** Findings at the left in clinical order, diagnosis and what is recorded at the right, saving below. */
export function VisitPage({ record, visit, form, isUnkept }: VisitPageProps): ReactNode {
  const session = useSession();
  const derived = deriveVisit(visit.body);
  const mayWrite = caresForPatients(session) && record.body.voided === undefined;
  const takesFindings = mayWrite && acceptsFindings(derived.state);
  useShortcuts({ 'Ctrl+Enter': takesFindings ? () => void form.save() : undefined });
  return (
    <div className="visit">
      <PatientBanner record={record} />
      <VisitHead record={record} visit={visit} />
      {mayWrite && !takesFindings && <NotThere state={derived.state} form={form} />}
      <div className="visit-columns">
        <div className="visit-findings">
          <VitalsGrid record={record} form={form} isDisabled={!takesFindings} />
          <div className="visit-texts">
            <FindingText kind="complaint" max={2000} form={form} isDisabled={!takesFindings} />
            <FindingText kind="note" max={8000} form={form} isDisabled={!takesFindings} />
          </div>
        </div>
        <div className="visit-side">
          <DiagnosisCard record={record} form={form} isDisabled={!takesFindings} />
          <RecordedEntries record={record} visit={visit} form={form} mayWrite={mayWrite} />
          <PreviousVisits record={record} visit={visit} />
        </div>
      </div>
      {takesFindings && <SaveBar record={record} visit={visit} form={form} isUnkept={isUnkept} />}
    </div>
  );
}

function VisitHead({
  record,
  visit,
}: {
  readonly record: PatientRecord;
  readonly visit: VisitView;
}): ReactNode {
  const { t } = useWords();
  const today = useToday();
  const navigation = useNavigation();
  const derived = deriveVisit(visit.body);
  return (
    <header className="visit-head">
      <button
        type="button"
        className="text-button"
        onClick={() => navigation.go({ screen: 'patient', patientId: record.id })}
      >
        <Icon name="arrow-left" size={18} />
        {t('visit.to-patient')}
      </button>
      <h1 className="visit-title">
        {t('visit.title')} · <span className="figure">{describeDay(t, visit.body.day, today)}</span>
        {/* Paper is read on another day. */}
        <span className="printed-day figure"> {formatDate(visit.body.day)}</span>
        {derived.arrivedAt !== null && <span className="soft figure"> {timeAt(derived.arrivedAt)}</span>}
      </h1>
      <StateMark state={derived.state} />
      <UrgencyMark urgency={visit.body.urgency} />
      {derived.room && <span className="soft">{t('queue.room', { room: derived.room })}</span>}
      {visit.body.reason !== '' && <span className="visit-reason">{visit.body.reason}</span>}
      <span className="visit-delivery">
        <SignatureMark visit={visit} people={record.people} />
        <DeliveryMark delivery={visit.delivery} />
      </span>
      <PrintButton />
    </header>
  );
}

function NotThere({
  state,
  form,
}: {
  readonly state: VisitView['state'];
  readonly form: VisitForm;
}): ReactNode {
  const { t } = useWords();
  const canArrive = possibleMoves(state).includes('arrived');
  return (
    <Notice
      kind="info"
      title={t(`visit.not-there-${state === 'cancelled' ? 'cancelled' : 'planned'}`)}
      actions={
        canArrive && (
          <Button kind="primary" size="small" isBusy={form.isBusy} onClick={() => void form.move('arrived')}>
            {t('queue.move-arrived')}
          </Button>
        )
      }
    />
  );
}

interface FindingTextProps {
  readonly kind: 'complaint' | 'note';
  readonly max: number;
  readonly form: VisitForm;
  readonly isDisabled: boolean;
}

function FindingText({ kind, max, form, isDisabled }: FindingTextProps): ReactNode {
  const { t } = useWords();
  const isCorrecting = form.fields.amends[kind] !== undefined;
  return (
    <section className="card visit-text">
      <TextArea
        id={kind}
        label={t(isCorrecting ? `visit.correcting-${kind}` : `visit.${kind}`)}
        rows={4}
        maxLength={max}
        disabled={isDisabled}
        value={form.fields[kind]}
        onChange={(event) => form.change({ [kind]: event.target.value })}
      />
      {kind === 'note' && !isDisabled && <NoteTemplates form={form} />}
    </section>
  );
}

const templates = ['pressure', 'cold', 'child', 'home'] as const;

/** Beginnings of notes that are written a hundred times a day. */
function NoteTemplates({ form }: { readonly form: VisitForm }): ReactNode {
  const { t } = useWords();
  const add = (words: string) => {
    const { note } = form.fields;
    form.change({ note: note.trim() === '' ? words : `${note.trimEnd()}\n${words}` });
    document.getElementById('note')?.focus();
  };
  return (
    <div className="quick-words">
      {templates.map((name) => (
        <button key={name} type="button" className="quick-word" onClick={() => add(t(`template.${name}`))}>
          {t(`template.${name}-name`)}
        </button>
      ))}
    </div>
  );
}

interface SaveBarProps {
  readonly record: PatientRecord;
  readonly visit: VisitView;
  readonly form: VisitForm;
  readonly isUnkept: boolean;
}

/** Says what is kept and what is saved, and saves. */
function SaveBar({ record, visit, form, isUnkept }: SaveBarProps): ReactNode {
  const { t } = useWords();
  const today = useToday();
  const navigation = useNavigation();
  const tellFinished = useTellFinished();
  const canFinish = possibleMoves(visit.state).includes('finished');
  const hasRoom = (visit.signatures?.length ?? 0) < maxSignatures;
  const finish = async () => {
    const saved = await form.save('finished');
    if (saved === null) return;
    const landing: Route = { screen: 'home' };
    tellFinished(landing, {
      patient: plainName(record.body.name),
      savedAt: saved.delivery.savedAt,
      signature: saved.isSigned === true ? 'made' : hasRoom ? 'none' : 'no-room',
    });
    navigation.go(landing);
  };
  return (
    <footer className="save-bar">
      {form.error && <SaveFailure error={form.error} />}
      <div className="save-bar-row">
        <div className="save-bar-state" role="status">
          {form.savedAt !== null && !form.hasTyped && (
            <p className="save-bar-saved">
              <Icon name="check-circle" />
              {t('delivery.saved', { time: timeAt(form.savedAt) })}
            </p>
          )}
          {form.hasTyped && (
            <p className={isUnkept ? 'field-warning' : 'caption'}>
              {t(isUnkept ? 'drafts.unkept' : 'visit.not-saved-yet')}
            </p>
          )}
        </div>
        {visit.body.day !== today && form.hasTyped && (
          <TextField
            id="entered-late"
            label={t('visit.entered-late')}
            maxLength={200}
            value={form.fields.enteredLate}
            onChange={(event) => form.change({ enteredLate: event.target.value })}
          />
        )}
        <Button
          kind={canFinish ? 'secondary' : 'primary'}
          icon="check"
          keys="Ctrl Enter"
          isBusy={form.isBusy}
          disabled={!form.hasTyped}
          onClick={() => void form.save()}
        >
          {t('action.save')}
        </Button>
        {canFinish && (
          <Button kind="primary" isBusy={form.isBusy} onClick={() => void finish()}>
            {t(form.hasTyped ? 'visit.save-and-finish' : 'visit.finish')}
          </Button>
        )}
      </div>
    </footer>
  );
}
