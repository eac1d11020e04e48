import { type ReactNode, useState } from 'react';
import type { PatientRecord } from '#contracts/bridge/views.ts';
import type { VisitEntry } from '#contracts/records/visits.ts';
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx';
import { TextField } from '../../parts/field.tsx';
import { plainName } from '../../parts/patient-words.ts';
import { SaveFailure } from '../../parts/save-failure.tsx';
import { useWords } from '../../wording/words.ts';
import type { VisitForm } from './use-visit-form.ts';

interface VoidDialogProps {
  readonly record: PatientRecord;
  readonly entry: VisitEntry;
  readonly form: VisitForm;
  readonly onClose: () => void;
}

const commonReasons = ['typing', 'other-patient', 'measured-wrong'] as const;

/** Asks why an entry is wrong. It stays readable, struck through, and can be taken back. */
export function VoidDialog({ record, entry, form, onClose }: VoidDialogProps): ReactNode {
  const { t } = useWords();
  const [reason, setReason] = useState('');
  const [isTried, setTried] = useState(false);
  const confirm = async () => {
    setTried(true);
    if (reason.trim() === '') return document.getElementById('void-reason')?.focus();
    if (await form.mark({ kind: 'void', amends: entry.id, reason: reason.trim() })) onClose();
  };
  return (
    <ConfirmDialog
      title={t('void.title')}
      words={t('void.words', { name: plainName(record.body.name), what: t(`entry-kind.${entry.kind}`) })}
      confirm={t('entry.mark-error')}
      isBusy={form.isBusy}
      onConfirm={() => void confirm()}
      onClose={onClose}
    >
      <TextField
        id="void-reason"
        label={t('void.reason')}
        maxLength={200}
        value={reason}
        error={isTried && reason.trim() === '' ? t('void.reason-missing') : undefined}
        onChange={(event) => setReason(event.target.value)}
      />
      <div className="quick-words">
        {commonReasons.map((each) => (
          <button
            key={each}
            type="button"
            className="quick-word"
            onClick={() => setReason(t(`void.reason-${each}`))}
          >
            {t(`void.reason-${each}`)}
          </button>
        ))}
      </div>
      {form.error && <SaveFailure error={form.error} />}
    </ConfirmDialog>
  );
}
