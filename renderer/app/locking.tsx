import { createContext, useContext, useEffect, useMemo, useRef, useState } from 'react';
import type { WorkstationState } from '#contracts/bridge/views.ts';
import { useBridge } from '../bridge/hooks.tsx';

/** Ways to leave the screen: locked, or to somebody else while the records stay open. */
export interface Locking {
  /** The workstation locked, and nobody at this screen had asked for it. */
  readonly isByItself: boolean;
  /** Somebody else is about to show who she is. */
  readonly isSwitching: boolean;
  /** Nobody locked: the records are going under a new key, as was asked for at this screen. */
  readonly isRenewing: boolean;
  /** The records came back under a new key, as was asked for at this screen. */
  readonly isRenewed: boolean;
  lock(): void;
  /** The lock to come is the data key being replaced; `false`: it will not come after all. */
  awaitRenewal(isAwaited: boolean): void;
  forgetRenewal(): void;
  switchPerson(): void;
  returnToWork(): void;
}

export const LockingContext = createContext<Locking | null>(null);

/** How to lock and to switch. */
export function useLocking(): Locking {
  const locking = useContext(LockingContext);
  if (locking === null) throw new Error('nothing to lock above this component');
  return locking;
}

/** Watches the state for the lock that nobody here asked for, and remembers whether people are about to change. */
export function useLockingOf({ phase, session }: WorkstationState): Locking {
  const bridge = useBridge();
  const [switchingFrom, setSwitchingFrom] = useState<string | null>(null);
  const [isByItself, setByItself] = useState(false);
  const wasUnlocked = useRef(false);
  const wasAsked = useRef(false);
  const [isRenewed, setRenewed] = useState(false);
  const renewal = useRef<'none' | 'awaited' | 'running'>('none');
  useEffect(() => {
    if (phase === 'unlocked') {
      wasUnlocked.current = true;
      wasAsked.current = false;
      setByItself(false);
      if (renewal.current === 'running') {
        renewal.current = 'none';
        setRenewed(true);
      }
      return;
    }
    setSwitchingFrom(null);
    setRenewed(false);
    if (renewal.current === 'awaited') renewal.current = 'running';
    else if (wasUnlocked.current) setByItself(!wasAsked.current);
    wasUnlocked.current = false;
  }, [phase]);
  const person = session?.person.id ?? null;
  // Told by the first render of the locked phase: a lock that flashes by would look like one.
  const isRenewing = phase === 'locked' && renewal.current !== 'none';
  return useMemo(
    () => ({
      isByItself,
      isRenewing,
      isRenewed,
      // Once somebody else is there, the question is answered.
      isSwitching: person !== null && switchingFrom === person,
      lock() {
        wasAsked.current = true;
        void bridge.request('session.lock', {});
      },
      awaitRenewal(isAwaited) {
        if (renewal.current !== 'running') renewal.current = isAwaited ? 'awaited' : 'none';
      },
      forgetRenewal: () => setRenewed(false),
      switchPerson: () => setSwitchingFrom(person),
      returnToWork: () => setSwitchingFrom(null),
    }),
    [bridge, isByItself, isRenewing, isRenewed, person, switchingFrom],
  );
}
