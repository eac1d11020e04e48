import { useEffect, useMemo, useState } from 'react';
import type { Icd10Hit } from '#contracts/bridge/views.ts';
import type { Language } from '#contracts/languages.ts';
import { useBridge } from '../bridge/hooks.tsx';
import { useWords } from '../wording/words.ts';

/** The name in the language of the screen where there is one, else the Russian one. */
export const icd10Name = (hit: Icd10Hit, language: Language): string => hit.names[language] ?? hit.names.ru;

/** Names of codes, by code, in the language of the screen. */
export function useIcd10Names(codes: readonly string[]): ReadonlyMap<string, string> {
  const bridge = useBridge();
  const { language } = useWords();
  const [hits, setHits] = useState<readonly Icd10Hit[]>([]);
  const key = [...new Set(codes)].sort().join(' ');
  useEffect(() => {
    if (key === '') return;
    let isCurrent = true;
    void bridge.request('icd10.names', { codes: key.split(' ').slice(0, 200) }).then((outcome) => {
      if (isCurrent && outcome.ok) setHits(outcome.value.hits);
    });
    return () => {
      isCurrent = false;
    };
  }, [bridge, key]);
  return useMemo(() => new Map(hits.map((hit) => [hit.code, icd10Name(hit, language)])), [hits, language]);
}
