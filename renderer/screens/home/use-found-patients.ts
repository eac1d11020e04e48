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
/** Records still arrive while somebody looks for them: an empty answer is asked for again, for some minutes. */
const againMs = 3_000;
const mostRepeats = 100;
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
    const look = async (repeatsLeft: number) => {
      const outcome = await bridge.request('patients.search', { text: wanted, limit: mostShown });
      if (!isCurrent) return;
      const patients = outcome.ok ? outcome.value.patients : [];
      setFound({ text: wanted, patients, error: outcome.ok ? null : outcome.error });
      if (outcome.ok && patients.length === 0 && repeatsLeft > 0) {
        timer = setTimeout(() => void look(repeatsLeft - 1), againMs);
      }
    };
    let timer = setTimeout(() => void look(mostRepeats), pauseMs);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [bridge, wanted]);
  return { ...(wanted === '' ? nothing : found), isWaiting: wanted !== '' && found.text !== wanted };
}
