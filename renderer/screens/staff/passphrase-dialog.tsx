import { type FormEvent, type ReactNode, useEffect, useState } from 'react';
import type { PersonAccess, Proof } from '#contracts/bridge/access.ts';
import { useDoor } from '../../access/door.ts';
import { KeyPrompt } from '../../access/key-prompt.tsx';
import { describeKeyError } from '../../access/key-proof.tsx';
import { useRequest } from '../../bridge/hooks.tsx';
import { Button } from '../../parts/button.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { ErrorSummary } from '../../parts/error-summary.tsx';
import { NewPassphrase, passphraseMistakes } from '../../parts/new-passphrase.tsx';
import { Notice } from '../../parts/notice.tsx';
import { useWords } from '../../wording/words.ts';
import { OwnerProof } from './owner-proof.tsx';

interface PassphraseDialogProps {
  readonly person: PersonAccess;
  readonly isOwn: boolean;
  readonly hasSimulatedDevices: boolean;
  readonly onClose: () => void;
}

/** A new passphrase: one's own, or for somebody who forgot hers and shows another way in first. */
export function PassphraseDialog(props: PassphraseDialogProps): ReactNode {
  const { person, isOwn, hasSimulatedDevices, onClose } = props;
  const { t } = useWords();
  const door = useDoor();
  const change = useRequest('staff.change-passphrase');
  const reset = useRequest('staff.reset-passphrase');
  const [proof, setProof] = useState<Proof | null | undefined>(isOwn ? null : undefined);
  const [entered, setEntered] = useState({ passphrase: '', repeated: '' });
  const [attempt, setAttempt] = useState(0);
  const mistakes = attempt === 0 ? [] : passphraseMistakes(t, entered);
  const isProven = proof !== undefined;
  useEffect(() => {
    if (isProven) document.getElementById('new-passphrase')?.focus();
  }, [isProven]);
  const failure = change.error ?? reset.error;
  const isBusy = change.isBusy || reset.isBusy;
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setAttempt(attempt + 1);
    if (isBusy || passphraseMistakes(t, entered).length > 0 || proof === undefined) return;
    const next = entered.passphrase;
    const outcome = isOwn
      ? await change.send({ next })
      : await reset.send({ person: person.id, next, proof });
    if (outcome.ok) onClose();
    // She shows herself again: what failed may have been the proof.
    else if (!isOwn && outcome.error.code !== 'access.weak-passphrase') setProof(undefined);
  };
  const title = t(isOwn ? 'staff.change-passphrase' : 'staff.reset-passphrase');
  return (
    <Dialog title={isOwn ? title : `${title}: ${person.name}`} onClose={onClose}>
      {failure && <Notice kind="danger" title={describeKeyError(t, failure)} isUrgent />}
      {proof === undefined ? (
        <OwnerProof person={person} hasSimulatedDevices={hasSimulatedDevices} onProof={setProof} />
      ) : (
        <form className="dialog-form" onSubmit={(event) => void submit(event)} noValidate>
          <ErrorSummary mistakes={mistakes} attempt={attempt} />
          {!isOwn && <p>{t('staff.reset-words', { person: person.name })}</p>}
          <NewPassphrase
            {...entered}
            onChange={(part) => setEntered({ ...entered, ...part })}
            wrong={(fieldId) => mistakes.find((mistake) => mistake.fieldId === fieldId)?.words}
          />
          {isBusy && door !== null && door.operation !== null && (
            <KeyPrompt isAsking road="this-computer" operation={door.operation} />
          )}
          <footer className="dialog-foot">
            <Button onClick={onClose}>{t('action.cancel')}</Button>
            <Button kind="primary" type="submit" isBusy={isBusy}>
              {t('action.save')}
            </Button>
          </footer>
        </form>
      )}
    </Dialog>
  );
}
