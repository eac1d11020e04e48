import type { ReactNode } from 'react';
import type { VitalsFlag } from '#clinic/forms/vitals-ranges.ts';
import { useWords } from '../wording/words.ts';
import { Icon, type IconName } from './icons.tsx';

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

export const isCritical = (flag: VitalsFlag): boolean => flag.startsWith('critical');

/** An abnormal value: symbol, bold, colour and words together, critical apart. */
export function FlagMark({ flag }: { readonly flag: VitalsFlag }): ReactNode {
  const { t } = useWords();
  return (
    <span className={isCritical(flag) ? 'flag flag-critical' : 'flag flag-abnormal'}>
      <Icon name={icons[flag]} size={16} />
      {t(`flag.${flag}`)}
    </span>
  );
}
