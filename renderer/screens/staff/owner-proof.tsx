import { type ReactNode, useEffect, useRef, useState } from 'react';
import type { PersonAccess, Proof } from '#contracts/bridge/access.ts';
import { ProofEntry, type Somebody } from '../../access/proof-entry.tsx';
import { Button } from '../../parts/button.tsx';
import { Notice } from '../../parts/notice.tsx';
import { useWords } from '../../wording/words.ts';

interface OwnerProofProps {
  readonly person: PersonAccess;
  readonly hasSimulatedDevices: boolean;
  /** Null: she has lost every way in that she had. */
  readonly onProof: (proof: Proof | null) => void;
}

/** The owner shows by a way she has that the new one is hers; without any, everything she had ends. */
export function OwnerProof({ person, hasSimulatedDevices, onProof }: OwnerProofProps): ReactNode {
  const { t } = useWords();
  const [hasLostAll, setLostAll] = useState(person.ways.length === 0);
  const wayBack = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (hasLostAll) wayBack.current?.focus();
  }, [hasLostAll]);
  if (hasLostAll) {
    return (
      <>
        <Notice kind="warning" title={t('owner-proof.lost-title', { person: person.name })}>
          <p>{t('owner-proof.lost-words')}</p>
        </Notice>
        <footer className="dialog-foot">
          {person.ways.length > 0 && (
            <Button ref={wayBack} onClick={() => setLostAll(false)}>
              {t('owner-proof.not-lost')}
            </Button>
          )}
          <Button kind="danger" onClick={() => onProof(null)}>
            {t('owner-proof.go-on')}
          </Button>
        </footer>
      </>
    );
  }
  return (
    <>
      <p>{t('owner-proof.words', { person: person.name })}</p>
      <ProofEntry
        person={asSomebody(person)}
        hasSimulatedDevices={hasSimulatedDevices}
        confirm={t('action.next')}
        confirming={t('action.next')}
        isLater
        onProof={async (proof) => {
          onProof(proof);
          return null;
        }}
        onLeave={null}
      />
      <button type="button" className="text-button other-way" onClick={() => setLostAll(true)}>
        {t('owner-proof.lost')}
      </button>
    </>
  );
}

const asSomebody = ({ id, name, ways }: PersonAccess): Somebody => ({
  id,
  name,
  methods: [...new Set(ways.map(({ method }) => method))],
});
