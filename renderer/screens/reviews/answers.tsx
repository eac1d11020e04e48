import { type FormEvent, type ReactNode, useId, useState } from 'react';
import { useShortcuts } from '../../app/shortcuts.ts';
import { Button, Keys } from '../../parts/button.tsx';
import { useWords } from '../../wording/words.ts';

/** One answer to a question, chosen by the digit of its place. */
export interface Answer {
  readonly key: string;
  readonly words: string;
  readonly caption?: string | undefined;
}

interface AnswersProps {
  readonly answers: readonly Answer[];
  readonly isBusy: boolean;
  /** What follows from the answer that is chosen. */
  readonly consequence?: ((key: string) => string | null) | undefined;
  readonly onSettle: (key: string) => void;
}

/**
 * The answers as native radio buttons: a digit or the arrows left and right choose, Enter settles. Choosing alone does
 * nothing, so that a key pressed by mistake costs nothing.
 */
export function Answers({ answers, isBusy, consequence, onSettle }: AnswersProps): ReactNode {
  const { t } = useWords();
  const name = useId();
  const [chosen, setChosen] = useState<string | null>(null);
  const idOf = (key: string) => `${name}-${key}`;
  const choose = (key: string) => {
    setChosen(key);
    document.getElementById(idOf(key))?.focus();
  };
  useShortcuts(
    Object.fromEntries(answers.map(({ key }, at) => [String(at + 1), () => choose(key)] as const)),
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (chosen !== null && !isBusy) onSettle(chosen);
  };
  const follows = chosen === null ? null : consequence?.(chosen);
  return (
    <form className="answers" onSubmit={submit}>
      <fieldset>
        <legend className="visually-hidden">{t('review.answer')}</legend>
        <div className="answer-choices">
          {answers.map(({ key, words, caption }, at) => (
            <label key={key} className="answer">
              <input
                type="radio"
                autoComplete="off"
                name={name}
                id={idOf(key)}
                checked={chosen === key}
                onChange={() => setChosen(key)}
              />
              <Keys keys={String(at + 1)} />
              <span className="answer-words">
                <strong>{words}</strong>
                {caption && <span className="caption">{caption}</span>}
              </span>
            </label>
          ))}
        </div>
      </fieldset>
      <div className="answer-foot">
        <Button kind="primary" type="submit" keys="Enter" isBusy={isBusy} disabled={chosen === null}>
          {t('review.settle')}
        </Button>
        <p className="answer-follows" role="status">
          {follows ?? (chosen === null ? t('review.choose-first') : t('review.can-be-taken-back'))}
        </p>
        <p className="caption">
          <Keys keys="↑ ↓" /> {t('review.keys')}
        </p>
      </div>
    </form>
  );
}
