import { Combobox, ComboboxItem, ComboboxPopover, ComboboxProvider } from '@ariakit/react';
import { type ReactNode, type Ref, useState } from 'react';
import { describedBy, Field } from './field.tsx';

interface ChoiceBoxProps<Hit> {
  readonly id: string;
  readonly label: string;
  readonly isLabelHidden?: boolean;
  readonly hint?: string;
  readonly error?: string | undefined;
  readonly warningText?: string | undefined;
  readonly optional?: string;
  readonly placeholder?: string;
  readonly text: string;
  readonly onText: (text: string) => void;
  readonly hits: readonly Hit[];
  readonly keyOf: (hit: Hit) => string;
  readonly show: (hit: Hit) => ReactNode;
  readonly onChoose: (hit: Hit) => void;
  /** What stands in an empty list. */
  readonly none: string;
  readonly isWaiting: boolean;
  readonly inputRef?: Ref<HTMLInputElement>;
}

/** An input with a list of suggestions that the workstation finds. Arrows, Enter and Escape as everywhere. */
export function ChoiceBox<Hit>(props: ChoiceBoxProps<Hit>): ReactNode {
  const { id, label, hint, error, optional, text, onText, hits, keyOf, show, onChoose, none, isWaiting } =
    props;
  const [isOpen, setOpen] = useState(false);
  const frame = {
    id,
    label,
    error,
    warning: props.warningText,
    ...(hint === undefined ? {} : { hint }),
    ...(optional ? { optional } : {}),
  };
  const box = (
    <ComboboxProvider
      open={isOpen}
      setOpen={setOpen}
      value={text}
      setValue={onText}
      resetValueOnHide={false}
      includesBaseElement={false}
    >
      <Combobox
        id={id}
        ref={props.inputRef}
        className="field-input"
        placeholder={props.placeholder}
        autoSelect
        aria-label={props.isLabelHidden ? label : undefined}
        aria-invalid={error !== undefined || undefined}
        aria-describedby={describedBy(frame)}
        spellCheck={false}
        maxLength={80}
        showOnClick
        showOnChange
      />
      <ComboboxPopover
        className="choices"
        gutter={4}
        sameWidth
        fitViewport
        aria-busy={isWaiting}
        aria-label={label}
      >
        {hits.map((hit) => (
          <ComboboxItem
            key={keyOf(hit)}
            className="choice"
            setValueOnClick={false}
            onClick={() => {
              onChoose(hit);
              setOpen(false);
            }}
          >
            {show(hit)}
          </ComboboxItem>
        ))}
        {hits.length === 0 && !isWaiting && <p className="choice-none">{none}</p>}
      </ComboboxPopover>
    </ComboboxProvider>
  );
  return props.isLabelHidden ? box : <Field {...frame}>{box}</Field>;
}
