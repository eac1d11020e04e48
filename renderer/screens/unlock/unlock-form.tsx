import { type FormEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import type { WorkstationState } from '#contracts/bridge/views.ts';
import { type AppError, appError } from '#contracts/errors.ts';
import { useRequest } from '../../bridge/hooks.tsx';
import { Button } from '../../parts/button.tsx';
import { Icon } from '../../parts/icons.tsx';
import { PassphraseField } from '../../parts/passphrase-field.tsx';
import { initials } from '../../parts/patient-words.ts';
import { describeError, useWords } from '../../wording/words.ts';

interface UnlockFormProps {
  readonly person: WorkstationState['people'][number];
  readonly hasSimulatedDevices: boolean;
  readonly onBack: (() => void) | null;
}

/** One person's proof: a passphrase, or in development the simulated key. */
export function UnlockForm({ person, hasSimulatedDevices, onBack }: UnlockFormProps): ReactNode {
  const { t } = useWords();
  const unlock = useRequest('session.unlock');
  const [passphrase, setPassphrase] = useState('');
  const [mistake, setMistake] = useState<AppError | null>(null);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);

  const tryWith = async (proof: 'passphrase' | 'simulated-key') => {
    setMistake(null);
    const outcome = await unlock.send(
      proof === 'passphrase'
        ? { method: proof, person: person.id, passphrase }
        : { method: proof, person: person.id },
    );
    if (outcome.ok) return;
    setMistake(outcome.error);
    field.current?.focus();
    field.current?.select();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (passphrase === '') setMistake(appError('access.wrong-passphrase'));
    else void tryWith('passphrase');
  };
  const hasSimulatedKey = hasSimulatedDevices && person.methods.includes('simulated-key');

  return (
    <form className="unlock-form" onSubmit={submit} noValidate>
      <div className="unlock-person">
        <span className="avatar avatar-huge" aria-hidden="true">
          {initials(person.name)}
        </span>
        <h1>{person.name}</h1>
      </div>
      <PassphraseField
        id="passphrase"
        label={t('unlock.passphrase')}
        value={passphrase}
        onChange={setPassphrase}
        error={mistake === null ? undefined : describeError(t, mistake)}
        inputRef={field}
      />
      <Button kind="primary" type="submit" isBusy={unlock.isBusy} icon="key" className="button-wide">
        {t(unlock.isBusy ? 'unlock.opening' : 'unlock.open')}
      </Button>
      {hasSimulatedKey && (
        <Button icon="fingerprint" className="button-wide" onClick={() => void tryWith('simulated-key')}>
          {t('unlock.simulated-key')}
        </Button>
      )}
      {onBack && (
        <button type="button" className="text-button unlock-back" onClick={onBack}>
          <Icon name="arrow-left" size={18} />
          {t('unlock.somebody-else')}
        </button>
      )}
    </form>
  );
}
