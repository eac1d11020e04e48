import { type ReactNode, useEffect, useRef, useState } from 'react';
import { canCancel, possibleAnswers } from '#clinic/requests/request-state.ts';
import type { RequestInput } from '#contracts/bridge/requests.ts';
import type { RequestRow } from '#contracts/bridge/views.ts';
import type { RequestEvent } from '#contracts/records/requests.ts';
import { useNavigation } from '../../app/navigation.tsx';
import { useToday } from '../../app/surroundings.tsx';
import { useRequest } from '../../bridge/hooks.tsx';
import { Button } from '../../parts/button.tsx';
import { TextField } from '../../parts/field.tsx';
import { DeliveryMark, UrgencyMark } from '../../parts/marks.tsx';
import { SaveFailure } from '../../parts/save-failure.tsx';
import { describeInstant } from '../../wording/dates.ts';
import { useWords } from '../../wording/words.ts';
import { facilityOf, stateOf, subjectOf } from './request-words.ts';

interface RequestDetailProps {
  readonly row: RequestRow;
  readonly mayCare: boolean;
}

/** One request: why, what has happened, and what can be said to it. */
export function RequestDetail({ row, mayCare }: RequestDetailProps): ReactNode {
  const { t, language } = useWords();
  const navigation = useNavigation();
  const { matter, urgency, events } = row.body;
  useNoteSeen(row, mayCare);
  return (
    <section className="card request-detail" aria-label={subjectOf(t, row)}>
      <header className="card-head">
        <h2>{subjectOf(t, row)}</h2>
        <UrgencyMark urgency={urgency} />
        {row.patient && (
          <Button
            size="small"
            icon="user"
            onClick={() => row.patient && navigation.go({ screen: 'patient', patientId: row.patient.id })}
          >
            {t('request.open-patient')}
          </Button>
        )}
      </header>
      <p className="request-about">
        <strong>{t(`request.kind-${matter.kind}`)}</strong>
        {[facilityOf(t, row, language), matter.kind === 'access' ? t(`access.${matter.ground}`) : null]
          .filter((fact) => fact !== null)
          .map((fact) => ` · ${fact}`)}
      </p>
      <p className="request-reason">{matter.reason}</p>
      <p className="request-marks">
        <span className="chip chip-state">{stateOf(t, row)}</span>
        <DeliveryMark delivery={row.delivery} />
      </p>
      <ol className="request-events" aria-label={t('request.events')}>
        {events.map((event) => (
          <EventLine key={event.id} event={event} />
        ))}
      </ol>
      {mayCare && row.direction === 'incoming' && matter.kind === 'referral' && <Answers row={row} />}
      {mayCare && row.direction === 'outgoing' && canCancel(row.body) && <TakeBack row={row} />}
    </section>
  );
}

/** Opening a referral tells the other facility that somebody looked. */
function useNoteSeen(row: RequestRow, mayCare: boolean): void {
  const { send } = useRequest('requests.answer');
  const isNew =
    mayCare && row.direction === 'incoming' && row.body.matter.kind === 'referral' && row.state === 'sent';
  const noted = useRef(false);
  useEffect(() => {
    if (!isNew || noted.current) return;
    noted.current = true;
    void send({ id: row.id, answer: { kind: 'seen' } });
  }, [isNew, row.id, send]);
}

function EventLine({ event }: { readonly event: RequestEvent }): ReactNode {
  const { t } = useWords();
  const today = useToday();
  const words = wordsOf(event);
  return (
    <li>
      <span className="caption figure">{describeInstant(event.at, today)}</span>
      <span>
        {t(`request.event-${event.kind}`)}
        {words !== null && <q className="request-words">{words}</q>}
      </span>
    </li>
  );
}

function wordsOf(event: RequestEvent): string | null {
  switch (event.kind) {
    case 'accepted':
    case 'declined':
      return event.note ?? null;
    case 'answered':
      return event.text;
    case 'cancelled':
      return event.reason;
    default:
      return null;
  }
}

type Answer = RequestInput<'requests.answer'>['answer'];

function Answers({ row }: { readonly row: RequestRow }): ReactNode {
  const { t } = useWords();
  const answer = useRequest('requests.answer');
  const [words, setWords] = useState('');
  const [isMissing, setMissing] = useState(false);
  const possible = possibleAnswers(row.state);
  if (possible.length === 0) return null;
  const say = async (said: Answer) => {
    if (answer.isBusy) return;
    const outcome = await answer.send({ id: row.id, answer: said });
    if (outcome.ok) setWords('');
  };
  const sayWithWords = (said: (text: string) => Answer) => {
    const text = words.trim();
    setMissing(text === '');
    if (text !== '') void say(said(text));
  };
  const mayDecide = possible.includes('accepted');
  return (
    <div className="request-answers">
      {answer.error && <SaveFailure error={answer.error} />}
      <TextField
        id={`answer-${row.id}`}
        label={t('request.words')}
        maxLength={1000}
        value={words}
        error={isMissing && words.trim() === '' ? t('request.words-missing') : undefined}
        onChange={(event) => setWords(event.target.value)}
      />
      <div className="request-buttons">
        {mayDecide && (
          <>
            <Button
              kind="primary"
              icon="check"
              isBusy={answer.isBusy}
              onClick={() =>
                void say(
                  words.trim() === '' ? { kind: 'accepted' } : { kind: 'accepted', note: words.trim() },
                )
              }
            >
              {t('request.accept')}
            </Button>
            <Button icon="close" onClick={() => sayWithWords((note) => ({ kind: 'declined', note }))}>
              {t('request.decline')}
            </Button>
          </>
        )}
        {!mayDecide && possible.includes('attended') && (
          <Button icon="user" onClick={() => void say({ kind: 'attended' })}>
            {t('request.attended')}
          </Button>
        )}
        {!mayDecide && (
          <Button
            kind="primary"
            icon="bubble"
            isBusy={answer.isBusy}
            onClick={() => sayWithWords((text) => ({ kind: 'answered', text }))}
          >
            {t('request.answer')}
          </Button>
        )}
      </div>
    </div>
  );
}

function TakeBack({ row }: { readonly row: RequestRow }): ReactNode {
  const { t } = useWords();
  const cancel = useRequest('requests.cancel');
  const [isAsked, setAsked] = useState(false);
  const [reason, setReason] = useState('');
  const [isMissing, setMissing] = useState(false);
  const confirm = () => {
    setMissing(reason.trim() === '');
    if (reason.trim() !== '' && !cancel.isBusy) void cancel.send({ id: row.id, reason: reason.trim() });
  };
  if (!isAsked) {
    return (
      <div className="request-buttons">
        <Button icon="undo" onClick={() => setAsked(true)}>
          {t('request.cancel')}
        </Button>
      </div>
    );
  }
  return (
    <div className="request-answers">
      {cancel.error && <SaveFailure error={cancel.error} />}
      <TextField
        id={`cancel-${row.id}`}
        label={t('field.reason')}
        maxLength={200}
        value={reason}
        error={isMissing && reason.trim() === '' ? t('send.reason-missing') : undefined}
        onChange={(event) => setReason(event.target.value)}
      />
      <div className="request-buttons">
        <Button kind="danger" icon="undo" isBusy={cancel.isBusy} onClick={confirm}>
          {t('request.cancel')}
        </Button>
        <Button onClick={() => setAsked(false)}>{t('action.cancel')}</Button>
      </div>
    </div>
  );
}
