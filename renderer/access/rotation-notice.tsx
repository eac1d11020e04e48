import type { ReactNode } from 'react';
import { formatNumber } from '#clinic/formats.ts';
import type { Door } from '#contracts/bridge/access.ts';
import { Notice } from '../parts/notice.tsx';
import { useWords } from '../wording/words.ts';

/** How far the records are under a new key. Nothing while they are not being brought there. */
export function RotationNotice({ door }: { readonly door: Pick<Door, 'rotation'> | null }): ReactNode {
  const { t, language } = useWords();
  if (door === null || door.rotation === null) return null;
  const percent = formatNumber(Math.floor(door.rotation * 100), language);
  return (
    <Notice kind="info" title={t('rotation.going-on', { percent })}>
      <p>{t('rotation.words')}</p>
    </Notice>
  );
}
