import { type ReactNode, useState } from 'react';
import type { PatientRecord } from '#contracts/bridge/views.ts';
import { useRequest } from '../../bridge/hooks.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { SaveFailure } from '../../parts/save-failure.tsx';
import { useWords } from '../../wording/words.ts';
import { fieldsOf } from '../registration/registration-fields.ts';
import { RegistrationForm } from '../registration/registration-form.tsx';

/** Changes identity and contacts of the record as it was when the dialog opened. */
export function AmendDialog({
  record,
  onClose,
}: {
  readonly record: PatientRecord;
  readonly onClose: () => void;
}): ReactNode {
  const { t } = useWords();
  const amend = useRequest('patients.amend');
  // The revision that was looked at: a change that came meanwhile must not be overwritten unseen.
  const [before] = useState(record);
  return (
    <Dialog title={t('patient.change-title')} onClose={onClose} size="wide">
      <RegistrationForm
        initial={fieldsOf(before)}
        before={before}
        draft={null}
        submitWords={t('action.save')}
        isBusy={amend.isBusy}
        failure={amend.error && <SaveFailure error={amend.error} />}
        serverError={amend.error}
        onSubmit={(changes) =>
          void amend
            .send({ id: before.id, baseRev: before.rev, changes })
            .then((outcome) => outcome.ok && onClose())
        }
        onCancel={onClose}
      />
    </Dialog>
  );
}
