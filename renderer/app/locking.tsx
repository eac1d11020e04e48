import { createContext, useContext, useEffect, useMemo, useRef, useState } from 'react';
import type { WorkstationState } from '#contracts/bridge/views.ts';
import { useBridge } from '../bridge/hooks.tsx';

/** Ways to leave the screen: locked, or to somebody else while the records stay open. */
export interface Locking {
  /** The workstation locked, and nobody at this screen had asked for it. */
  readonly isByItself: boolean;
  /** Somebody else is about to show who she is. */
  readonly isSwitching: boolean;
  lock(): void;
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
  useEffect(() => {
    if (phase === 'unlocked') {
      wasUnlocked.current = true;
      wasAsked.current = false;
      setByItself(false);
      return;
    }
    setSwitchingFrom(null);
    if (wasUnlocked.current) setByItself(!wasAsked.current);
    wasUnlocked.current = false;
  }, [phase]);
  const person = session?.person.id ?? null;
  return useMemo(
    () => ({
      isByItself,
      // Once somebody else is there, the question is answered.
      isSwitching: person !== null && switchingFrom === person,
      lock() {
        wasAsked.current = true;
        void bridge.request('session.lock', {});
      },
      switchPerson: () => setSwitchingFrom(person),
      returnToWork: () => setSwitchingFrom(null),
    }),
    [bridge, isByItself, person, switchingFrom],
  );
}
