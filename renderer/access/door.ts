import { useEffect, useRef } from 'react';
import type { Door } from '#contracts/bridge/access.ts';
import { useView } from '../bridge/hooks.tsx';

/** What is at the door: devices, how far a key is, cards. Null until the workstation has told it. */
export function useDoor(): Door | null {
  const view = useView('access.door', {});
  return view.status === 'ready' ? view.value : null;
}

/** Calls `held` for each card that is read from now on; the one that was read before is history. */
export function useCards(door: Door | null, held: (card: NonNullable<Door['card']>) => void): void {
  const lastReading = useRef<number | null>(null);
  const latest = useRef(held);
  latest.current = held;
  const isKnown = door !== null;
  const card = door?.card ?? null;
  const reading = card?.reading ?? 0;
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each reading, whatever else the door tells
  useEffect(() => {
    if (!isKnown) return;
    const isNew = lastReading.current !== null && reading > lastReading.current;
    lastReading.current = reading;
    if (isNew && card !== null) latest.current(card);
  }, [isKnown, reading]);
}
