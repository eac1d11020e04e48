import type { ReactNode } from 'react';
import type { AppError } from '#contracts/errors.ts';
import { describeError, useWords } from '../wording/words.ts';
import { Notice } from './notice.tsx';

/** A save that failed. When no answer came it is not known whether it was done, and the words say so. */
export function SaveFailure({ error }: { readonly error: AppError }): ReactNode {
  const { t } = useWords();
  const isUnsure = error.code === 'bridge.link-lost';
  return (
    <Notice kind="danger" title={describeError(t, error)} isUrgent>
      <p>{t(isUnsure ? 'save.unsure' : 'save.not-saved')}</p>
    </Notice>
  );
}
