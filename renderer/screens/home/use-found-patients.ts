import { useEffect, useState } from 'react';
import type { FoundPatient } from '#contracts/bridge/views.ts';
import type { AppError } from '#contracts/errors.ts';
import { useBridge } from '../../bridge/hooks.tsx';

interface Found {
  readonly text: string;
  readonly patients: readonly FoundPatient[];
  readonly error: AppError | null;
}

/** A pause shorter than between two strokes of a quick typist: the search starts while the finger still lifts. */
const pauseMs = 60;
const mostShown = 20;
const nothing: Found = { text: '', patients: [], error: null };

/** What the workstation finds for `text`, told as one types; answers to older texts are dropped. */
export function useFoundPatients(text: string): Omit<Found, 'text'> & { readonly isWaiting: boolean } {
  const bridge = useBridge();
  const [found, setFound] = useState<Found>(nothing);
  const wanted = text.trim();
  useEffect(() => {
    if (wanted === '') return setFound(nothing);
    let isCurrent = true;
    const timer = setTimeout(async () => {
      const outcome = await bridge.request('patients.search', { text: wanted, limit: mostShown });
      if (!isCurrent) return;
      if (outcome.ok) setFound({ text: wanted, patients: outcome.value.patients, error: null });
      else setFound({ text: wanted, patients: [], error: outcome.error });
    }, pauseMs);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [bridge, wanted]);
  return { ...(wanted === '' ? nothing : found), isWaiting: wanted !== '' && found.text !== wanted };
}
