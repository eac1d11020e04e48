import type { ReactNode } from 'react';
import { formatDate, formatNumber } from '#clinic/formats.ts';
import type { DaySummary } from '#contracts/bridge/views.ts';
import { type VisitState, visitStates } from '#contracts/records/visits.ts';
import { useNavigation } from '../../app/navigation.tsx';
import { useView } from '../../bridge/hooks.tsx';
import { useIcd10Names } from '../../parts/icd10-names.ts';
import { Icon, type IconName } from '../../parts/icons.tsx';
import { EmptyState, Notice } from '../../parts/notice.tsx';
import { ScreenHead } from '../../parts/screen-head.tsx';
import { describeError, useWords } from '../../wording/words.ts';
import './day.css';

/** The day at a glance: what is still to do, and what was done. */
export function DayScreen(): ReactNode {
  const { t } = useWords();
  const summary = useView('day.summary', {});
  if (summary.status === 'ended') return <Notice kind="warning" title={describeError(t, summary.error)} />;
  if (summary.status === 'loading') return <div className="screen-wait" aria-busy="true" />;
  const day = summary.value;
  return (
    <div className="screen">
      <ScreenHead title={t('day.title')} words={<span className="figure">{formatDate(day.day)}</span>} />
      <ToDo day={day} />
      <div className="day-columns">
        <Figures day={day} />
        <VisitStates day={day} />
        <Diagnoses day={day} />
      </div>
    </div>
  );
}

/** What a person should still look at before going home. */
function ToDo({ day }: { readonly day: DaySummary }): ReactNode {
  const { t } = useWords();
  const sync = useView('sync.state', {});
  const reviews = useView('reviews.open', {});
  const rows = reviews.status === 'ready' ? reviews.value : [];
  const duplicates = rows.filter((row) => row.body.question.kind === 'possible-duplicate').length;
  const { unsent, quarantined } = sync.status === 'ready' ? sync.value : { unsent: 0, quarantined: 0 };
  const { arrived, triaged } = day.visitsByState;
  const openVisits = arrived + triaged + day.visitsByState['in-progress'];
  return (
    <ul className="day-todo" aria-label={t('day.todo')}>
      <ToDoCard kind="open-visits" icon="users" count={openVisits} screen="home" />
      <ToDoCard
        kind="unsent"
        icon="upload"
        count={unsent}
        screen="unsent"
        note={quarantined > 0 ? t('day.quarantined', { count: quarantined }) : null}
      />
      <ToDoCard kind="conflicts" icon="swap" count={rows.length - duplicates} screen="reviews" />
      <ToDoCard kind="duplicates" icon="inbox" count={duplicates} screen="reviews" />
    </ul>
  );
}

interface ToDoCardProps {
  readonly kind: 'open-visits' | 'unsent' | 'conflicts' | 'duplicates';
  readonly icon: IconName;
  readonly count: number;
  readonly note?: string | null;
  readonly screen: 'home' | 'unsent' | 'reviews';
}

function ToDoCard({ kind, icon, count, note = null, screen }: ToDoCardProps): ReactNode {
  const { t, language } = useWords();
  const navigation = useNavigation();
  const isDone = count === 0;
  return (
    <li>
      <button
        type="button"
        className={isDone ? 'card todo-card todo-done' : 'card todo-card'}
        disabled={isDone}
        onClick={() => navigation.go({ screen })}
      >
        <span className="todo-icon">
          <Icon name={isDone ? 'check' : icon} size={22} />
        </span>
        <span className="todo-words">
          {!isDone && <span className="todo-figure">{formatNumber(count, language)}</span>}
          <span>{t(isDone ? `day.${kind}-none` : `day.${kind}`, { count })}</span>
          {note && <span className="field-warning">{note}</span>}
        </span>
        {!isDone && <Icon name="chevron-right" />}
      </button>
    </li>
  );
}

function Figures({ day }: { readonly day: DaySummary }): ReactNode {
  const { t, language } = useWords();
  const figures = [
    ['day.seen', day.patientsSeen],
    ['day.registered', day.patientsRegistered],
    ['day.elevated-pressure', day.elevatedPressure],
    ['day.without-diagnosis', day.visitsWithoutDiagnosis],
  ] as const;
  return (
    <section className="card" aria-labelledby="day-figures">
      <header className="card-head">
        <h2 id="day-figures">{t('day.figures')}</h2>
      </header>
      <dl className="day-figures">
        {figures.map(([words, count]) => (
          <div key={words}>
            <dd>{formatNumber(count, language)}</dd>
            <dt>{t(words)}</dt>
          </div>
        ))}
      </dl>
    </section>
  );
}

function VisitStates({ day }: { readonly day: DaySummary }): ReactNode {
  const { t, language } = useWords();
  const total = visitStates.reduce((sum, state) => sum + day.visitsByState[state], 0);
  return (
    <section className="card" aria-labelledby="day-states">
      <header className="card-head">
        <h2 id="day-states">{t('day.visits')}</h2>
        <span className="badge">{formatNumber(total, language)}</span>
      </header>
      <ul className="state-bars">
        {visitStates.map((state) => (
          <StateBar key={state} state={state} count={day.visitsByState[state]} total={total} />
        ))}
      </ul>
    </section>
  );
}

interface StateBarProps {
  readonly state: VisitState;
  readonly count: number;
  readonly total: number;
}

function StateBar({ state, count, total }: StateBarProps): ReactNode {
  const { t, language } = useWords();
  return (
    <li className="state-bar">
      <span>{t(`visit-state.${state}`)}</span>
      <Bar share={count / Math.max(1, total)} />
      <span className="state-bar-count">{formatNumber(count, language)}</span>
    </li>
  );
}

/** Length says what the number beside it says. */
function Bar({ share }: { readonly share: number }): ReactNode {
  return (
    <svg className="bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true" focusable="false">
      <rect className="bar-ground" width="100" height="10" />
      <rect className="bar-share" width={100 * share} height="10" />
    </svg>
  );
}

function Diagnoses({ day }: { readonly day: DaySummary }): ReactNode {
  const { t, language } = useWords();
  const names = useIcd10Names(day.diagnoses.map((each) => each.icd10));
  const most = Math.max(1, ...day.diagnoses.map((each) => each.count));
  return (
    <section className="card day-diagnoses" aria-labelledby="day-diagnoses">
      <header className="card-head">
        <h2 id="day-diagnoses">{t('day.diagnoses')}</h2>
      </header>
      {day.diagnoses.length === 0 ? (
        <EmptyState icon="diagnosis" title={t('day.diagnoses-none')} />
      ) : (
        <ol className="state-bars">
          {day.diagnoses.map(({ icd10, count }) => (
            <li key={icd10} className="diagnosis-bar">
              <span className="code">{icd10}</span>
              <span className="diagnosis-bar-name">{names.get(icd10) ?? ''}</span>
              <Bar share={count / most} />
              <span className="state-bar-count">{formatNumber(count, language)}</span>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
