import { createContext, useContext, useEffect, useState } from 'react';
import { dayAt } from '#clinic/clinic-day.ts';
import type { Clock } from '#clinic/ports/clock.ts';
import type { Day, Instant } from '#contracts/ids.ts';

/** What the screen needs of the world around it; the roots bring it. */
export interface Surroundings {
  readonly clock: Clock;
  readonly crypto: Crypto;
}

export const SurroundingsContext = createContext<Surroundings | null>(null);

/** The clock and cryptography of this page. */
export function useSurroundings(): Surroundings {
  const surroundings = useContext(SurroundingsContext);
  if (surroundings === null) throw new Error('no surroundings above this component');
  return surroundings;
}

/** The present moment, told again every half minute. */
export function useNow(): Instant {
  const { clock } = useSurroundings();
  const [now, setNow] = useState(() => clock.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(clock.now()), 30_000);
    return () => clearInterval(timer);
  }, [clock]);
  return now;
}

/** The present day at the clinic. */
export const useToday = (): Day => dayAt(useNow());
