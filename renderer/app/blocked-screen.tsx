import { type ReactNode, useEffect, useState } from 'react';
import type { AppError } from '#contracts/errors.ts';
import { Button } from '../parts/button.tsx';
import { Icon, Logo } from '../parts/icons.tsx';
import { describeError, useWords } from '../wording/words.ts';
import { ScreenChoices } from './screen-choices.tsx';

/** Time within which a start needs no words. */
const quietMs = 400;

/** The page cannot be used; says why and what to do. */
export function BlockedScreen({
  error,
  onRetry,
}: {
  readonly error: AppError;
  readonly onRetry: () => void;
}): ReactNode {
  const { t } = useWords();
  return (
    <div className="blocked">
      <div className="blocked-choices">
        <ScreenChoices />
      </div>
      <main className="card blocked-card">
        <span className="blocked-icon">
          <Icon name="unlink" size={28} />
        </span>
        <h1>{t(error.code === 'internal.failure' ? 'blocked.failure' : 'blocked.title')}</h1>
        <p className="blocked-words">{describeError(t, error)}</p>
        <Button kind="primary" onClick={onRetry} icon="undo">
          {t('action.try-again')}
        </Button>
      </main>
    </div>
  );
}

/** Shown for the blink of an eye, and with words when it takes longer. */
export function StartingScreen({ isLost }: { readonly isLost: boolean }): ReactNode {
  const { t } = useWords();
  const [isSlow, setSlow] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setSlow(true), quietMs);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div className="blocked" aria-busy="true">
      <div className="starting">
        <Logo size={56} />
        {(isSlow || isLost) && <p className="soft">{t(isLost ? 'starting.lost' : 'starting.words')}</p>}
      </div>
    </div>
  );
}
