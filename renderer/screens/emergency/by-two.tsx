import { type ReactNode, useEffect, useRef, useState } from 'react';
import type { Door, Proof } from '#contracts/bridge/access.ts';
import type { WorkstationState } from '#contracts/bridge/views.ts';
import type { AppError } from '#contracts/errors.ts';
import { KeyPrompt } from '../../access/key-prompt.tsx';
import { Button } from '../../parts/button.tsx';
import { Icon } from '../../parts/icons.tsx';
import { Notice } from '../../parts/notice.tsx';
import { useWords } from '../../wording/words.ts';
import { describeOpeningError, type EmergencyWay } from './emergency-way.ts';
import { HolderProof } from './holder-proof.tsx';

interface Shown {
  readonly person: WorkstationState['people'][number];
  readonly proof: Proof;
}

/** Opens by two people, who show themselves one after the other. */
export function ByTwo(
  props: EmergencyWay & { readonly state: WorkstationState; readonly door: Door },
): ReactNode {
  const { state, door, isBusy, onOpen } = props;
  const { t } = useWords();
  const [shown, setShown] = useState<readonly Shown[]>([]);
  const [failure, setFailure] = useState<AppError | null>(null);
  const box = useRef<HTMLDivElement>(null);
  // Whoever has shown herself took what had the focus with her.
  useEffect(() => {
    if (shown.length > 0) box.current?.querySelector('button')?.focus();
  }, [shown.length]);
  const holders = state.people.filter(({ id }) => door.holders.includes(id));
  const [first, second] = shown;
  const failed = holders.find(({ id }) => id === failure?.detail?.holder);
  const whose = failed === undefined ? '' : `${failed.name}: `;
  const open = async (one: Shown, other: Shown) => {
    setFailure(null);
    const failed = await onOpen((reason) => ({
      method: 'two',
      first: { person: one.person.id, proof: one.proof },
      second: { person: other.person.id, proof: other.proof },
      reason,
    }));
    setFailure(failed);
    // Only whose proof it was shows herself again; both where that is not known.
    const holder = failed?.detail?.holder;
    if (failed !== null)
      setShown(holder === undefined ? [] : [one, other].filter(({ person }) => person.id !== holder));
  };
  return (
    <div className="emergency-way" ref={box}>
      <ol className="emergency-two">
        {[first, second].map((each, at) => (
          <li key={at === 0 ? 'first' : 'second'} className={each ? 'emergency-shown' : ''}>
            {/* No tick: a passphrase is checked, and a key asked, when both open. */}
            <Icon name={each ? 'clock' : 'user'} />
            {each ? (
              <span className="emergency-holder">
                {each.person.name} <span className="caption">{t('emergency-opening.not-checked')}</span>
              </span>
            ) : (
              t(at === 0 ? 'emergency-opening.first' : 'emergency-opening.second')
            )}
          </li>
        ))}
      </ol>
      {failure && <Notice kind="danger" title={`${whose}${describeOpeningError(t, failure)}`} isUrgent />}
      {first !== undefined && second !== undefined ? (
        <>
          {isBusy && door.operation !== null && (
            <KeyPrompt
              isAsking
              road="this-computer"
              operation={door.operation}
              whose={
                door.operation.holder === undefined
                  ? undefined
                  : { first, second }[door.operation.holder].person.name
              }
            />
          )}
          <Button
            kind="primary"
            icon="shield"
            isBusy={isBusy}
            className="button-wide"
            onClick={() => void open(first, second)}
          >
            {t('emergency-opening.submit')}
          </Button>
        </>
      ) : (
        <HolderProof
          key={shown.length}
          people={holders.filter(({ id }) => id !== first?.person.id)}
          hasSimulatedDevices={state.hasSimulatedDevices}
          onShown={(person, proof) => setShown([...shown, { person, proof }])}
        />
      )}
    </div>
  );
}
