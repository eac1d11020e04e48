import { type ReactNode, useState } from 'react';
import type { ReviewRow } from '#contracts/bridge/views.ts';
import { useShortcuts } from '../../app/shortcuts.ts';
import { useToday } from '../../app/surroundings.tsx';
import { useRequest, useView } from '../../bridge/hooks.tsx';
import { Button } from '../../parts/button.tsx';
import { Icon } from '../../parts/icons.tsx';
import { EmptyState, Notice } from '../../parts/notice.tsx';
import { plainName } from '../../parts/patient-words.ts';
import { ScreenHead } from '../../parts/screen-head.tsx';
import { describeInstant } from '../../wording/dates.ts';
import { describeError, type Translate, useWords } from '../../wording/words.ts';
import { isOpenRow, ReviewDetail } from './review-detail.tsx';
import './reviews.css';
import './difference.css';

/** Where two people wrote differently, or one citizen may be here twice: a person decides, and can take it back. */
export function ReviewsScreen(): ReactNode {
  const { t } = useWords();
  const reviews = useView('reviews.open', {});
  const rows = reviews.status === 'ready' ? reviews.value : [];
  const open = rows.filter(isOpenRow);
  const settled = rows.filter((row) => !isOpenRow(row));
  const [chosenId, setChosenId] = useState<string | null>(null);
  const [justSettled, setJustSettled] = useState<string | null>(null);
  const chosen = rows.find((row) => row.id === chosenId) ?? open[0];
  const choose = (id: string | null) => {
    setChosenId(id);
    setJustSettled(null);
  };
  const step = (by: number) => {
    const at = chosen === undefined ? -1 : rows.indexOf(chosen);
    const next = rows[(at + by + rows.length) % rows.length];
    choose(next?.id ?? null);
    // The list keeps the focus: a screen reader says where one is, and Tab goes on into the question.
    if (next !== undefined) document.getElementById(`review-${next.id}`)?.focus();
  };
  useShortcuts(rows.length > 1 ? { ArrowDown: () => step(1), ArrowUp: () => step(-1) } : {});
  const next = (row: ReviewRow) => {
    setJustSettled(isOpenRow(row) ? row.id : null);
    setChosenId(isOpenRow(row) ? null : row.id);
  };

  return (
    <div className="screen">
      <ScreenHead title={t('reviews.title')} words={t('reviews.words')} />
      {reviews.status === 'ended' && <Notice kind="warning" title={describeError(t, reviews.error)} />}
      <JustSettled row={settled.find((row) => row.id === justSettled)} onTakenBack={choose} />
      {reviews.status === 'ready' && open.length === 0 && (
        <section className="card">
          <EmptyState icon="check-circle" title={t('reviews.none')}>
            <p>{t('reviews.none-words')}</p>
          </EmptyState>
        </section>
      )}
      {rows.length > 0 && (
        <div className="review-columns">
          <div className="review-lists">
            {open.length > 0 && (
              <ReviewList title={t('reviews.title')} rows={open} chosen={chosen} onChoose={choose} />
            )}
            {settled.length > 0 && (
              <>
                <h2 className="group-title">{t('reviews.settled')}</h2>
                <ReviewList title={t('reviews.settled')} rows={settled} chosen={chosen} onChoose={choose} />
              </>
            )}
          </div>
          {chosen !== undefined && <ReviewDetail key={chosen.id} row={chosen} onSettled={next} />}
        </div>
      )}
    </div>
  );
}

interface JustSettledProps {
  readonly row: ReviewRow | undefined;
  readonly onTakenBack: (id: string) => void;
}

/** Says what was just decided, with the way back under one key. */
function JustSettled({ row, onTakenBack }: JustSettledProps): ReactNode {
  const { t } = useWords();
  const settle = useRequest('reviews.settle');
  const counting = row?.counting;
  const takeBack = () => {
    if (row === undefined || !counting || settle.isBusy) return;
    void settle
      .send({ id: row.id, choice: 'taken-back', changes: counting.id })
      .then((outcome) => outcome.ok && onTakenBack(row.id));
  };
  useShortcuts(row === undefined ? {} : { 'Ctrl+z': takeBack });
  if (row === undefined || !counting) return null;
  return (
    <>
      <Notice
        kind="good"
        title={t('reviews.just-settled', {
          name: nameOf(row, t),
          choice: t(`review.choice-${counting.choice}`),
        })}
        actions={
          <Button size="small" icon="undo" keys="Ctrl Z" isBusy={settle.isBusy} onClick={takeBack}>
            {t('review.take-back')}
          </Button>
        }
      />
      {settle.error && <Notice kind="danger" title={describeError(t, settle.error)} isUrgent />}
    </>
  );
}

interface ReviewListProps {
  readonly title: string;
  readonly rows: readonly ReviewRow[];
  readonly chosen: ReviewRow | undefined;
  readonly onChoose: (id: string) => void;
}

function ReviewList({ title, rows, chosen, onChoose }: ReviewListProps): ReactNode {
  return (
    <ul className="card review-list" aria-label={title}>
      {rows.map((row) => (
        <ReviewItem key={row.id} row={row} isChosen={row === chosen} onChoose={() => onChoose(row.id)} />
      ))}
    </ul>
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
  const isOpen = isOpenRow(row);
  const what = row.fields.map(({ field }) => t(`field.${field}`));
  return (
    <li>
      <button
        type="button"
        id={`review-${row.id}`}
        className={isOpen ? 'review-item row-link' : 'review-item review-settled row-link'}
        aria-current={isChosen || undefined}
        onClick={onChoose}
      >
        <Icon name={isOpen ? (question.kind === 'conflict' ? 'swap' : 'users') : 'check'} />
        <span className="row-words">
          <span className="row-title">{nameOf(row, t)}</span>
          <span className="caption">
            {[
              what.length > 0 ? [...new Set(what)].join(', ') : t(`review.kind-${question.kind}`),
              describeInstant(isOpen ? row.capturedAt : (row.counting?.at ?? row.capturedAt), today),
            ].join(' · ')}
          </span>
        </span>
      </button>
    </li>
  );
}

const nameOf = (row: ReviewRow, t: Translate): string =>
  row.patient ? plainName(row.patient.name) : t(`collection.${row.body.subject.collection}`);
