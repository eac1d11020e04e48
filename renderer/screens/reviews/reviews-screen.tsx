import { type ReactNode, useState } from 'react';
import type { ReviewRow } from '#contracts/bridge/views.ts';
import { useShortcuts } from '../../app/shortcuts.ts';
import { useToday } from '../../app/surroundings.tsx';
import { useView } from '../../bridge/hooks.tsx';
import { Icon } from '../../parts/icons.tsx';
import { EmptyState, Notice } from '../../parts/notice.tsx';
import { plainName } from '../../parts/patient-words.ts';
import { ScreenHead } from '../../parts/screen-head.tsx';
import { describeInstant } from '../../wording/dates.ts';
import { describeError, useWords } from '../../wording/words.ts';
import { ReviewDetail } from './review-detail.tsx';
import './reviews.css';

/** Where two people wrote differently, or one citizen may be here twice: a person decides. */
export function ReviewsScreen(): ReactNode {
  const { t } = useWords();
  const reviews = useView('reviews.open', {});
  const rows = reviews.status === 'ready' ? reviews.value : [];
  const [chosenId, setChosenId] = useState<string | null>(null);
  const chosenAt = Math.max(
    0,
    rows.findIndex((row) => row.id === chosenId),
  );
  const chosen = rows[chosenAt];
  const step = (by: number) => setChosenId(rows[(chosenAt + by + rows.length) % rows.length]?.id ?? null);
  useShortcuts(rows.length > 1 ? { ArrowDown: () => step(1), ArrowUp: () => step(-1) } : {});

  return (
    <div className="screen">
      <ScreenHead title={t('reviews.title')} words={t('reviews.words')} />
      {reviews.status === 'ended' && <Notice kind="warning" title={describeError(t, reviews.error)} />}
      {reviews.status === 'ready' && chosen === undefined && (
        <section className="card">
          <EmptyState icon="check-circle" title={t('reviews.none')}>
            <p>{t('reviews.none-words')}</p>
          </EmptyState>
        </section>
      )}
      {chosen !== undefined && (
        <div className="review-columns">
          <ul className="card review-list" aria-label={t('reviews.title')}>
            {rows.map((row) => (
              <ReviewItem
                key={row.id}
                row={row}
                isChosen={row === chosen}
                onChoose={() => setChosenId(row.id)}
              />
            ))}
          </ul>
          <ReviewDetail key={chosen.id} row={chosen} />
        </div>
      )}
    </div>
  );
}

interface ReviewItemProps {
  readonly row: ReviewRow;
  readonly isChosen: boolean;
  readonly onChoose: () => void;
}

function ReviewItem({ row, isChosen, onChoose }: ReviewItemProps): ReactNode {
  const { t } = useWords();
  const today = useToday();
  const { question } = row.body;
  return (
    <li>
      <button
        type="button"
        className="review-item row-link"
        aria-current={isChosen || undefined}
        onClick={onChoose}
      >
        <Icon name={question.kind === 'conflict' ? 'swap' : 'users'} />
        <span className="row-words">
          <span className="row-title">
            {row.patient ? plainName(row.patient.name) : t(`collection.${row.body.subject.collection}`)}
          </span>
          <span className="caption">
            {t(`review.kind-${question.kind}`)} · {describeInstant(row.capturedAt, today)}
          </span>
        </span>
      </button>
    </li>
  );
}
