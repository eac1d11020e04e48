import { type ReactNode, useEffect, useRef, useState } from 'react';
import type { Door } from '#contracts/bridge/access.ts';
import type { AppError } from '#contracts/errors.ts';
import type { PersonId } from '#contracts/ids.ts';
import { useShortcuts } from '../app/shortcuts.ts';
import { Button } from '../parts/button.tsx';
import { Icon } from '../parts/icons.tsx';
import { describeError, type Translate, useWords } from '../wording/words.ts';
import { KeyPrompt } from './key-prompt.tsx';
import { type KeyRoad, likelyRoad } from './key-road.ts';
import { PinForm } from './pin-form.tsx';
import { type TakeProof, useKeyAsking } from './use-key-asking.ts';
import { canAskKeys } from './webauthn.ts';

interface KeyProofProps {
  readonly person: PersonId;
  readonly door: Door;
  readonly onProof: TakeProof;
  /** Leaves, when Escape is pressed and nothing is under way. */
  readonly onLeave: (() => void) | null;
  /** Ways beside the key. */
  readonly children: ReactNode;
}

/** A person's key, asked at once by finger; its PIN, the other road and another try are at hand. */
export function KeyProof({ person, door, onProof, onLeave, children }: KeyProofProps): ReactNode {
  const { t } = useWords();
  const [road, setRoad] = useState<KeyRoad>(() => likelyRoad(door, canAskKeys()));
  const [isPinWanted, setPinWanted] = useState(false);
  const [isByPin, setByPin] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const key = useKeyAsking(person, road, onProof);
  const needsPin = key.error?.code === 'access.pin-needed' || key.error?.code === 'access.pin-not-right';
  const isPinAsked = needsPin || isPinWanted;
  const lastStep = useRef<string | null>(null);
  if (door.operation !== null) lastStep.current = door.operation.step;
  const ask = (pin?: string) => {
    setByPin(pin !== undefined);
    lastStep.current = null;
    void key.ask(pin);
  };

  // Once when it appears, again on the other road, and whenever a key is plugged in.
  const readyKeys = door.devices.filter(({ kind, status }) => kind === 'key' && status === 'ready').length;
  const seenKeys = useRef(readyKeys);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the road alone begins anew
  useEffect(() => {
    ask();
    box.current?.focus();
  }, [road]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a plugged-in key alone begins anew
  useEffect(() => {
    const isMore = readyKeys > seenKeys.current;
    seenKeys.current = readyKeys;
    if (isMore && !key.isAsking && !needsPin) ask();
  }, [readyKeys]);
  useShortcuts({ Escape: key.isAsking ? key.cancel : (onLeave ?? undefined) });

  return (
    <div className="key-proof" ref={box} tabIndex={-1}>
      {(key.isAsking || !isPinAsked) && (
        <KeyPrompt isAsking={key.isAsking} road={road} operation={door.operation} isByPin={isByPin} />
      )}
      {key.error && (
        <p className="field-error" role="alert">
          <Icon name="alert" size={16} />
          {describeKeyError(t, key.error, lastStep.current)}
        </p>
      )}
      {isPinAsked ? (
        <PinForm isBusy={key.isAsking} onPin={ask} />
      ) : (
        !key.isAsking && (
          <Button kind="primary" icon="fingerprint" className="button-wide" onClick={() => ask()}>
            {t('action.try-again')}
          </Button>
        )
      )}
      {key.isAsking && (
        <Button kind="quiet" className="button-wide" keys="Esc" onClick={key.cancel}>
          {t('action.cancel')}
        </Button>
      )}
      <div className="other-ways">
        {children}
        {road === 'this-computer' && !isPinAsked && (
          <button type="button" className="text-button" onClick={() => setPinWanted(true)}>
            {t('key.by-pin')}
          </button>
        )}
        {canAskKeys() && (
          <button
            type="button"
            className="text-button"
            onClick={() => setRoad(road === 'browser' ? 'this-computer' : 'browser')}
          >
            {t(road === 'browser' ? 'key.by-workstation' : 'key.by-browser')}
          </button>
        )}
      </div>
    </div>
  );
}

/** The sentence for a failure of a key, with the attempts that it has left. */
export function describeKeyError(t: Translate, error: AppError, lastStep: string | null = null): string {
  // Nobody plugged one in: that none was removed either is worth another sentence.
  if (error.code === 'access.device-removed' && lastStep === 'insert-key') return t('key.none-came');
  const left = error.detail?.attemptsLeft;
  const words = describeError(t, error);
  return typeof left === 'number' ? `${words} ${t('key.attempts-left', { count: left })}` : words;
}
