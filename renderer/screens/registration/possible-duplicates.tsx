import { type ReactNode, useEffect, useRef } from 'react';
import type { PatientSummary } from '#contracts/bridge/views.ts';
import { useNavigation } from '../../app/navigation.tsx';
import { useToday } from '../../app/surroundings.tsx';
import { Button } from '../../parts/button.tsx';
import { Icon } from '../../parts/icons.tsx';
import { bannerName, birthAndAge, formatPinfl } from '../../parts/patient-words.ts';
import { useWords } from '../../wording/words.ts';

interface PossibleDuplicatesProps {
  /** Null until enough was typed to look. */
  readonly found: readonly PatientSummary[] | null;
  /** Counts the attempts to save that were stopped to ask. */
  readonly question: number;
  readonly isDismissed: boolean;
  readonly onDismiss: () => void;
}

/** People who may be the one being registered. Stops a save once, never silently. */
export function PossibleDuplicates(props: PossibleDuplicatesProps): ReactNode {
  const { found, question, isDismissed, onDismiss } = props;
  const { t } = useWords();
  const patients = found ?? [];
  const box = useRef<HTMLElement>(null);
  useEffect(() => {
    if (question > 0) box.current?.focus();
  }, [question]);
  return (
    <aside
      ref={box}
      tabIndex={-1}
      className={patients.length > 0 && !isDismissed ? 'card alike alike-found' : 'card alike'}
      aria-labelledby="alike-title"
    >
      <header className="card-head">
        <h2 id="alike-title">{t('alike.title')}</h2>
        {patients.length > 0 && <span className="badge badge-attention">{patients.length}</span>}
      </header>
      {patients.length === 0 && (
        <p className="card-words soft">
          <Icon name={found === null ? 'info' : 'check-circle'} size={18} />
          {t(found === null ? 'alike.waiting' : 'alike.none')}
        </p>
      )}
      <p className="visually-hidden" role="status">
        {patients.length > 0 ? t('alike.found', { count: patients.length }) : ''}
      </p>
      <ul>
        {patients.map((patient) => (
          <AlikeItem key={patient.id} patient={patient} />
        ))}
      </ul>
      {patients.length > 0 && (
        <footer className="card-foot">
          {isDismissed ? (
            <p className="soft">{t('alike.dismissed')}</p>
          ) : (
            <>
              {question > 0 && <p className="alike-question">{t('alike.question')}</p>}
              <Button onClick={onDismiss}>{t('alike.dismiss')}</Button>
            </>
          )}
        </footer>
      )}
    </aside>
  );
}

function AlikeItem({ patient }: { readonly patient: PatientSummary }): ReactNode {
  const { t } = useWords();
  const today = useToday();
  const navigation = useNavigation();
  return (
    <li className="alike-item">
      <p className="row-title">{bannerName(patient.name)}</p>
      <p className="figure">{birthAndAge(t, patient.birth, today)}</p>
      <p className="caption">
        {[t(`sex.${patient.sex}`), patient.mahalla, patient.pinfl && formatPinfl(patient.pinfl)]
          .filter(Boolean)
          .join(' · ')}
      </p>
      <Button
        size="small"
        icon="arrow-right"
        onClick={() => navigation.go({ screen: 'patient', patientId: patient.id })}
      >
        {t('alike.open')}
      </Button>
    </li>
  );
}
