import { type ReactNode, useEffect, useRef } from 'react';
import { useWords } from '../wording/words.ts';
import { Icon } from './icons.tsx';

/** One thing to mend: the field's id and the words that also stand beside it. */
export interface Mistake {
  readonly fieldId: string;
  readonly words: string;
}

/**
 * Stands on top of a form that was not accepted, even for one mistake; takes the focus, and each line leads to its field.
 * `attempt` changes with every try, so that the focus moves again.
 */
export function ErrorSummary({
  mistakes,
  attempt,
}: {
  readonly mistakes: readonly Mistake[];
  readonly attempt: number;
}): ReactNode {
  const { t } = useWords();
  const box = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each attempt, not while mistakes are mended
  useEffect(() => box.current?.focus(), [attempt]);
  if (mistakes.length === 0) return null;
  return (
    <div className="error-summary" role="alert" tabIndex={-1} ref={box}>
      <Icon name="alert" />
      <div>
        <h2>{t('errors.title')}</h2>
        <ul>
          {mistakes.map(({ fieldId, words }) => (
            <li key={`${fieldId} ${words}`}>
              <a
                href={`#${fieldId}`}
                onClick={(event) => {
                  event.preventDefault();
                  document.getElementById(fieldId)?.focus();
                }}
              >
                {words}
              </a>
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}
