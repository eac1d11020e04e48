import { type ReactNode, useState } from 'react';
import { Icon } from '../../parts/icons.tsx';
import { useWords } from '../../wording/words.ts';
import { groupLength, groupNumbers, hasOtherLetters, nextGroup, typeGroups } from './paper-key.ts';

interface PaperKeyFieldsProps {
  readonly groups: readonly string[];
  /** Groups with a mistake, counted from 1 as on the paper. */
  readonly wrong: readonly number[];
  /** What is wrong with them. */
  readonly error: string | undefined;
  readonly onChange: (groups: readonly string[]) => void;
}

const fieldId = (number: number): string => `paper-group-${number}`;
const errorId = 'paper-groups-error';

/** Goes to a group, counted from 1, with all that it holds selected: typing replaces it. */
export function focusGroup(number: number): void {
  const input = document.getElementById(fieldId(number));
  if (!(input instanceof HTMLInputElement)) return;
  input.focus();
  input.select();
}

/** The groups of a paper key, typed one after the other as they stand on the paper. */
export function PaperKeyFields({ groups, wrong, error, onChange }: PaperKeyFieldsProps): ReactNode {
  const { t } = useWords();
  const [isOtherLayout, setOtherLayout] = useState(false);
  const type = (at: number, text: string) => {
    setOtherLayout(hasOtherLetters(text));
    if (hasOtherLetters(text)) return;
    const changed = typeGroups(groups, at, text);
    onChange(changed);
    const isFull = (changed[at] ?? '').length === groupLength && text.length > (groups[at] ?? '').length;
    const next = isFull ? nextGroup(changed, Math.max(at, lastFilled(groups, changed)), wrong) : null;
    if (next !== null) focusGroup(next + 1);
  };
  return (
    <fieldset className={error !== undefined ? 'field field-wrong-groups' : 'field'}>
      <legend className="field-label">{t('paper-key.label')}</legend>
      <div className="paper-groups">
        {groupNumbers.map((number) => (
          <label key={number} className="paper-group">
            <span className="paper-group-number">{number}</span>
            <input
              id={fieldId(number)}
              className="field-input"
              value={groups[number - 1] ?? ''}
              autoComplete="off"
              autoCapitalize="characters"
              spellCheck={false}
              aria-label={t('paper-key.group', { count: number })}
              aria-invalid={wrong.includes(number) || undefined}
              aria-describedby={wrong.includes(number) ? errorId : undefined}
              onChange={(event) => type(number - 1, event.target.value)}
              onKeyDown={(event) => {
                if (event.key === 'Backspace' && groups[number - 1] === '') focusGroup(number - 1);
              }}
            />
          </label>
        ))}
      </div>
      {/* Always there, so that the words are read out when they come. */}
      <div role="status">
        {isOtherLayout && (
          <p className="field-warning">
            <Icon name="keyboard" size={16} />
            {t('paper-key.latin-letters')}
          </p>
        )}
      </div>
      {error !== undefined && (
        <p className="field-error" id={errorId} role="alert">
          <Icon name="alert" size={16} />
          {error}
        </p>
      )}
    </fieldset>
  );
}

/** The last group that became another one: a whole key may be pasted. */
const lastFilled = (before: readonly string[], after: readonly string[]): number =>
  after.findLastIndex((group, at) => group !== before[at]);
