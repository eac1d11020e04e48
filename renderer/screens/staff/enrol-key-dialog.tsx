import { type ReactNode, useEffect, useRef, useState } from 'react';
import type { PersonAccess, Proof } from '#contracts/bridge/access.ts';
import { Button } from '../../parts/button.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Notice } from '../../parts/notice.tsx';
import { useWords } from '../../wording/words.ts';
import { KeyMaking } from './key-making.tsx';
import { OwnerProof } from './owner-proof.tsx';

interface EnrolKeyDialogProps {
  readonly person: PersonAccess;
  readonly isOwn: boolean;
  readonly hasSimulatedDevices: boolean;
  readonly onClose: () => void;
}

/** Makes a key a person's way in: she shows that it is hers, names it, and touches it until it has proved itself. */
export function EnrolKeyDialog(props: EnrolKeyDialogProps): ReactNode {
  const { person, isOwn, hasSimulatedDevices, onClose } = props;
  const { t } = useWords();
  const [proof, setProof] = useState<Proof | null | undefined>(isOwn ? null : undefined);
  const [done, setDone] = useState<{ readonly needsSecond: boolean } | null>(null);
  const last = useRef<HTMLButtonElement>(null);
  // The button that made the key is gone.
  useEffect(() => {
    if (done !== null) last.current?.focus();
  }, [done]);
  return (
    <Dialog title={t('enrol-key.title', { person: person.name })} onClose={onClose}>
      {done !== null ? (
        <>
          <Notice kind="good" title={t('enrol-key.done')} />
          {done.needsSecond && (
            <Notice kind="warning" title={t('staff.needs-second')}>
              <p>{t('staff.needs-second-words')}</p>
            </Notice>
          )}
          <footer className="dialog-foot">
            <Button ref={last} kind="primary" onClick={onClose}>
              {t('action.close')}
            </Button>
          </footer>
        </>
      ) : proof === undefined ? (
        <OwnerProof person={person} hasSimulatedDevices={hasSimulatedDevices} onProof={setProof} />
      ) : (
        <KeyMaking
          person={person}
          proof={proof}
          isAnew={!isOwn && proof === null}
          hasSimulatedDevices={hasSimulatedDevices}
          onProofRefused={() => setProof(isOwn ? null : undefined)}
          onDone={setDone}
          onClose={onClose}
        />
      )}
    </Dialog>
  );
}
