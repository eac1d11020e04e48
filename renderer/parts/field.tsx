import type { InputHTMLAttributes, ReactNode, Ref, TextareaHTMLAttributes } from 'react';
import { Icon } from './icons.tsx';

interface FieldFrame {
  readonly id: string;
  readonly label: string;
  readonly hint?: ReactNode;
  /** The words beside the field; the same stand in the error summary. */
  readonly error?: string | undefined;
  readonly warning?: string | undefined;
  /** Words for a field that may stay empty. */
  readonly optional?: string;
}

/** Ids of what describes a field, for `aria-describedby`. */
export function describedBy(frame: FieldFrame): string | undefined {
  const ids = [
    frame.error !== undefined && `${frame.id}-error`,
    frame.warning !== undefined && `${frame.id}-warning`,
    frame.hint !== undefined && `${frame.id}-hint`,
  ].filter((id) => id !== false);
  return ids.length === 0 ? undefined : ids.join(' ');
}

/** Label above, the control, then what helps or what is wrong. */
export function Field({ children, ...frame }: FieldFrame & { readonly children: ReactNode }): ReactNode {
  const { id, label, hint, error, warning, optional } = frame;
  return (
    <div className={error === undefined ? 'field' : 'field field-wrong'}>
      <label className="field-label" htmlFor={id}>
        {label}
        {optional && <span className="field-optional">{optional}</span>}
      </label>
      {children}
      <FieldMessages id={id} hint={hint} error={error} warning={warning} />
    </div>
  );
}

/** What stands below a control. */
export function FieldMessages(frame: Omit<FieldFrame, 'label'>): ReactNode {
  const { id, hint, error, warning } = frame;
  return (
    <>
      {error !== undefined && (
        <p className="field-error" id={`${id}-error`}>
          <Icon name="alert" size={16} />
          {error}
        </p>
      )}
      {warning !== undefined && (
        <p className="field-warning" id={`${id}-warning`}>
          <Icon name="info" size={16} />
          {warning}
        </p>
      )}
      {hint !== undefined && (
        <p className="field-hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </>
  );
}

type TextFieldProps = FieldFrame &
  InputHTMLAttributes<HTMLInputElement> & { readonly ref?: Ref<HTMLInputElement> };

/** One line of text. Names are not spell-checked and not completed by the browser. */
export function TextField({ label, hint, error, warning, optional, ...input }: TextFieldProps): ReactNode {
  const frame = { id: input.id, label, hint, error, warning, ...(optional ? { optional } : {}) };
  return (
    <Field {...frame}>
      <input
        type="text"
        autoComplete="off"
        spellCheck={false}
        {...input}
        className={`field-input ${input.className ?? ''}`}
        aria-invalid={error !== undefined || undefined}
        aria-describedby={describedBy(frame)}
      />
    </Field>
  );
}

type TextAreaProps = FieldFrame &
  TextareaHTMLAttributes<HTMLTextAreaElement> & { readonly ref?: Ref<HTMLTextAreaElement> };

/** Several lines of text. */
export function TextArea({ label, hint, error, warning, optional, ...area }: TextAreaProps): ReactNode {
  const frame = { id: area.id, label, hint, error, warning, ...(optional ? { optional } : {}) };
  return (
    <Field {...frame}>
      <textarea
        autoComplete="off"
        spellCheck={false}
        {...area}
        className={`field-input field-area ${area.className ?? ''}`}
        aria-invalid={error !== undefined || undefined}
        aria-describedby={describedBy(frame)}
      />
    </Field>
  );
}
