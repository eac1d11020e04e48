import { type ReactNode, useState } from 'react';
import { dayAt } from '#clinic/clinic-day.ts';
import { formatDate } from '#clinic/formats.ts';
import type { PatientRecord } from '#contracts/bridge/views.ts';
import type { RecordId } from '#contracts/ids.ts';
import { useRequest, useView } from '../../bridge/hooks.tsx';
import { Button } from '../../parts/button.tsx';
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx';
import { TextField } from '../../parts/field.tsx';
import { Notice } from '../../parts/notice.tsx';
import { SaveFailure } from '../../parts/save-failure.tsx';
import { useWords } from '../../wording/words.ts';

interface HomeNoticeProps {
  readonly patientId: RecordId;
  readonly home: NonNullable<PatientRecord['home']>;
  readonly mayWrite: boolean;
}

/** Says that the patient belongs to another facility, and until when the records stay here. */
export function HomeNotice({ patientId, home, mayWrite }: HomeNoticeProps): ReactNode {
  const { t, language } = useWords();
  const [isAsking, setAsking] = useState(false);
  const facility = home.facility.name[language];
  return (
    <>
      <Notice
        kind="info"
        title={
          home.until === null
            ? t('home-facility.for-good', { facility })
            : t('home-facility.until', { facility, date: formatDate(dayAt(home.until)) })
        }
        actions={
          mayWrite && (
            <Button size="small" icon="swap" onClick={() => setAsking(true)}>
              {t('take-over.open')}
            </Button>
          )
        }
      />
      {isAsking && <TakeOverDialog patientId={patientId} onClose={() => setAsking(false)} />}
    </>
  );
}

/** The patient moved here: from now on this facility is home. */
function TakeOverDialog({
  patientId,
  onClose,
}: {
  readonly patientId: RecordId;
  readonly onClose: () => void;
}): ReactNode {
  const { t } = useWords();
  const workstation = useView('workstation.state', {});
  const move = useRequest('requests.move-patient');
  const [reason, setReason] = useState('');
  const [wasTried, setTried] = useState(false);
  const confirm = async () => {
    setTried(true);
    const here = workstation.status === 'ready' ? workstation.value.facility : null;
    if (reason.trim() === '' || here === null) return;
    const outcome = await move.send({ patientId, to: here.code, reason: reason.trim() });
    if (outcome.ok) onClose();
  };
  return (
    <ConfirmDialog
      title={t('take-over.open')}
      words={t('take-over.words')}
      confirm={t('take-over.submit')}
      isBusy={move.isBusy}
      onConfirm={() => void confirm()}
      onClose={onClose}
    >
      <TextField
        id="take-over-reason"
        label={t('field.reason')}
        maxLength={500}
        value={reason}
        error={wasTried && reason.trim() === '' ? t('send.reason-missing') : undefined}
        onChange={(event) => setReason(event.target.value)}
      />
      {move.error && <SaveFailure error={move.error} />}
    </ConfirmDialog>
  );
}
