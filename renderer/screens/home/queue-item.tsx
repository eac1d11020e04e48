import type { ReactNode } from 'react';
import { timeAt } from '#clinic/clinic-day.ts';
import { formatDate } from '#clinic/formats.ts';
import type { QueueRow } from '#contracts/bridge/views.ts';
import type { VisitState } from '#contracts/records/visits.ts';
import { useNavigation } from '../../app/navigation.tsx';
import { caresForPatients, useSession } from '../../app/session.tsx';
import { useNow, useToday } from '../../app/surroundings.tsx';
import { useRequest } from '../../bridge/hooks.tsx';
import { Button } from '../../parts/button.tsx';
import { Icon } from '../../parts/icons.tsx';
import { DeliveryMark, StateMark, UrgencyMark } from '../../parts/marks.tsx';
import { shortBannerName } from '../../parts/patient-words.ts';
import { describeAge, describeWait } from '../../wording/dates.ts';
import { describeError, useWords } from '../../wording/words.ts';

/** The one move that usually comes next, or none. */
const nextMove: Readonly<Record<VisitState, VisitState | null>> = {
  planned: 'arrived',
  arrived: 'in-progress',
  triaged: 'in-progress',
  'in-progress': null,
  finished: null,
  cancelled: 'planned',
};

/** A wait that somebody should see. */
const longWaitMs = 45 * 60_000;

/** One visit of the day: press the row to open it, or the button for the usual next step. */
export function QueueItem({ row }: { readonly row: QueueRow }): ReactNode {
  const { t } = useWords();
  const today = useToday();
  const navigation = useNavigation();
  const session = useSession();
  const { patient } = row;
  const open = () => navigation.go({ screen: 'visit', patientId: patient.id, visitId: row.visitId });
  return (
    <li className={`queue-row queue-${row.state}`}>
      <div className="queue-time">
        <span className="figure">{timeAt(row.arrivedAt ?? row.since)}</span>
        <Waiting row={row} />
      </div>
      <button type="button" className="queue-patient row-link" onClick={open}>
        <span className="queue-name">
          <strong>{shortBannerName(patient.name)}</strong>
          <span className="queue-patronymic">{patient.name.patronymic}</span>
        </span>
        <span className="queue-details">
          <span className="figure">{formatDate(patient.birth.date)}</span>
          <span>{describeAge(t, patient.birth, today)}</span>
          {row.reason !== '' && (
            <span className="queue-reason" title={row.reason}>
              {row.reason}
            </span>
          )}
        </span>
      </button>
      <div className="queue-warnings">
        <UrgencyMark urgency={row.urgency} />
        {patient.allergyStatus === 'known' && (
          <span className="chip chip-urgent">
            <Icon name="alert" size={14} />
            {t('allergy.short')}
          </span>
        )}
      </div>
      <div className="queue-marks">
        <StateMark state={row.state} />
        <span className="queue-small">
          {row.room !== null && <span className="caption">{t('queue.room', { room: row.room })}</span>}
          <DeliveryMark delivery={row.delivery} isShort />
        </span>
      </div>
      <div className="queue-act">{caresForPatients(session) && <NextMove row={row} onOpen={open} />}</div>
    </li>
  );
}

function Waiting({ row }: { readonly row: QueueRow }): ReactNode {
  const { t } = useWords();
  const now = useNow();
  if (row.state !== 'arrived' && row.state !== 'triaged') return null;
  const waitedMs = now - (row.arrivedAt ?? row.since);
  return (
    <span className={waitedMs > longWaitMs ? 'queue-wait queue-wait-long' : 'queue-wait'}>
      {describeWait(t, waitedMs)}
    </span>
  );
}

function NextMove({ row, onOpen }: { readonly row: QueueRow; readonly onOpen: () => void }): ReactNode {
  const { t } = useWords();
  const move = useRequest('visits.move');
  const next = nextMove[row.state];
  if (move.error !== null) return <span className="field-error">{describeError(t, move.error)}</span>;
  if (next === null) {
    return (
      <Button size="small" kind="quiet" onClick={onOpen}>
        {t('queue.open')}
      </Button>
    );
  }
  const go = async () => {
    const outcome = await move.send({ id: row.visitId, state: next });
    if (outcome.ok && next === 'in-progress') onOpen();
  };
  return (
    <Button
      size="small"
      kind={next === 'in-progress' ? 'secondary' : 'quiet'}
      isBusy={move.isBusy}
      onClick={() => void go()}
    >
      {t(`queue.move-${next}`)}
    </Button>
  );
}
