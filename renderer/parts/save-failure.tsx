import type { ReactNode } from 'react';
import type { AppError, ErrorCode } from '#contracts/errors.ts';
import { describeError, useWords } from '../wording/words.ts';
import { Notice } from './notice.tsx';

/** After these the write may have been done: no answer came, or none that could be read. */
const unsureCodes: readonly ErrorCode[] = ['bridge.link-lost', 'bridge.unknown-message', 'internal.failure'];

/** A save that failed. When no answer came it is not known whether it was done, and the words say so. */
export function SaveFailure({ error }: { readonly error: AppError }): ReactNode {
  const { t } = useWords();
  const isUnsure = unsureCodes.includes(error.code);
  return (
    <Notice kind="danger" title={describeError(t, error)} isUrgent>
      <p>{t(isUnsure ? 'save.unsure' : 'save.not-saved')}</p>
    </Notice>
  );
}
