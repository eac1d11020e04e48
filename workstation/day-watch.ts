import { dayAt, instantsOfDay } from '#clinic/clinic-day.ts';
import type { Clock, Timers } from '#clinic/ports/clock.ts';

/** Looks at least this often, because the clock may be set while the workstation runs. */
const longestLookMs = 10 * 60_000;

/** Calls `told` when a new day has begun at the clinic. Returns a function that ends it. */
export function watchDay(clock: Clock, timers: Timers, told: () => void): () => void {
  const dayNow = () => dayAt(Math.max(0, Math.floor(clock.now())));
  let day = dayNow();
  const look = (): void => {
    const today = dayNow();
    if (today !== day) {
      day = today;
      told();
    }
    cancel = timers.after(waitMs(), look);
  };
  const waitMs = () => Math.max(1_000, Math.min(longestLookMs, instantsOfDay(day).end - clock.now() + 50));
  let cancel = timers.after(waitMs(), look);
  return () => cancel();
}
