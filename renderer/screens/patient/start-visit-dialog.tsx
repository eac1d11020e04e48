import { type FormEvent, type ReactNode, useRef, useState } from 'react';
import type { PatientRecord } from '#contracts/bridge/views.ts';
import { type Urgency, urgencies } from '#contracts/records/visits.ts';
import { useNavigation } from '../../app/navigation.tsx';
import { useRequest } from '../../bridge/hooks.tsx';
import { Button } from '../../parts/button.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { TextField } from '../../parts/field.tsx';
import { Notice } from '../../parts/notice.tsx';
import { plainName } from '../../parts/patient-words.ts';
import { Segmented } from '../../parts/segmented.tsx';
import { describeError, useWords } from '../../wording/words.ts';

const commonReasons = ['pressure', 'fever', 'cough', 'pregnancy', 'child', 'injection'] as const;

/** Puts the patient into today's queue. Everything is set to the usual: the second press is enough. */
export function StartVisitDialog({
  record,
  onClose,
}: {
  readonly record: PatientRecord;
  readonly onClose: () => void;
}): ReactNode {
  const { t } = useWords();
  const navigation = useNavigation();
  const start = useRequest('visits.start');
  const [reason, setReason] = useState('');
  const [urgency, setUrgency] = useState<Urgency>('routine');
  const [state, setState] = useState<'planned' | 'arrived'>('arrived');
  const [room, setRoom] = useState('');
  const submitButton = useRef<HTMLButtonElement>(null);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const outcome = await start.send({
      patientId: record.id,
      reason: reason.trim(),
      urgency,
      state,
      ...(room.trim() === '' ? {} : { room: room.trim() }),
    });
    if (!outcome.ok) return;
    onClose();
    if (state === 'arrived')
      navigation.go({ screen: 'visit', patientId: record.id, visitId: outcome.value.id });
  };

  return (
    <Dialog title={t('visit.start-title')} onClose={onClose} initialFocus={submitButton}>
      <form className="start-visit" onSubmit={(event) => void submit(event)} noValidate>
        <p className="dialog-patient">{plainName(record.body.name)}</p>
        {start.error && <Notice kind="danger" title={describeError(t, start.error)} isUrgent />}
        <TextField
          id="visit-reason"
          label={t('visit.reason')}
          optional={t('field.optional')}
          maxLength={300}
          value={reason}
          onChange={(event) => setReason(event.target.value)}
        />
        <div className="quick-words">
          {commonReasons.map((each) => (
            <button
              key={each}
              type="button"
              className="quick-word"
              onClick={() => setReason(t(`reason.${each}`))}
            >
              {t(`reason.${each}`)}
            </button>
          ))}
        </div>
        <Segmented
          name="urgency"
          label={t('visit.urgency')}
          value={urgency}
          onChange={setUrgency}
          options={urgencies.map((each) => ({ value: each, label: t(`urgency.${each}`) }))}
        />
        <div className="start-visit-row">
          <Segmented
            name="queue-state"
            label={t('visit.queue-state')}
            value={state}
            onChange={setState}
            options={[
              { value: 'arrived', label: t('visit-state.arrived') },
              { value: 'planned', label: t('visit-state.planned') },
            ]}
          />
          <TextField
            id="visit-room"
            label={t('visit.room')}
            maxLength={20}
            value={room}
            onChange={(event) => setRoom(event.target.value)}
          />
        </div>
        <footer className="dialog-foot">
          <Button onClick={onClose}>{t('action.cancel')}</Button>
          <Button kind="primary" type="submit" icon="check" isBusy={start.isBusy} ref={submitButton}>
            {t('visit.put-in-queue')}
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}
