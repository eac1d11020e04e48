import type { ReactNode } from 'react';
import type { KeyOperation } from '#contracts/bridge/access.ts';
import { Icon } from '../parts/icons.tsx';
import { useWords } from '../wording/words.ts';
import type { KeyRoad } from './key-road.ts';
import './access.css';

interface KeyPromptProps {
  readonly isAsking: boolean;
  readonly road: KeyRoad;
  readonly operation: KeyOperation | null;
  /** By PIN the key is touched with any finger. */
  readonly isByPin?: boolean;
  /** Whose key it is, where several people stand at the screen. */
  readonly whose?: string | undefined;
}

/** What the owner of a key has to do now, large enough to be seen from where she stands. */
export function KeyPrompt({ isAsking, road, operation, isByPin = false, whose }: KeyPromptProps): ReactNode {
  const { t } = useWords();
  const step = !isAsking ? 'waiting' : road === 'browser' ? 'browser' : (operation?.step ?? 'processing');
  const isTouch = step === 'touch-now' || step === 'touch-again';
  return (
    <div className={`key-prompt key-prompt-${isTouch ? 'touch' : step}`} role="status">
      <span className="key-prompt-icon">
        <Icon name={step === 'insert-key' || step === 'waiting' ? 'key' : 'fingerprint'} size={44} />
      </span>
      {whose !== undefined && <p className="row-title">{t('key-prompt.whose', { person: whose })}</p>}
      <p className="key-prompt-words">{t(isTouch && isByPin ? 'key.touch-any' : `key-step.${step}`)}</p>
    </div>
  );
}
