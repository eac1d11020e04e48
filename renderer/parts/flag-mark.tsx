import type { ReactNode } from 'react';
import { ageInMonths } from '#clinic/age.ts';
import type { VitalsName } from '#clinic/forms/vitals.ts';
import { flagVital, type VitalsFlag } from '#clinic/forms/vitals-ranges.ts';
import type { PatientBody } from '#contracts/records/patients.ts';
import { useWords } from '../wording/words.ts';
import { Icon, type IconName } from './icons.tsx';
import type { Measured } from './measured.ts';

const icons = {
  'critical-high': 'double-up',
  'critical-low': 'double-down',
  high: 'arrow-up',
  low: 'arrow-down',
} as const satisfies Record<VitalsFlag, IconName>;

/** Severest first. */
const severity: readonly VitalsFlag[] = ['critical-high', 'critical-low', 'high', 'low'];

/** The flag that matters most, or null. */
export const worstFlag = (flags: readonly (VitalsFlag | null | undefined)[]): VitalsFlag | null =>
  severity.find((flag) => flags.includes(flag)) ?? null;

/** How the value stood at the age the patient had when it was measured. */
export const flagThen = (
  field: VitalsName,
  measured: Measured | undefined,
  birth: PatientBody['birth'],
): VitalsFlag | null =>
  measured === undefined
    ? null
    : (flagVital(field, measured.value, ageInMonths(birth, measured.day))?.flag ?? null);

export const isCritical = (flag: VitalsFlag): boolean => flag.startsWith('critical');

interface FlagMarkProps {
  readonly flag: VitalsFlag;
  /** The words only for screen readers and on pointing: where the value was flagged in full before. */
  readonly isShort?: boolean;
}

/** An abnormal value: symbol, bold, colour and words together, critical apart. */
export function FlagMark({ flag, isShort = false }: FlagMarkProps): ReactNode {
  const { t } = useWords();
  const words = t(`flag.${flag}`);
  return (
    <span className={isCritical(flag) ? 'flag flag-critical' : 'flag flag-abnormal'} title={words}>
      <Icon name={icons[flag]} size={isShort ? 13 : 16} />
      <span className={isShort ? 'visually-hidden' : undefined}>{words}</span>
    </span>
  );
}
