import { type ReactNode, useEffect, useRef } from 'react';
import type { FoundPatient as Found } from '#contracts/bridge/views.ts';
import { useToday } from '../../app/surroundings.tsx';
import { Icon } from '../../parts/icons.tsx';
import { bannerName, formatPinfl, plainName } from '../../parts/patient-words.ts';
import { describeAge, describeBirth } from '../../wording/dates.ts';
import { useWords } from '../../wording/words.ts';

interface FoundPatientProps {
  readonly patient: Found;
  readonly isActive: boolean;
  readonly onPoint: () => void;
  readonly onOpen: () => void;
}

/** One hit: the name, and what confirms it, birth date and mahalla, in full size. */
export function FoundPatient({ patient, isActive, onPoint, onOpen }: FoundPatientProps): ReactNode {
  const { t } = useWords();
  const today = useToday();
  const item = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (isActive) item.current?.scrollIntoView({ block: 'nearest' });
  }, [isActive]);
  return (
    <div
      ref={item}
      id={`found-${patient.id}`}
      role="option"
      aria-selected={isActive}
      className="found"
      onPointerMove={onPoint}
      onClick={onOpen}
      // The input keeps the focus and the keys.
      tabIndex={-1}
      onKeyDown={(event) => event.key === 'Enter' && onOpen()}
    >
      <span className="found-name">
        {bannerName(patient.name)}
        {patient.isVoid && <span className="chip chip-void">{t('patient.void')}</span>}
        {patient.allergyStatus === 'known' && (
          <span className="chip chip-urgent">
            <Icon name="alert" size={14} />
            {t('allergy.short')}
          </span>
        )}
      </span>
      <span className="found-confirm">
        <strong className="figure">{describeBirth(t, patient.birth)}</strong>
        <span>{describeAge(t, patient.birth, today)}</span>
        <span>{t(`sex.${patient.sex}`)}</span>
      </span>
      <span className="found-more">
        <span>
          <Icon name="pin" size={15} />
          {patient.mahalla ?? t('mahalla.unknown')}
        </span>
        <span className="figure">{patient.pinfl ? formatPinfl(patient.pinfl) : t('pinfl.unknown')}</span>
        {patient.foundAs && (
          <span>
            <Icon name="link" size={15} />
            {t('linked.found-as', { name: plainName(patient.foundAs) })}
          </span>
        )}
      </span>
    </div>
  );
}
