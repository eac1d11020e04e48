import { type ReactNode, useEffect, useRef, useState } from 'react';
import type { AuditRow } from '#contracts/bridge/audit.ts';
import type { RecordId } from '#contracts/ids.ts';
import { AccessNav } from '../../access/access-nav.tsx';
import { useNavigation } from '../../app/navigation.tsx';
import { useToday } from '../../app/surroundings.tsx';
import { useView, type ViewState } from '../../bridge/hooks.tsx';
import { Button } from '../../parts/button.tsx';
import { Icon } from '../../parts/icons.tsx';
import { EmptyState, Notice } from '../../parts/notice.tsx';
import { bannerName, birthAndAge, plainName } from '../../parts/patient-words.ts';
import { ScreenHead } from '../../parts/screen-head.tsx';
import { describeInstant } from '../../wording/dates.ts';
import { describeError, useWords } from '../../wording/words.ts';
import { type AuditSurroundings, describeAction, describeActor, describeReason } from './audit-words.ts';
import { isEmergency } from './emergency-actions.ts';
import './audit.css';

/** Who saw or changed a patient, or what was done on this computer at all: when, who, what and why. */
export function AuditScreen({ patientId }: { readonly patientId: RecordId | null }): ReactNode {
  const { t } = useWords();
  const today = useToday();
  const navigation = useNavigation();
  const [page, setPage] = useState<{ readonly before?: number }>({});
  const [isEmergencyOnly, setEmergencyOnly] = useState(false);
  const ofPatient = useView('audit.of-patient', patientId === null ? null : { id: patientId, ...page });
  const recent = useView('audit.recent', patientId === null ? page : null);
  const record = useView('patients.record', patientId === null ? null : { id: patientId });
  const state = useView('workstation.state', {});
  const view = useKept(patientId === null ? recent : ofPatient);
  const patient = record.status === 'ready' ? record.value : null;
  const rows = view.status === 'ready' ? view.value.rows : [];
  const around: AuditSurroundings = {
    device: view.status === 'ready' ? view.value.trail.device : null,
    people: state.status === 'ready' ? state.value.people : [],
  };
  const shown = isEmergencyOnly ? rows.filter(({ action }) => isEmergency(action)) : rows;

  return (
    <div className="screen">
      <ScreenHead
        title={t(patientId === null ? 'audit.recent' : 'audit.of-patient')}
        words={
          patient === null
            ? t('audit.words')
            : `${bannerName(patient.body.name)} · ${birthAndAge(t, patient.body.birth, today)}`
        }
      >
        {patientId !== null && (
          <Button icon="arrow-left" onClick={() => navigation.go({ screen: 'patient', patientId })}>
            {t('audit.back')}
          </Button>
        )}
      </ScreenHead>
      {patientId === null && <AccessNav />}
      {view.status === 'ended' && <Notice kind="warning" title={describeError(t, view.error)} />}
      {view.status === 'ready' && view.value.trail.rolledBackAt !== null && (
        <Notice
          kind="danger"
          title={t('audit.rolled-back', { time: describeInstant(view.value.trail.rolledBackAt, today) })}
        />
      )}
      <section className="card">
        <header className="card-head">
          <label className="check">
            <input
              type="checkbox"
              autoComplete="off"
              id="audit-emergency"
              checked={isEmergencyOnly}
              onChange={() => setEmergencyOnly(!isEmergencyOnly)}
            />
            <span>{t('audit.emergency-only')}</span>
          </label>
          <span className="caption">{t('audit.itself')}</span>
        </header>
        {view.status === 'ready' && shown.length === 0 && <EmptyState icon="eye" title={t('audit.none')} />}
        {shown.length > 0 && <AuditTable rows={shown} hasPatients={patientId === null} around={around} />}
        {view.status === 'ready' && (page.before !== undefined || view.value.older !== null) && (
          <Pages isNewest={page.before === undefined} older={view.value.older} onTurn={setPage} />
        )}
      </section>
    </div>
  );
}

/** The page before stays until the next one is there: what has the focus does not go while it is pressed. */
function useKept<Value>(view: ViewState<Value>): ViewState<Value> {
  const last = useRef(view);
  if (view.status !== 'loading') last.current = view;
  return last.current;
}

interface PagesProps {
  readonly isNewest: boolean;
  /** What the page after this one begins before; null on the last. */
  readonly older: number | null;
  readonly onTurn: (page: { readonly before?: number }) => void;
}

/** Leads through the trail. Stands at the lower edge of the window, so that a new page is read from its top. */
function Pages({ isNewest, older, onTurn }: PagesProps): ReactNode {
  const { t } = useWords();
  const foot = useRef<HTMLElement>(null);
  // The newest page grows while it is read: that turns no page.
  const turned = isNewest ? null : older;
  // biome-ignore lint/correctness/useExhaustiveDependencies: each page begins at its top
  useEffect(() => {
    foot.current?.closest('.content')?.scrollTo(0, 0);
    // At either end the button that was pressed takes no more presses: the focus goes on to the other.
    const { activeElement } = document;
    if (activeElement === document.body || activeElement?.matches(':disabled') === true) {
      foot.current?.querySelector<HTMLElement>('button:enabled')?.focus();
    }
  }, [turned]);
  return (
    <footer className="card-foot audit-pages" ref={foot}>
      <Button size="small" icon="double-up" disabled={isNewest} onClick={() => onTurn({})}>
        {t('audit.newest')}
      </Button>
      <Button
        size="small"
        icon="arrow-down"
        disabled={older === null}
        onClick={() => older !== null && onTurn({ before: older })}
      >
        {t('audit.older')}
      </Button>
    </footer>
  );
}

interface AuditTableProps {
  readonly rows: readonly AuditRow[];
  readonly hasPatients: boolean;
  readonly around: AuditSurroundings;
}

function AuditTable({ rows, hasPatients, around }: AuditTableProps): ReactNode {
  const { t } = useWords();
  const today = useToday();
  return (
    <table className="audit-table">
      <colgroup>
        <col className="audit-when" />
        <col className="audit-who" />
        <col className="audit-deed" />
        {hasPatients && <col className="audit-patient" />}
        <col />
      </colgroup>
      <thead>
        <tr>
          <th scope="col">{t('audit.when')}</th>
          <th scope="col">{t('audit.who')}</th>
          <th scope="col">{t('audit.what')}</th>
          {hasPatients && <th scope="col">{t('audit.patient')}</th>}
          <th scope="col">{t('audit.why')}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.seq} className={isEmergency(row.action) ? 'audit-emergency' : ''}>
            <td className="figure">{describeInstant(row.at, today)}</td>
            <td>
              {describeActor(t, row, around)}
              {row.person && (
                <span className="caption">
                  {row.person.roles.map((role) => t(`role.${role}`)).join(', ')}
                </span>
              )}
            </td>
            <td>
              <span className="audit-what">
                {isEmergency(row.action) && <Icon name="shield" size={16} />}
                {describeAction(t, row.action)}
              </span>
            </td>
            {hasPatients && <td>{row.patient && plainName(row.patient.name)}</td>}
            <td>{describeReason(t, row, around)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
