import type { ReactNode } from 'react';
import type { RequestInput } from '#contracts/bridge/requests.ts';
import type { Person, ReviewRow } from '#contracts/bridge/views.ts';
import { useNavigation } from '../../app/navigation.tsx';
import { caresForPatients, useSession } from '../../app/session.tsx';
import { useShortcuts } from '../../app/shortcuts.ts';
import { useToday } from '../../app/surroundings.tsx';
import { useRequest, useView } from '../../bridge/hooks.tsx';
import { Button, Keys } from '../../parts/button.tsx';
import { Notice } from '../../parts/notice.tsx';
import { bannerName, birthAndAge, formatPinfl } from '../../parts/patient-words.ts';
import { describeError, useWords } from '../../wording/words.ts';
import { describeField } from './field-words.ts';

type Choice = RequestInput<'reviews.settle'>['choice'];

/** One question with its readable difference, and the two answers under the keys 1 and 2. */
export function ReviewDetail({ row }: { readonly row: ReviewRow }): ReactNode {
  const { t } = useWords();
  const session = useSession();
  const settle = useRequest('reviews.settle');
  const { question } = row.body;
  const answers: readonly [Choice, Choice] =
    question.kind === 'conflict' ? ['theirs', 'mine'] : ['same', 'different'];
  const maySettle = caresForPatients(session);
  const answer = (choice: Choice) => void settle.send({ id: row.id, choice });
  useShortcuts(
    maySettle && !settle.isBusy ? { '1': () => answer(answers[0]), '2': () => answer(answers[1]) } : {},
  );

  return (
    <section className="card review-detail" aria-labelledby="review-question">
      <header className="card-head">
        <h2 id="review-question">{t(`review.question-${question.kind}`)}</h2>
      </header>
      {row.patient && (
        <p className="review-patient">
          <strong>{bannerName(row.patient.name)}</strong> <PatientLine row={row} />
        </p>
      )}
      {question.kind === 'conflict' ? <Difference row={row} /> : <Pair row={row} otherId={question.other} />}
      {settle.error && <Notice kind="danger" title={describeError(t, settle.error)} isUrgent />}
      {maySettle ? (
        <footer className="review-answers">
          {answers.map((choice, at) => (
            <Button
              key={choice}
              kind={at === 0 && question.kind === 'conflict' ? 'primary' : 'secondary'}
              keys={String(at + 1)}
              isBusy={settle.isBusy}
              onClick={() => answer(choice)}
            >
              {t(`review.choice-${choice}`)}
            </Button>
          ))}
          <p className="caption">
            <Keys keys="↑ ↓" /> {t('review.keys')}
          </p>
        </footer>
      ) : (
        <Notice kind="info" title={t('error.access.forbidden')} />
      )}
    </section>
  );
}

function PatientLine({ row }: { readonly row: ReviewRow }): ReactNode {
  const { t } = useWords();
  const today = useToday();
  return row.patient && <span className="soft figure">{birthAndAge(t, row.patient.birth, today)}</span>;
}

function Difference({ row }: { readonly row: ReviewRow }): ReactNode {
  const { t, language } = useWords();
  return (
    <table className="difference">
      <thead>
        <tr>
          <th scope="col">{t('review.field')}</th>
          <th scope="col">{t('review.before')}</th>
          <th scope="col">
            {t('review.theirs')}
            <Author person={row.theirsAuthor} />
          </th>
          <th scope="col">
            {t('review.mine')}
            <Author person={row.mineAuthor} />
          </th>
        </tr>
      </thead>
      <tbody>
        {row.fields.map((field) => (
          <tr key={`${field.field} ${field.itemId ?? ''}`}>
            <th scope="row">{t(`field.${field.field}`)}</th>
            <td className="soft">{describeField(field, 'base', t, language)}</td>
            <td className="difference-value">{describeField(field, 'theirs', t, language)}</td>
            <td className="difference-value">{describeField(field, 'mine', t, language)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const Author = ({ person }: { readonly person: Person | null }): ReactNode =>
  person && <span className="caption difference-author">{person.name}</span>;

/** Two patients side by side, by what tells people apart. */
function Pair({ row, otherId }: { readonly row: ReviewRow; readonly otherId: ReviewRow['id'] }): ReactNode {
  const { t } = useWords();
  const today = useToday();
  const navigation = useNavigation();
  const { id } = row.body.subject;
  const first = useView('patients.record', { id });
  const second = useView('patients.record', { id: otherId });
  return (
    <div className="pair">
      {[first, second].map((view, at) => {
        const record = view.status === 'ready' ? view.value : null;
        if (record === null)
          return (
            <div key={at === 0 ? id : otherId} className="pair-side" aria-busy={view.status === 'loading'} />
          );
        return (
          <div key={record.id} className="pair-side">
            <p className="row-title">{bannerName(record.body.name)}</p>
            <p className="figure">{birthAndAge(t, record.body.birth, today)}</p>
            <p>{t(`sex.${record.body.sex}`)}</p>
            <p className="figure">
              {record.body.pinfl ? formatPinfl(record.body.pinfl) : t('pinfl.unknown')}
            </p>
            <p>{record.mahallaName ?? t('mahalla.unknown')}</p>
            <p className="soft">{t('patient.visit-count', { count: record.visits.length })}</p>
            <Button
              size="small"
              kind="quiet"
              onClick={() => navigation.go({ screen: 'patient', patientId: record.id })}
            >
              {t('queue.open')}
            </Button>
          </div>
        );
      })}
    </div>
  );
}
