import type { ReactNode } from 'react';
import { isOpenReview } from '#clinic/reviews/review-decisions.ts';
import type { RequestInput } from '#contracts/bridge/requests.ts';
import type { ReviewRow } from '#contracts/bridge/views.ts';
import { caresForPatients, useSession } from '../../app/session.tsx';
import { useToday } from '../../app/surroundings.tsx';
import { useRequest } from '../../bridge/hooks.tsx';
import { Button } from '../../parts/button.tsx';
import { Notice } from '../../parts/notice.tsx';
import { bannerName, birthAndAge } from '../../parts/patient-words.ts';
import { describeError, useWords } from '../../wording/words.ts';
import { ConflictDetail } from './conflict-detail.tsx';
import { personAndTime } from './field-words.ts';
import { PairDetail } from './pair-detail.tsx';

type Settlement = Omit<RequestInput<'reviews.settle'>, 'id'>;

interface ReviewDetailProps {
  readonly row: ReviewRow;
  readonly onSettled: (row: ReviewRow) => void;
}

/** One question with its readable difference and its answers; of a settled one who decided what, and the way back. */
export function ReviewDetail({ row, onSettled }: ReviewDetailProps): ReactNode {
  const { t } = useWords();
  const session = useSession();
  const today = useToday();
  const settle = useRequest('reviews.settle');
  const { question } = row.body;
  const mayAnswer = caresForPatients(session);
  const send = (settlement: Settlement) =>
    void settle.send({ id: row.id, ...settlement }).then((outcome) => {
      if (outcome.ok) onSettled(row);
    });
  const onSettle = mayAnswer && isOpenRow(row) ? send : null;
  const detail = { row, isBusy: settle.isBusy, onSettle };
  return (
    <section className="card review-detail" aria-labelledby="review-question">
      <header className="card-head">
        <h2 id="review-question">{t(`review.question-${question.kind}`)}</h2>
        {row.patient && (
          <p className="review-patient">
            <strong>{bannerName(row.patient.name)}</strong>{' '}
            <span className="soft figure">{birthAndAge(t, row.patient.birth, today)}</span>
          </p>
        )}
      </header>
      <Decided row={row} />
      {question.kind === 'conflict' ? (
        <ConflictDetail {...detail} />
      ) : (
        <PairDetail {...detail} otherId={question.other} />
      )}
      {settle.error && <Notice kind="danger" title={describeError(t, settle.error)} isUrgent />}
      {!mayAnswer && <Notice kind="info" title={t('error.access.forbidden')} />}
      {mayAnswer && !isOpenRow(row) && row.counting !== null && (
        <TakeBack isBusy={settle.isBusy} changes={row.counting.id} onTakeBack={send} />
      )}
    </section>
  );
}

/** Whether a person still has to decide. */
export const isOpenRow = ({ body }: ReviewRow): boolean => isOpenReview(body);

interface TakeBackProps {
  readonly isBusy: boolean;
  readonly changes: string;
  readonly onTakeBack: (settlement: Settlement) => void;
}

function TakeBack({ isBusy, changes, onTakeBack }: TakeBackProps): ReactNode {
  const { t } = useWords();
  return (
    <footer className="answer-foot">
      <Button icon="undo" isBusy={isBusy} onClick={() => onTakeBack({ choice: 'taken-back', changes })}>
        {t('review.take-back')}
      </Button>
      <p className="answer-follows">{t('review.take-back-follows')}</p>
    </footer>
  );
}

/** Who decided what, the decision that counts first; the others were made without knowing of it. */
function Decided({ row }: { readonly row: ReviewRow }): ReactNode {
  const { t } = useWords();
  const today = useToday();
  if (row.counting === null) return null;
  const decisions = [row.counting, ...row.passedOver];
  return (
    <ul className="decisions">
      {decisions.map((decision, at) => {
        const person = row.people.find(({ id }) => id === decision.by) ?? null;
        const words = personAndTime(person, decision.at, today) ?? '';
        return (
          <li key={decision.id} className={at === 0 ? 'decision' : 'decision soft'}>
            <strong>{t(`review.choice-${decision.choice}`)}</strong>
            <span className="caption">
              {[words, decision.reason, at > 0 && t('review.passed-over')].filter(Boolean).join(' · ')}
            </span>
          </li>
        );
      })}
    </ul>
  );
}
