import type { ReactNode } from 'react';
import { FieldMessages } from './field.tsx';

interface SegmentedProps<Value extends string> {
  readonly name: string;
  readonly label: string;
  readonly isLabelHidden?: boolean;
  readonly options: readonly { readonly value: Value; readonly label: ReactNode; readonly hint?: string }[];
  readonly value: Value | null;
  readonly onChange: (value: Value) => void;
  readonly size?: 'normal' | 'small';
  readonly error?: string | undefined;
}

/** A few choices side by side: native radio buttons, so arrows and screen readers work as everywhere. */
export function Segmented<Value extends string>(props: SegmentedProps<Value>): ReactNode {
  const { name, label, isLabelHidden = false, options, value, onChange, size = 'normal', error } = props;
  return (
    <fieldset className={error === undefined ? 'field' : 'field field-wrong'}>
      <legend className={isLabelHidden ? 'visually-hidden' : 'field-label'}>{label}</legend>
      <div className={`segmented segmented-${size}`}>
        {options.map((option) => (
          <label key={option.value} className="segment" title={option.hint}>
            <input
              type="radio"
              autoComplete="off"
              name={name}
              id={`${name}-${option.value}`}
              value={option.value}
              checked={option.value === value}
              onChange={() => onChange(option.value)}
            />
            <span>{option.label}</span>
          </label>
        ))}
      </div>
      <FieldMessages id={name} error={error} />
    </fieldset>
  );
}
