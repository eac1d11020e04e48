import { lazy, type ReactNode, Suspense, useEffect, useRef, useState } from 'react';
import { scanOfCode } from '#clinic/scanning/scan.ts';
import type { Scan } from '#contracts/bridge/scans.ts';
import type { FoundPatient } from '#contracts/bridge/views.ts';
import { useNavigation } from '../app/navigation.tsx';
import { useToday } from '../app/surroundings.tsx';
import { useBridge, useView } from '../bridge/hooks.tsx';
import { Icon } from '../parts/icons.tsx';
import { useWords } from '../wording/words.ts';
import { useTypedCard } from './use-typed-cards.ts';
import { useWedge } from './use-wedge.ts';
import './scanning.css';

const FoundByScan = lazy(() => import('./found-by-scan.tsx').then((m) => ({ default: m.FoundByScan })));

/** How long a quiet word about a scan stays. */
const tellMs = 5_000;

/**
 * Takes what is scanned on any screen: a patient is shown for confirmation by two identifiers (DEV-31), everything else is answered
 * by a quiet line.
 */
export function ScanReceiver(): ReactNode {
  const { t } = useWords();
  const bridge = useBridge();
  const giveCard = useTypedCard();
  const navigation = useNavigation();
  const today = useToday();
  const [found, setFound] = useState<FoundPatient | null>(null);
  const [told, setTold] = useState<{ readonly words: string; readonly turn: number } | null>(null);
  const turn = useRef(0);

  const tell = (words: string) => {
    turn.current += 1;
    setTold({ words, turn: turn.current });
  };
  const receive = async (scan: Scan) => {
    // What is on the screen in front is answered first.
    if (isAsked()) return;
    turn.current += 1;
    const own = turn.current;
    if (scan.kind !== 'patient') return tell(t(`scan.${scan.kind}`));
    const outcome = await bridge.request('patients.search', { text: scan.pinfl, limit: 5 });
    if (own !== turn.current || !outcome.ok) return;
    // Alike numbers are found too: only this very one is meant.
    const [patient] = outcome.value.patients.filter(
      ({ pinfl, foundAs }) => pinfl === scan.pinfl || foundAs !== null,
    );
    if (patient === undefined) tell(t('scan.nobody'));
    else setFound(patient);
  };
  useWedge((text, end) => {
    const scan = scanOfCode({ text, symbology: null }, today);
    if (scan === undefined || (end === 'silence' && scan.kind === 'unknown')) return false;
    // The question in front may be whose card this is.
    if (isAsked()) giveCard(text);
    else void receive(scan);
    return true;
  });
  useLatestScan((scan) => void receive(scan));

  useEffect(() => {
    if (told === null) return;
    const timer = setTimeout(() => setTold(null), tellMs);
    return () => clearTimeout(timer);
  }, [told]);

  return (
    <>
      <div className="scan-told" role="status">
        {told !== null && (
          <p>
            <Icon name="card" size={18} />
            {told.words}
          </p>
        )}
      </div>
      {found !== null && (
        <Suspense>
          <FoundByScan
            patient={found}
            onOpen={() => {
              setFound(null);
              navigation.go({ screen: 'patient', patientId: found.id });
            }}
            onClose={() => setFound(null)}
          />
        </Suspense>
      )}
    </>
  );
}

const isAsked = (): boolean => document.querySelector('[role=dialog]') !== null;

/** Readers that do not type come by way of the workstation; what was read before this screen opened is history. */
function useLatestScan(received: (scan: Scan) => void): void {
  const view = useView('scans.latest', {});
  const latest = useRef(received);
  latest.current = received;
  const lastReading = useRef<number | null>(null);
  useEffect(() => {
    if (view.status !== 'ready') return;
    const reading = view.value?.reading ?? 0;
    const isNew = lastReading.current !== null && reading > lastReading.current;
    lastReading.current = reading;
    if (isNew && view.value !== null) latest.current(view.value.scan);
  }, [view]);
}
