import { type ReactNode, useState } from 'react';
import type { RequestRow } from '#contracts/bridge/views.ts';
import { caresForPatients, useSession } from '../../app/session.tsx';
import { useShortcuts } from '../../app/shortcuts.ts';
import { useToday } from '../../app/surroundings.tsx';
import { useView } from '../../bridge/hooks.tsx';
import { Button } from '../../parts/button.tsx';
import { Icon, type IconName } from '../../parts/icons.tsx';
import { UrgencyMark } from '../../parts/marks.tsx';
import { EmptyState, Notice } from '../../parts/notice.tsx';
import { ScreenHead } from '../../parts/screen-head.tsx';
import { describeInstant } from '../../wording/dates.ts';
import { describeError, useWords } from '../../wording/words.ts';
import { AskAccessDialog } from './ask-access-dialog.tsx';
import { RequestDetail } from './request-detail.tsx';
import { facilityOf, isWaitingForUs, stateOf, subjectOf } from './request-words.ts';
import './requests.css';

/** What goes between this facility and others: referrals, records asked for, patients who moved. */
export function RequestsScreen(): ReactNode {
  const { t } = useWords();
  const mayCare = caresForPatients(useSession());
  const view = useView('requests.open', {});
  const rows = view.status === 'ready' ? [...view.value].sort(waitingFirst) : [];
  const [chosenId, setChosenId] = useState<string | null>(null);
  const [isAsking, setAsking] = useState(false);
  const chosen = rows.find((row) => row.id === chosenId) ?? rows[0];
  const step = (by: number) => {
    const at = chosen === undefined ? -1 : rows.indexOf(chosen);
    const next = rows[(at + by + rows.length) % rows.length];
    setChosenId(next?.id ?? null);
    if (next !== undefined) document.getElementById(`request-${next.id}`)?.focus();
  };
  useShortcuts(rows.length > 1 && !isAsking ? { ArrowDown: () => step(1), ArrowUp: () => step(-1) } : {});

  return (
    <div className="screen">
      <ScreenHead title={t('requests.title')} words={t('requests.words')}>
        {mayCare && (
          <Button kind="primary" icon="plus" onClick={() => setAsking(true)}>
            {t('access.title')}
          </Button>
        )}
      </ScreenHead>
      {view.status === 'ended' && <Notice kind="warning" title={describeError(t, view.error)} />}
      {view.status === 'ready' && rows.length === 0 && (
        <section className="card">
          <EmptyState icon="inbox" title={t('requests.none')}>
            <p>{t('requests.none-words')}</p>
          </EmptyState>
        </section>
      )}
      {rows.length > 0 && (
        <div className="request-columns">
          <ul className="card request-list" aria-label={t('requests.title')}>
            {rows.map((row) => (
              <RequestItem
                key={row.id}
                row={row}
                isChosen={row === chosen}
                onChoose={() => setChosenId(row.id)}
              />
            ))}
          </ul>
          {chosen !== undefined && <RequestDetail key={chosen.id} row={chosen} mayCare={mayCare} />}
        </div>
      )}
      {isAsking && <AskAccessDialog onClose={() => setAsking(false)} onAsked={setChosenId} />}
    </div>
  );
}

const waitingFirst = (one: RequestRow, other: RequestRow): number =>
  Number(isWaitingForUs(other)) - Number(isWaitingForUs(one));

const icons = { referral: 'arrow-right', access: 'key', move: 'swap' } as const satisfies Record<
  RequestRow['body']['matter']['kind'],
  IconName
>;

interface RequestItemProps {
  readonly row: RequestRow;
  readonly isChosen: boolean;
  readonly onChoose: () => void;
}

function RequestItem({ row, isChosen, onChoose }: RequestItemProps): ReactNode {
  const { t, language } = useWords();
  const today = useToday();
  const { matter } = row.body;
  const facts = [
    t(`request.kind-${matter.kind}`),
    facilityOf(t, row, language),
    describeInstant(row.madeAt, today),
  ];
  return (
    <li>
      <button
        type="button"
        id={`request-${row.id}`}
        className={isWaitingForUs(row) ? 'request-item request-waiting row-link' : 'request-item row-link'}
        aria-current={isChosen || undefined}
        onClick={onChoose}
      >
        <Icon name={icons[matter.kind]} />
        <span className="row-words">
          <span className="row-title">{subjectOf(t, row)}</span>
          <span className="caption">{facts.filter((fact) => fact !== null).join(' · ')}</span>
          <span className="request-marks">
            <UrgencyMark urgency={row.body.urgency} />
            <span className="chip chip-state">{stateOf(t, row)}</span>
          </span>
        </span>
      </button>
    </li>
  );
}
