import { type FormEvent, type ReactNode, useState } from 'react';
import type { FacilityHit, PatientRecord } from '#contracts/bridge/views.ts';
import { type Urgency, urgencies } from '#contracts/records/visits.ts';
import { useRequest } from '../../bridge/hooks.tsx';
import { Button } from '../../parts/button.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { TextField } from '../../parts/field.tsx';
import { plainName } from '../../parts/patient-words.ts';
import { SaveFailure } from '../../parts/save-failure.tsx';
import { Segmented } from '../../parts/segmented.tsx';
import { useWords } from '../../wording/words.ts';
import { FacilityField } from './facility-field.tsx';
import './requests.css';

interface SendDialogProps {
  readonly record: PatientRecord;
  readonly onClose: () => void;
  /** The patient belongs to this facility, which alone may give the patient over. */
  readonly mayMove: boolean;
}

const kinds = ['referral', 'move'] as const;

/** Sends the patient to another facility: for a while, or for good. The records follow by themselves. */
export function SendDialog({ record, onClose, mayMove }: SendDialogProps): ReactNode {
  const { t } = useWords();
  const refer = useRequest('requests.refer');
  const move = useRequest('requests.move-patient');
  const [kind, setKind] = useState<(typeof kinds)[number]>('referral');
  const [facility, setFacility] = useState<FacilityHit | null>(null);
  const [reason, setReason] = useState('');
  const [urgency, setUrgency] = useState<Urgency>('routine');
  const [wasTried, setTried] = useState(false);
  const active = kind === 'referral' ? refer : move;

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (facility === null || reason.trim() === '' || active.isBusy) return;
    const order = { patientId: record.id, to: facility.code, reason: reason.trim() };
    const outcome = await (kind === 'referral' ? refer.send({ ...order, urgency }) : move.send(order));
    if (outcome.ok) onClose();
  };

  return (
    <Dialog title={t('send.title')} onClose={onClose}>
      <form className="request-form" onSubmit={(event) => void submit(event)} noValidate>
        <p className="dialog-patient">{plainName(record.body.name)}</p>
        {active.error && <SaveFailure error={active.error} />}
        {mayMove && (
          <Segmented
            name="send-kind"
            label={t('send.kind')}
            value={kind}
            onChange={setKind}
            options={kinds.map((each) => ({ value: each, label: t(`request.kind-${each}`) }))}
          />
        )}
        <p className="soft">{t(`send.words-${kind}`)}</p>
        <FacilityField
          chosen={facility}
          onChoose={setFacility}
          error={wasTried && facility === null ? t('send.facility-missing') : undefined}
        />
        <TextField
          id="send-reason"
          label={t('field.reason')}
          maxLength={kind === 'referral' ? 2000 : 500}
          value={reason}
          error={wasTried && reason.trim() === '' ? t('send.reason-missing') : undefined}
          onChange={(event) => setReason(event.target.value)}
        />
        {kind === 'referral' && (
          <Segmented
            name="send-urgency"
            label={t('visit.urgency')}
            value={urgency}
            onChange={setUrgency}
            options={urgencies.map((each) => ({ value: each, label: t(`urgency.${each}`) }))}
          />
        )}
        <footer className="dialog-foot">
          <Button onClick={onClose}>{t('action.cancel')}</Button>
          <Button kind="primary" type="submit" icon="arrow-right" isBusy={active.isBusy}>
            {t(`send.submit-${kind}`)}
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}
