import { type ReactNode, type Ref, useState } from 'react';
import { useWords } from '../wording/words.ts';
import { describedBy, Field } from './field.tsx';

interface PassphraseFieldProps {
  readonly id: string;
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly hint?: string;
  readonly error?: string | undefined;
  readonly inputRef?: Ref<HTMLInputElement>;
}

/** A passphrase, hidden unless its owner wants to see it. */
export function PassphraseField(props: PassphraseFieldProps): ReactNode {
  const { id, label, value, onChange, hint, error, inputRef } = props;
  const { t } = useWords();
  const [isShown, setShown] = useState(false);
  const frame = { id, label, error, ...(hint === undefined ? {} : { hint }) };
  return (
    <Field {...frame}>
      <div className="field-group">
        <input
          id={id}
          ref={inputRef}
          className="field-input field-large"
          type={isShown ? 'text' : 'password'}
          value={value}
          onChange={(event) => onChange(event.target.value)}
          // The computer is shared: what its browser remembers would open the records for anybody. Pasting stays possible.
          autoComplete="one-time-code"
          spellCheck={false}
          autoCapitalize="off"
          aria-invalid={error !== undefined || undefined}
          aria-describedby={describedBy(frame)}
        />
        <button
          type="button"
          className="field-addon"
          aria-pressed={isShown}
          onClick={() => setShown(!isShown)}
        >
          {t(isShown ? 'passphrase.hide' : 'passphrase.show')}
        </button>
      </div>
    </Field>
  );
}
