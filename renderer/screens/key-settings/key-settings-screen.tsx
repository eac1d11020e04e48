import { type ReactNode, useEffect, useRef, useState } from 'react';
import type { Door, KeyOperation } from '#contracts/bridge/access.ts';
import type { RequestOutput } from '#contracts/bridge/requests.ts';
import { type AppError, appError } from '#contracts/errors.ts';
import { AccessNav } from '../../access/access-nav.tsx';
import { DeviceNotes } from '../../access/device-notes.tsx';
import { useDoor } from '../../access/door.ts';
import { KeyPrompt } from '../../access/key-prompt.tsx';
import { describeKeyError } from '../../access/key-proof.tsx';
import { PinForm } from '../../access/pin-form.tsx';
import { useBridge } from '../../bridge/hooks.tsx';
import { Button } from '../../parts/button.tsx';
import { Icon } from '../../parts/icons.tsx';
import { Notice } from '../../parts/notice.tsx';
import { ScreenHead } from '../../parts/screen-head.tsx';
import { useWords } from '../../wording/words.ts';
import { Fingers } from './fingers.tsx';
import { PinChange } from './pin-change.tsx';
import './key-settings.css';

export type KeyDescription = RequestOutput<'keys.describe'>;

/** The key that is plugged in: its PIN, and whose fingers it knows. The PIN is kept while this page is open, no longer. */
export function KeySettingsScreen(): ReactNode {
  const { t } = useWords();
  const bridge = useBridge();
  const door = useDoor();
  const [key, setKey] = useState<KeyDescription | null>(null);
  const [pin, setPin] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<AppError | null>(null);
  const isHere = useRef(true);
  const wasThere = useRef(false);
  const isNoneThere = failure?.code === 'access.device-removed';

  const look = async (typed?: string) => {
    setBusy(true);
    setFailure(null);
    const described = await bridge.request('keys.describe', typed === undefined ? {} : { pin: typed });
    if (!isHere.current) return;
    setBusy(false);
    if (described.ok) {
      wasThere.current = true;
      setKey(described.value);
      setPin(typed ?? null);
    } else {
      setPin(null);
      if (described.error.code !== 'access.cancelled') setFailure(described.error);
    }
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: once when the page opens
  useEffect(() => {
    isHere.current = true;
    void look();
    return () => {
      isHere.current = false;
      void bridge.request('access.cancel', {});
    };
  }, []);

  const forget = () => {
    setKey(null);
    setPin(null);
    setFailure(appError('access.device-removed'));
  };
  useKeysComing(door, { onGone: key === null ? noMatter : forget, onCome: key === null ? look : noMatter });

  return (
    <div className="screen">
      <ScreenHead title={t('key-settings.title')} words={t('key-settings.words')}>
        <Button icon="undo" isBusy={isBusy} onClick={() => void look(pin ?? undefined)}>
          {t('key-settings.look')}
        </Button>
      </ScreenHead>
      <AccessNav />
      {failure && !isNoneThere && <Notice kind="warning" title={describeKeyError(t, failure)} isUrgent />}
      {key === null || isNoneThere ? (
        <section className="card key-settings-wait">
          {isNoneThere && wasThere.current && !isBusy && (
            <Notice kind="info" title={t('key-settings.pulled-out')} />
          )}
          <KeyPrompt
            isAsking={isBusy || isNoneThere}
            road="this-computer"
            operation={isNoneThere && !isBusy ? insertKey : (door?.operation ?? null)}
          />
          {door !== null && <DeviceNotes door={door} />}
        </section>
      ) : (
        <div className="key-settings">
          <section className="card" aria-labelledby="key-facts">
            <header className="card-head">
              <h2 id="key-facts">{t('key-settings.facts')}</h2>
            </header>
            <KeyFacts description={key} />
            {!isBlocked(key) && <PinChange hasPin={key.hasPin} onChanged={(next) => void look(next)} />}
          </section>
          <FingersCard
            description={key}
            pin={pin}
            isBusy={isBusy}
            operation={door?.operation ?? null}
            onLook={(typed) => void look(typed)}
          />
        </div>
      )}
    </div>
  );
}

/** No PIN is asked of a key that takes none any more. */
const isBlocked = ({ pinAttemptsLeft }: KeyDescription): boolean => pinAttemptsLeft === 0;

interface FingersCardProps {
  readonly description: KeyDescription;
  readonly pin: string | null;
  readonly isBusy: boolean;
  readonly operation: KeyOperation | null;
  /** Looks at the key again, with its PIN. */
  readonly onLook: (pin: string) => void;
}

/** Whose fingers the key knows, once its PIN was given; before that what is missing. */
function FingersCard({ description, pin, isBusy, operation, onLook }: FingersCardProps): ReactNode {
  const { t } = useWords();
  return (
    <section className="card" aria-labelledby="key-fingers">
      <header className="card-head">
        <h2 id="key-fingers">{t('key-settings.fingers')}</h2>
        {description.fingers !== null && <span className="badge">{description.fingers.length}</span>}
      </header>
      {isBlocked(description) ? (
        <p className="card-words soft">{t('key-settings.blocked')}</p>
      ) : !description.canTakeFingers ? (
        <p className="card-words soft">{t('key-settings.no-sensor')}</p>
      ) : !description.hasPin ? (
        <p className="card-words soft">{t('key-settings.pin-first')}</p>
      ) : pin === null || description.fingers === null ? (
        <div className="key-settings-pin">
          <p className="soft">{t('key-settings.pin-for-fingers')}</p>
          <PinForm isBusy={isBusy} onPin={onLook} />
        </div>
      ) : (
        <Fingers
          fingers={description.fingers}
          pin={pin}
          operation={operation}
          onChanged={() => onLook(pin)}
        />
      )}
    </section>
  );
}

interface KeysComing {
  readonly onGone: () => void;
  readonly onCome: () => void;
}

const noMatter = () => {};

/** A key was pulled out: the PIN of that one must not be tried on the next. Or one came. */
function useKeysComing(door: Door | null, { onGone, onCome }: KeysComing): void {
  const seen = useRef<readonly string[] | null>(null);
  const keys = door?.devices.filter(({ kind }) => kind === 'key').map(({ id }) => id) ?? null;
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each plugging in and pulling out
  useEffect(() => {
    const before = seen.current;
    seen.current = keys;
    if (before === null || keys === null) return;
    if (before.some((id) => !keys.includes(id))) onGone();
    else if (keys.length > before.length) onCome();
  }, [keys?.join(' ')]);
}

/** What is shown while no key is plugged in. */
const insertKey: KeyOperation = {
  kind: 'key-settings',
  step: 'insert-key',
  good: 0,
  needed: 0,
  hint: null,
};

/** From here on the owner is told what the last wrong PIN does. */
const fewAttempts = 3;

/** A blocked PIN is for good: a reset lets the key be used again and takes from it what it opens (CTAP 2.1, 6.6). */
function LastAttempts({ left }: { readonly left: number | null }): ReactNode {
  const { t } = useWords();
  if (left === null || left > fewAttempts) return null;
  return (
    <li>
      {left === 0 ? (
        <Notice kind="danger" title={t('key-settings.blocked')}>
          <p>{t('key-settings.reset')}</p>
        </Notice>
      ) : (
        <Notice kind="warning" title={t('key-settings.last-attempts', { count: left })}>
          <p>{t('key-settings.reset')}</p>
        </Notice>
      )}
    </li>
  );
}

function KeyFacts({ description }: { readonly description: KeyDescription }): ReactNode {
  const { t } = useWords();
  const { hasPin, canTakeFingers, pinAttemptsLeft, fingerAttemptsLeft } = description;
  const facts = [
    { id: 'pin', isGood: hasPin, words: t(hasPin ? 'key-settings.has-pin' : 'key-settings.has-no-pin') },
    {
      id: 'sensor',
      isGood: canTakeFingers,
      words: t(canTakeFingers ? 'key-settings.has-sensor' : 'key-settings.no-sensor'),
    },
  ];
  return (
    <ul className="key-facts">
      {facts.map(({ id, isGood, words }) => (
        <li key={id}>
          <Icon name={isGood ? 'check' : 'close'} size={18} />
          {words}
        </li>
      ))}
      {pinAttemptsLeft !== null && <li>{t('key-settings.pin-attempts', { count: pinAttemptsLeft })}</li>}
      {fingerAttemptsLeft !== null && (
        <li>{t('key-settings.finger-attempts', { count: fingerAttemptsLeft })}</li>
      )}
      {fingerAttemptsLeft === 0 && pinAttemptsLeft !== 0 && (
        <li className="soft">{t('key-settings.fingers-after-pin')}</li>
      )}
      <LastAttempts left={pinAttemptsLeft} />
    </ul>
  );
}
