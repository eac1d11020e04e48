import { type ReactNode, useRef } from 'react';
import { Icon } from '../../parts/icons.tsx';
import { useWords } from '../../wording/words.ts';
import { groupLength, groupNumbers, nextGroup, typeGroups } from './paper-key.ts';

interface PaperKeyFieldsProps {
  readonly groups: readonly string[];
  /** Groups with a mistake, counted from 1 as on the paper. */
  readonly wrong: readonly number[];
  readonly onChange: (groups: readonly string[]) => void;
}

/** The groups of a paper key, typed one after the other as they stand on the paper. */
export function PaperKeyFields({ groups, wrong, onChange }: PaperKeyFieldsProps): ReactNode {
  const { t } = useWords();
  const inputs = useRef<(HTMLInputElement | null)[]>([]);
  const type = (at: number, text: string) => {
    const changed = typeGroups(groups, at, text);
    onChange(changed);
    const isFull = (changed[at] ?? '').length === groupLength && text.length > (groups[at] ?? '').length;
    if (isFull) inputs.current[nextGroup(changed, at)]?.focus();
  };
  return (
    <fieldset className={wrong.length > 0 ? 'field field-wrong-groups' : 'field'}>
      <legend className="field-label">{t('paper-key.label')}</legend>
      <div className="paper-groups">
        {groupNumbers.map((number) => (
          <label key={number} className="paper-group">
            <span className="paper-group-number">{number}</span>
            <input
              id={`paper-group-${number}`}
              ref={(input) => {
                inputs.current[number - 1] = input;
              }}
              className="field-input"
              value={groups[number - 1] ?? ''}
              autoComplete="off"
              autoCapitalize="characters"
              spellCheck={false}
              aria-label={t('paper-key.group', { count: number })}
              aria-invalid={wrong.includes(number) || undefined}
              onChange={(event) => type(number - 1, event.target.value)}
              onKeyDown={(event) => {
                if (event.key === 'Backspace' && groups[number - 1] === '')
                  inputs.current[number - 2]?.focus();
              }}
            />
          </label>
        ))}
      </div>
      {wrong.length > 0 && (
        <p className="field-error">
          <Icon name="alert" size={16} />
          {t('paper-key.wrong-groups', { groups: wrong.join(', ') })}
        </p>
      )}
    </fieldset>
  );
}
