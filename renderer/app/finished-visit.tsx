import { createContext, type ReactNode, useContext, useEffect, useState } from 'react';
import { timeAt } from '#clinic/clinic-day.ts';
import type { Instant } from '#contracts/ids.ts';
import { Icon } from '../parts/icons.tsx';
import { type Translate, useWords } from '../wording/words.ts';
import type { Route } from './navigation.tsx';
import { useSession } from './session.tsx';

/** A visit that was just finished (SCR-63), as the disk confirmed it. */
export interface FinishedVisit {
  /** Her name as people say it. */
  readonly patient: string;
  readonly savedAt: Instant;
  /** `no-room`: it had as many signatures as a visit holds. */
  readonly signature: 'made' | 'no-room' | 'none';
}

type TellFinished = (landing: Route, visit: FinishedVisit) => void;

export const FinishedVisitContext = createContext<TellFinished | null>(null);

/** Has the screen `landing` say that a visit is finished, where its own page is left. */
export function useTellFinished(): TellFinished {
  const tell = useContext(FinishedVisitContext);
  if (tell === null) throw new Error('nowhere to tell of a finished visit above this component');
  return tell;
}

/** Keys that do nothing by themselves, or only move the focus. */
const idleKeys = new Set(['Shift', 'Control', 'Alt', 'Meta', 'AltGraph', 'CapsLock', 'Tab']);

/** A second click or a held key belongs to what finished the visit. */
const isNextAction = (event: Event): boolean =>
  event instanceof KeyboardEvent
    ? !event.repeat && !idleKeys.has(event.key)
    : !(event instanceof MouseEvent && event.detail > 1);

/** What the screen at `route` says of a visit that was finished, until the next click, key or screen. Kept in memory only. */
export function useFinishedVisit(route: Route): {
  readonly finished: FinishedVisit | null;
  readonly tellFinished: TellFinished;
} {
  const [told, setTold] = useState<{ landing: Route; visit: FinishedVisit } | null>(null);
  useEffect(() => {
    if (told === null) return;
    const forget = (event: Event) => {
      if (isNextAction(event)) setTold(null);
    };
    // Another screen, by whatever way: coming back says nothing again.
    if (told.landing !== route) return setTold(null);
    window.addEventListener('click', forget);
    window.addEventListener('keydown', forget);
    return () => {
      window.removeEventListener('click', forget);
      window.removeEventListener('keydown', forget);
    };
  }, [told, route]);
  const [tellFinished] = useState<TellFinished>(() => (landing: Route, visit: FinishedVisit) => {
    setTold({ landing, visit });
  });
  return { finished: told?.landing === route ? told.visit : null, tellFinished };
}

/** Says whose visit is finished, that it is on the disk, and whether anybody vouches for it. */
export function FinishedNotice({ visit }: { readonly visit: FinishedVisit }): ReactNode {
  const { t } = useWords();
  const { breakGlass } = useSession();
  return (
    <div className="bar-notice bar-notice-good" role="status">
      <Icon name="check-circle" />
      <p>
        <strong>{t('visit-finished.title', { name: visit.patient })}</strong>{' '}
        {t('delivery.saved', { time: timeAt(visit.savedAt) })} · {signatureWords(t, visit, breakGlass)}
      </p>
    </div>
  );
}

function signatureWords(
  t: Translate,
  { signature }: FinishedVisit,
  breakGlass: 'paper' | 'two' | null,
): string {
  if (signature === 'made') return t('visit-finished.signed');
  // Neither of the two brings anybody's signing key (SIG-1).
  if (breakGlass !== null) return t(`visit-finished.by-${breakGlass}`);
  return t(signature === 'no-room' ? 'visit-finished.no-room' : 'visit-finished.without-key');
}
