import { type ReactNode, useEffect, useState } from 'react';
import type { FacilityHit } from '#contracts/bridge/views.ts';
import { useBridge } from '../../bridge/hooks.tsx';
import { ChoiceBox } from '../../parts/choice-box.tsx';
import { useWords } from '../../wording/words.ts';

interface FacilityFieldProps {
  readonly chosen: FacilityHit | null;
  readonly onChoose: (facility: FacilityHit | null) => void;
  readonly error?: string | undefined;
}

const pauseMs = 80;
const mostShown = 8;

/** Another facility by name in any script, by code or district; the nearest first while nothing is typed. */
export function FacilityField({ chosen, onChoose, error }: FacilityFieldProps): ReactNode {
  const { t, language } = useWords();
  const [text, setText] = useState(chosen?.name[language] ?? '');
  // A chosen name is no search: the list then shows the nearest again.
  const wanted = chosen === null ? text.trim() : '';
  const { hits, isWaiting } = useFacilityHits(wanted);
  return (
    <ChoiceBox
      id="facility"
      label={t('field.facility')}
      error={error}
      warningText={text.trim() !== '' && chosen === null ? t('choice.choose') : undefined}
      text={text}
      onText={(typed) => {
        setText(typed);
        onChoose(null);
      }}
      hits={hits}
      keyOf={(hit) => hit.code}
      show={(hit) => (
        <>
          <span>{hit.name[language]}</span>
          <span className="caption figure">{hit.code}</span>
        </>
      )}
      onChoose={(hit) => {
        setText(hit.name[language]);
        onChoose(hit);
      }}
      none={t('facility.none')}
      isWaiting={isWaiting}
    />
  );
}

function useFacilityHits(wanted: string): {
  readonly hits: readonly FacilityHit[];
  readonly isWaiting: boolean;
} {
  const bridge = useBridge();
  const [found, setFound] = useState<{ text: string; hits: readonly FacilityHit[] } | null>(null);
  useEffect(() => {
    let isCurrent = true;
    const timer = setTimeout(async () => {
      const outcome = await bridge.request('facilities.search', { text: wanted, limit: mostShown });
      if (isCurrent) setFound({ text: wanted, hits: outcome.ok ? outcome.value.facilities : [] });
    }, pauseMs);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [bridge, wanted]);
  return { hits: found?.hits ?? [], isWaiting: found?.text !== wanted };
}
