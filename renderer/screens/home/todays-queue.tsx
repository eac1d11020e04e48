import { type ReactNode, useState } from 'react';
import { formatDate } from '#clinic/formats.ts';
import type { QueueRow } from '#contracts/bridge/views.ts';
import type { VisitState } from '#contracts/records/visits.ts';
import { useToday } from '../../app/surroundings.tsx';
import { useView } from '../../bridge/hooks.tsx';
import { EmptyState, Notice } from '../../parts/notice.tsx';
import { Segmented } from '../../parts/segmented.tsx';

import { describeError, useWords } from '../../wording/words.ts';
import { QueueItem } from './queue-item.tsx';

const groups = {
  here: ['arrived', 'triaged', 'in-progress'],
  planned: ['planned'],
  finished: ['finished', 'cancelled'],
} as const satisfies Record<string, readonly VisitState[]>;
type Group = keyof typeof groups;
const groupNames = ['here', 'planned', 'finished'] as const satisfies readonly Group[];

const belongsTo = (group: Group, row: QueueRow): boolean =>
  groupNames.find((name) => groups[name].some((state) => state === row.state)) === group;

/** Everybody of the day, in the order they should be seen. */
export function TodaysQueue(): ReactNode {
  const { t } = useWords();
  const today = useToday();
  const queue = useView('queue.day', {});
  const [group, setGroup] = useState<Group>('here');
  const rows = queue.status === 'ready' ? queue.value.rows : [];
  const shown = rows.filter((row) => belongsTo(group, row));
  return (
    <section className="card home-queue" aria-labelledby="queue-title">
      <header className="card-head">
        <h2 id="queue-title">
          {t('queue.title')} <span className="soft figure">{formatDate(today)}</span>
        </h2>
        <Segmented
          name="queue-group"
          label={t('queue.show')}
          isLabelHidden
          size="small"
          value={group}
          onChange={setGroup}
          options={groupNames.map((name) => ({
            value: name,
            label: (
              <>
                {t(`queue.group-${name}`)}
                <span className="segment-count">{rows.filter((row) => belongsTo(name, row)).length}</span>
              </>
            ),
          }))}
        />
      </header>
      {queue.status === 'ended' && <Notice kind="warning" title={describeError(t, queue.error)} />}
      {shown.length > 0 && (
        <ul className="queue-rows">
          {shown.map((row) => (
            <QueueItem key={row.visitId} row={row} />
          ))}
        </ul>
      )}
      {queue.status === 'ready' && shown.length === 0 && (
        <EmptyState icon="users" title={t(`queue.empty-${group}`)}>
          {group === 'here' && <p>{t('queue.empty-words')}</p>}
        </EmptyState>
      )}
    </section>
  );
}
