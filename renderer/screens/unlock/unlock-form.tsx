import type { ReactNode } from 'react';
import { ProofEntry, type Somebody } from '../../access/proof-entry.tsx';
import { useBridge } from '../../bridge/hooks.tsx';
import { Icon } from '../../parts/icons.tsx';
import { initials } from '../../parts/patient-words.ts';
import { useWords } from '../../wording/words.ts';

interface UnlockFormProps {
  readonly person: Somebody;
  readonly hasSimulatedDevices: boolean;
  readonly onUnlocked: () => void;
  readonly onBack: (() => void) | null;
}

/** One person's way in: her key by finger, its PIN, or her passphrase. */
export function UnlockForm({ person, hasSimulatedDevices, onUnlocked, onBack }: UnlockFormProps): ReactNode {
  const { t } = useWords();
  const bridge = useBridge();
  return (
    <section className="unlock-form" aria-labelledby="unlock-name">
      <div className="unlock-person">
        <span
          className={person.methods.includes('fido2') ? 'avatar avatar-large' : 'avatar avatar-huge'}
          aria-hidden="true"
        >
          {initials(person.name)}
        </span>
        <h1 id="unlock-name">{person.name}</h1>
      </div>
      <ProofEntry
        person={person}
        hasSimulatedDevices={hasSimulatedDevices}
        confirm={t('unlock.open')}
        confirming={t('unlock.opening')}
        onProof={async (proof) => {
          const outcome = await bridge.request('session.unlock', { ...proof, person: person.id });
          if (!outcome.ok) return outcome.error;
          onUnlocked();
          return null;
        }}
        onLeave={onBack}
      />
      {onBack && (
        <button type="button" className="text-button unlock-back" onClick={onBack}>
          <Icon name="arrow-left" size={18} />
          {t('unlock.somebody-else')}
        </button>
      )}
    </section>
  );
}
