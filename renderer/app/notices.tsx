import type { ReactNode } from 'react';
import { Button } from '../parts/button.tsx';
import { Icon } from '../parts/icons.tsx';
import { useWords } from '../wording/words.ts';

/** Synthetic people only: every screen says so. */
export function TrainingRibbon(): ReactNode {
  const { t } = useWords();
  return <p className="training-ribbon">{t('training.ribbon')}</p>;
}

/** The workstation process does not answer. What is typed stays, and the screen goes on by itself. */
export function LinkLostNotice(): ReactNode {
  const { t } = useWords();
  return (
    <div className="bar-notice bar-notice-warning" role="alert">
      <Icon name="unlink" />
      <p>
        <strong>{t('link.lost')}</strong> {t('link.lost-words')}
      </p>
      <span className="spinner" aria-hidden="true" />
    </div>
  );
}

/** The records were opened without anybody's own way in: said for as long as they are open. */
export function BreakGlassNotice({ by }: { readonly by: 'paper' | 'two' }): ReactNode {
  const { t } = useWords();
  return (
    <div className="bar-notice bar-notice-danger" role="status">
      <Icon name="shield" />
      <p>
        <strong>{t(`break-glass.by-${by}`)}</strong> {t('break-glass.words')}
      </p>
    </div>
  );
}

/** The data key was replaced, as was asked for at this screen. */
export function RenewedNotice({ onClose }: { readonly onClose: () => void }): ReactNode {
  const { t } = useWords();
  return (
    <div className="bar-notice bar-notice-good" role="status">
      <Icon name="check-circle" />
      <p>
        <strong>{t('renewed.title')}</strong> {t('renewed.words')}
      </p>
      <Button onClick={onClose}>{t('action.close')}</Button>
    </div>
  );
}

/** The clinic's clock differs from the center's. */
export function ClockNotice({ errorMs }: { readonly errorMs: number }): ReactNode {
  const { t } = useWords();
  return (
    <div className="bar-notice bar-notice-warning" role="status">
      <Icon name="clock" />
      <p>
        <strong>{t('clock.wrong')}</strong> {describeClockError(t, errorMs)}
      </p>
    </div>
  );
}

function describeClockError(t: ReturnType<typeof useWords>['t'], errorMs: number): string {
  const minutes = Math.round(Math.abs(errorMs) / 60_000);
  const direction = errorMs > 0 ? 'ahead' : 'behind';
  if (minutes < 120) return t(`clock.${direction}-minutes`, { count: minutes });
  const hours = Math.round(minutes / 60);
  if (hours < 48) return t(`clock.${direction}-hours`, { count: hours });
  return t(`clock.${direction}-days`, { count: Math.round(hours / 24) });
}
