import { type ReactNode, useState } from 'react';
import type { PersonAccess } from '#contracts/bridge/access.ts';
import { useLocking } from '../../app/locking.tsx';
import { useRequest } from '../../bridge/hooks.tsx';
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx';
import { TextField } from '../../parts/field.tsx';
import { Notice } from '../../parts/notice.tsx';
import { describeError, useWords } from '../../wording/words.ts';

interface RemovePersonDialogProps {
  readonly person: PersonAccess;
  readonly onClose: () => void;
}

/** Takes everything that opens from a person; what she wrote stays. */
export function RemovePersonDialog({ person, onClose }: RemovePersonDialogProps): ReactNode {
  const { t } = useWords();
  const remove = useRequest('staff.remove');
  const locking = useLocking();
  const [reason, setReason] = useState('');
  const [wasTried, setTried] = useState(false);
  const confirm = async () => {
    setTried(true);
    if (reason.trim() === '') return;
    locking.awaitRenewal(true);
    const outcome = await remove.send({ person: person.id, reason: reason.trim() });
    if (outcome.ok) onClose();
    else locking.awaitRenewal(false);
  };
  return (
    <ConfirmDialog
      title={t('remove-person.title', { person: person.name })}
      words={t('remove-person.words', { person: person.name })}
      confirm={t('staff.remove')}
      isBusy={remove.isBusy}
      onConfirm={() => void confirm()}
      onClose={onClose}
    >
      <p>{t('remove-key.rotation')}</p>
      <TextField
        id="remove-person-reason"
        label={t('field.reason')}
        maxLength={200}
        value={reason}
        error={wasTried && reason.trim() === '' ? t('remove-person.reason-missing') : undefined}
        onChange={(event) => setReason(event.target.value)}
      />
      {remove.error && <Notice kind="danger" title={describeError(t, remove.error)} isUrgent />}
    </ConfirmDialog>
  );
}
