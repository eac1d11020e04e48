import { type ReactNode, useRef } from 'react';
import type { FoundPatient } from '#contracts/bridge/views.ts';
import { useToday } from '../app/surroundings.tsx';
import { Button } from '../parts/button.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { bannerName, birthAndAge, formatPinfl } from '../parts/patient-words.ts';
import { useWords } from '../wording/words.ts';

interface FoundByScanProps {
  readonly patient: FoundPatient;
  readonly onOpen: () => void;
  readonly onClose: () => void;
}

/** Whom a card or a code names, to be compared with the person at the desk. Enter opens. */
export function FoundByScan({ patient, onOpen, onClose }: FoundByScanProps): ReactNode {
  const { t } = useWords();
  const today = useToday();
  const open = useRef<HTMLButtonElement>(null);
  return (
    <Dialog title={t('scan.found')} onClose={onClose} initialFocus={open}>
      <p className="scan-name">{bannerName(patient.name)}</p>
      <p className="figure">{birthAndAge(t, patient.birth, today)}</p>
      <p className="soft">
        {t(`sex.${patient.sex}`)}
        {patient.pinfl !== null && ` · ${formatPinfl(patient.pinfl)}`}
      </p>
      {patient.mahalla !== null && <p className="soft">{patient.mahalla}</p>}
      <p>{t('scan.confirm')}</p>
      <footer className="dialog-foot">
        <Button onClick={onClose}>{t('scan.somebody-else')}</Button>
        <Button kind="primary" ref={open} onClick={onOpen}>
          {t('scan.open')}
        </Button>
      </footer>
    </Dialog>
  );
}
