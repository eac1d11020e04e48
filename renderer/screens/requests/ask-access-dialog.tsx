import { type FormEvent, type ReactNode, useState } from 'react';
import { parsePinfl, pinflDigits } from '#clinic/identity/pinfl.ts';
import { useRequest } from '../../bridge/hooks.tsx';
import { Button } from '../../parts/button.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { TextField } from '../../parts/field.tsx';
import { Notice } from '../../parts/notice.tsx';
import { SaveFailure } from '../../parts/save-failure.tsx';
import { Segmented } from '../../parts/segmented.tsx';
import { useWords } from '../../wording/words.ts';
import './requests.css';

const grounds = ['consent', 'break-glass'] as const;

interface AskAccessDialogProps {
  readonly onClose: () => void;
  /** Told the id of the request, once it is saved. */
  readonly onAsked: (id: string) => void;
}

/** Asks the center for the records of somebody else's patient: with consent, or without it when a life depends on them. */
export function AskAccessDialog({ onClose, onAsked }: AskAccessDialogProps): ReactNode {
  const { t } = useWords();
  const ask = useRequest('requests.ask-access');
  const [typed, setTyped] = useState('');
  const [ground, setGround] = useState<(typeof grounds)[number]>('consent');
  const [reason, setReason] = useState('');
  const [wasTried, setTried] = useState(false);
  const pinfl = pinflDigits(typed);
  const mistake = pinflMistake(pinfl);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (mistake !== null || reason.trim() === '' || ask.isBusy) return;
    const outcome = await ask.send({ pinfl, ground, reason: reason.trim() });
    if (!outcome.ok) return;
    onAsked(outcome.value.id);
    onClose();
  };

  return (
    <Dialog title={t('access.title')} onClose={onClose}>
      <form className="request-form" onSubmit={(event) => void submit(event)} noValidate>
        {ask.error && <SaveFailure error={ask.error} />}
        <TextField
          id="access-pinfl"
          label={t('field.pinfl')}
          inputMode="numeric"
          maxLength={20}
          value={typed}
          error={wasTried && mistake !== null ? t(mistake) : undefined}
          onChange={(event) => setTyped(event.target.value)}
        />
        <Segmented
          name="access-ground"
          label={t('access.ground')}
          value={ground}
          onChange={setGround}
          options={grounds.map((each) => ({ value: each, label: t(`access.${each}`) }))}
        />
        {ground === 'break-glass' ? (
          <Notice kind="warning" title={t('access.break-glass-words')} />
        ) : (
          <p className="soft">{t('access.consent-words')}</p>
        )}
        <TextField
          id="access-reason"
          label={t('field.reason')}
          maxLength={500}
          value={reason}
          error={wasTried && reason.trim() === '' ? t('send.reason-missing') : undefined}
          onChange={(event) => setReason(event.target.value)}
        />
        <footer className="dialog-foot">
          <Button onClick={onClose}>{t('action.cancel')}</Button>
          <Button kind="primary" type="submit" icon="arrow-right" isBusy={ask.isBusy}>
            {t('access.submit')}
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}

/** Id of the words for a number that cannot be one. */
function pinflMistake(pinfl: string): string | null {
  if (pinfl === '') return 'access.pinfl-missing';
  const parsed = parsePinfl(pinfl);
  return parsed.ok ? null : `issue.${parsed.error}`;
}
