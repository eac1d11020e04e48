import { type ReactNode, useState } from 'react';
import type { Proof } from '#contracts/bridge/access.ts';
import { ProofEntry, type Somebody } from '../../access/proof-entry.tsx';
import { Icon } from '../../parts/icons.tsx';
import { initials } from '../../parts/patient-words.ts';
import { useWords } from '../../wording/words.ts';

interface HolderProofProps {
  readonly people: readonly Somebody[];
  readonly hasSimulatedDevices: boolean;
  readonly onShown: (person: Somebody, proof: Proof) => void;
}

/** One of two people: who she is, and how she shows it. */
export function HolderProof({ people, hasSimulatedDevices, onShown }: HolderProofProps): ReactNode {
  const { t } = useWords();
  const [chosenId, setChosenId] = useState<string | null>(null);
  const chosen = people.find(({ id }) => id === chosenId);
  if (chosen === undefined) {
    return (
      <ul className="holder-choices">
        {people.map((person) => (
          <li key={person.id}>
            <button type="button" className="person-choice" onClick={() => setChosenId(person.id)}>
              <span className="avatar" aria-hidden="true">
                {initials(person.name)}
              </span>
              <span className="person-choice-name">{person.name}</span>
            </button>
          </li>
        ))}
      </ul>
    );
  }
  return (
    <section className="holder-proof" aria-label={chosen.name}>
      <p className="row-title">{chosen.name}</p>
      <ProofEntry
        person={chosen}
        hasSimulatedDevices={hasSimulatedDevices}
        confirm={t('action.next')}
        confirming={t('action.next')}
        isLater
        onProof={async (proof) => {
          onShown(chosen, proof);
          return null;
        }}
        onLeave={null}
      />
      {people.length > 1 && (
        <button type="button" className="text-button unlock-back" onClick={() => setChosenId(null)}>
          <Icon name="users" size={18} />
          {t('unlock.somebody-else')}
        </button>
      )}
    </section>
  );
}
