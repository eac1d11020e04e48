import { type ReactNode, useEffect, useState } from 'react';
import { type PersonAccess, type Proof, touchesOfNewKey } from '#contracts/bridge/access.ts';
import { DeviceNotes } from '../../access/device-notes.tsx';
import { useDoor } from '../../access/door.ts';
import { KeyPrompt } from '../../access/key-prompt.tsx';
import { describeKeyError } from '../../access/key-proof.tsx';
import { likelyRoad } from '../../access/key-road.ts';
import { PinForm } from '../../access/pin-form.tsx';
import { canAskKeys } from '../../access/webauthn.ts';
import { Button } from '../../parts/button.tsx';
import { TextField } from '../../parts/field.tsx';
import { Notice } from '../../parts/notice.tsx';
import { Segmented } from '../../parts/segmented.tsx';
import { useWords } from '../../wording/words.ts';
import { type MakingRoad, useKeyMaking, useTouches } from './use-key-making.ts';

interface KeyMakingProps {
  readonly person: PersonAccess;
  readonly proof: Proof | null;
  /** She lost everything she had: it ends. */
  readonly isAnew: boolean;
  readonly hasSimulatedDevices: boolean;
  readonly onProofRefused: () => void;
  readonly onDone: (done: { needsSecond: boolean }) => void;
  readonly onClose: () => void;
}

/** Names the key and has its owner touch it. */
export function KeyMaking(props: KeyMakingProps): ReactNode {
  const { person, proof, isAnew, hasSimulatedDevices, onProofRefused, onDone, onClose } = props;
  const { t } = useWords();
  const door = useDoor();
  const [label, setLabel] = useState('');
  const [wasTried, setTried] = useState(false);
  const [chosenRoad, setChosenRoad] = useState<MakingRoad | null>(null);
  useEffect(() => document.getElementById('key-label')?.focus(), []);
  const making = useKeyMaking({ onProofRefused, onDone });
  const likely = door !== null && likelyRoad(door, canAskKeys()) === 'browser' ? 'browser' : 'fido2';
  const road = chosenRoad ?? likely;
  const { isBusy, failure, stop } = making;
  const needsPin = failure?.code === 'access.pin-needed' || failure?.code === 'access.pin-not-right';
  const make = (pin?: string) => {
    setTried(true);
    if (label.trim() === '') return document.getElementById('key-label')?.focus();
    void making.make(road, { person: person.id, label: label.trim(), proof, isAnew }, pin);
  };
  return (
    <div className="dialog-form">
      <TextField
        id="key-label"
        label={t('enrol-key.label')}
        hint={t('enrol-key.label-hint')}
        maxLength={60}
        value={label}
        disabled={isBusy}
        error={wasTried && label.trim() === '' ? t('enrol-key.label-missing') : undefined}
        onChange={(event) => setLabel(event.target.value)}
      />
      {!isBusy && (
        <RoadChoice road={road} hasSimulatedDevices={hasSimulatedDevices} onChange={setChosenRoad} />
      )}
      {isBusy && (
        <KeyPrompt
          isAsking
          road={road === 'browser' ? 'browser' : 'this-computer'}
          operation={door?.operation ?? null}
        />
      )}
      <Touches
        isBusy={isBusy}
        road={road}
        isAfterOld={proof !== null && proof.method !== 'passphrase'}
        asked={door?.touchesAsked ?? 0}
      />
      {failure && <Notice kind="danger" title={describeKeyError(t, failure)} isUrgent />}
      {needsPin && <PinForm isBusy={isBusy} onPin={make} />}
      {door !== null && <DeviceNotes door={door} />}
      <footer className="dialog-foot">
        <Button onClick={isBusy ? stop : onClose}>{t('action.cancel')}</Button>
        {!needsPin && (
          <Button kind="primary" icon="fingerprint" isBusy={isBusy} onClick={() => make()}>
            {t('enrol-key.submit')}
          </Button>
        )}
      </footer>
    </div>
  );
}

interface RoadChoiceProps {
  readonly road: MakingRoad;
  readonly hasSimulatedDevices: boolean;
  readonly onChange: (road: MakingRoad) => void;
}

/** Where the key is, when there is a choice. */
function RoadChoice({ road, hasSimulatedDevices, onChange }: RoadChoiceProps): ReactNode {
  const { t } = useWords();
  const roads: readonly MakingRoad[] = [
    'fido2',
    ...(canAskKeys() ? (['browser'] as const) : []),
    ...(hasSimulatedDevices ? (['simulated-key'] as const) : []),
  ];
  if (roads.length === 1) return null;
  return (
    <Segmented
      name="key-road"
      label={t('enrol-key.road')}
      value={road}
      onChange={onChange}
      options={roads.map((value) => ({ value, label: t(`enrol-key.${value}`) }))}
    />
  );
}

interface TouchesProps {
  readonly isBusy: boolean;
  readonly road: MakingRoad;
  /** A key that she has shows first that the new one is hers. */
  readonly isAfterOld: boolean;
  /** How often keys have waited for a touch (`Door.touchesAsked`). */
  readonly asked: number;
}

/** How often the key is going to be touched, and the how manieth touch it is. */
function Touches({ isBusy, road, isAfterOld, asked }: TouchesProps): ReactNode {
  const { t } = useWords();
  const touches = useTouches(asked, isBusy);
  const all = touchesOfNewKey + (isAfterOld ? 1 : 0);
  const plan = isAfterOld ? 'enrol-key.touches-after-old' : 'enrol-key.touches';
  return (
    <p className="caption enrol-touches">
      {isBusy && touches > 0
        ? t('enrol-key.touch-number', { count: Math.min(touches, all), all })
        : t(road === 'browser' ? 'enrol-key.touches-browser' : plan)}
    </p>
  );
}
