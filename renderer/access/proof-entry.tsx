import { type FormEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import type { Proof } from '#contracts/bridge/access.ts';
import type { WorkstationState } from '#contracts/bridge/views.ts';
import { type AppError, appError } from '#contracts/errors.ts';
import { useShortcuts } from '../app/shortcuts.ts';
import { Button } from '../parts/button.tsx';
import { PassphraseField } from '../parts/passphrase-field.tsx';
import { describeError, useWords } from '../wording/words.ts';
import { DeviceNotes } from './device-notes.tsx';
import { useDoor } from './door.ts';
import { KeyProof } from './key-proof.tsx';
import { likelyRoad } from './key-road.ts';
import { PinForm } from './pin-form.tsx';
import type { TakeProof } from './use-key-asking.ts';
import { canAskKeys } from './webauthn.ts';

export type Somebody = WorkstationState['people'][number];

interface ProofEntryProps {
  readonly person: Somebody;
  readonly hasSimulatedDevices: boolean;
  /** What the button of the passphrase says, and says while it is at work. */
  readonly confirm: string;
  readonly confirming: string;
  /** The key is not asked here: the workstation asks it when the proof is used. */
  readonly isLater?: boolean;
  readonly onProof: TakeProof;
  readonly onLeave: (() => void) | null;
}

/** How one person shows that she is herself: her key by finger at once, if she has one, or her passphrase. */
export function ProofEntry(props: ProofEntryProps): ReactNode {
  const { person, hasSimulatedDevices, isLater = false, onProof, onLeave } = props;
  const { t } = useWords();
  const door = useDoor();
  const hasKey = person.methods.includes('fido2');
  const hasPassphrase = person.methods.includes('passphrase');
  const [way, setWay] = useState<'key' | 'passphrase'>(hasKey ? 'key' : 'passphrase');
  // What only the browser can ask is asked now, and its answer kept until then.
  const asksNow = !isLater || (door !== null && likelyRoad(door, canAskKeys()) === 'browser');
  const hasSimulatedKey = hasSimulatedDevices && person.methods.includes('simulated-key');
  const otherWay = hasKey && hasPassphrase && (
    <button
      type="button"
      className="text-button other-way"
      onClick={() => setWay(way === 'key' ? 'passphrase' : 'key')}
    >
      {t(way === 'key' ? 'unlock.by-passphrase' : 'unlock.by-key')}
    </button>
  );
  return (
    <div className="proof-entry">
      {way === 'key' && door !== null && !asksNow && (
        <>
          <KeyLater onProof={onProof} />
          {otherWay}
        </>
      )}
      {way === 'key' && door !== null && asksNow && (
        <KeyProof person={person.id} door={door} onProof={onProof} onLeave={onLeave}>
          {otherWay}
        </KeyProof>
      )}
      {way === 'passphrase' && hasPassphrase && (
        <>
          <PassphraseProof {...props} />
          {otherWay}
        </>
      )}
      {hasSimulatedKey && <SimulatedKeyProof onProof={onProof} />}
      {hasKey && door !== null && <DeviceNotes door={door} />}
    </div>
  );
}

function PassphraseProof({ confirm, confirming, onProof, onLeave }: ProofEntryProps): ReactNode {
  const { t } = useWords();
  const [passphrase, setPassphrase] = useState('');
  const [mistake, setMistake] = useState<AppError | null>(null);
  const [isBusy, setBusy] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  useShortcuts({ Escape: onLeave ?? undefined });
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    event.stopPropagation();
    if (isBusy) return;
    if (passphrase === '') return setMistake(appError('access.wrong-passphrase'));
    setMistake(null);
    setBusy(true);
    const failed = await onProof({ method: 'passphrase', passphrase });
    setBusy(false);
    if (failed === null) return;
    setMistake(failed);
    field.current?.focus();
    field.current?.select();
  };
  return (
    <form className="passphrase-proof" onSubmit={(event) => void submit(event)} noValidate>
      <PassphraseField
        id="passphrase"
        label={t('unlock.passphrase')}
        value={passphrase}
        onChange={setPassphrase}
        error={mistake === null ? undefined : describeError(t, mistake)}
        inputRef={field}
      />
      <Button kind="primary" type="submit" isBusy={isBusy} icon="key" className="button-wide">
        {isBusy ? confirming : confirm}
      </Button>
    </form>
  );
}

/** The key is touched when everything else is ready. */
function KeyLater({ onProof }: { readonly onProof: TakeProof }): ReactNode {
  const { t } = useWords();
  const [isPinWanted, setPinWanted] = useState(false);
  const give = (proof: Proof) => void onProof(proof);
  if (isPinWanted) return <PinForm isBusy={false} onPin={(pin) => give({ method: 'fido2', pin })} />;
  return (
    <div className="key-later">
      <Button
        kind="primary"
        icon="fingerprint"
        className="button-wide"
        onClick={() => give({ method: 'fido2' })}
      >
        {t('proof.key-later')}
      </Button>
      <button type="button" className="text-button other-way" onClick={() => setPinWanted(true)}>
        {t('key.by-pin')}
      </button>
    </div>
  );
}

/** Development builds only. */
function SimulatedKeyProof({ onProof }: { readonly onProof: TakeProof }): ReactNode {
  const { t } = useWords();
  const [mistake, setMistake] = useState<AppError | null>(null);
  const give = async () => setMistake(await onProof({ method: 'simulated-key' }));
  return (
    <>
      <Button icon="fingerprint" className="button-wide" onClick={() => void give()}>
        {t('unlock.simulated-key')}
      </Button>
      {mistake && <p className="field-error">{describeError(t, mistake)}</p>}
    </>
  );
}
