import { type ReactNode, useEffect, useRef, useState } from 'react';
import { useForm } from 'react-hook-form';
import type { Registration } from '#contracts/bridge/requests.ts';
import type { PatientRecord } from '#contracts/bridge/views.ts';
import type { AppError } from '#contracts/errors.ts';
import { useShortcuts } from '../../app/shortcuts.ts';
import { useToday } from '../../app/surroundings.tsx';
import type { FormDraft } from '../../drafts/drafts-context.tsx';
import { Button } from '../../parts/button.tsx';
import { ErrorSummary, type Mistake } from '../../parts/error-summary.tsx';
import { useWords } from '../../wording/words.ts';
import { ContactFields } from './contact-fields.tsx';
import { IdentityFields } from './identity-fields.tsx';
import { checkFields, mistakesOf, type RegistrationFields } from './registration-fields.ts';
import './registration.css';

interface RegistrationFormProps {
  readonly initial: RegistrationFields;
  /** The record that is changed, or null for a new one. */
  readonly before: PatientRecord | null;
  readonly draft: FormDraft | null;
  readonly submitWords: string;
  readonly isBusy: boolean;
  readonly failure: ReactNode;
  readonly serverError: AppError | null;
  /** Enough is typed to look for people alike. */
  readonly onPerson?: (person: Registration) => void;
  readonly onSubmit: (person: Registration) => void;
  readonly onCancel: () => void;
}

/** What the fields of the form share. */
export interface FieldsProps {
  readonly form: ReturnType<typeof useForm<RegistrationFields>>;
  readonly wrong: (fieldId: string) => string | undefined;
}

/** Identity, contacts and consent of a citizen; used to register and to change. */
export function RegistrationForm(props: RegistrationFormProps): ReactNode {
  const { initial, before, draft, onPerson, onSubmit, serverError } = props;
  const { t } = useWords();
  const today = useToday();
  const form = useForm<RegistrationFields>({ defaultValues: initial });
  const [attempt, setAttempt] = useState(0);
  const [mistakes, setMistakes] = useState<readonly Mistake[]>([]);
  const lastPerson = useRef('');
  useDrafting(form, draft);
  useServerMistakes(serverError, (found) => {
    setMistakes(found);
    setAttempt((tries) => tries + 1);
  });
  const wrong = (fieldId: string) => mistakes.find((mistake) => mistake.fieldId === fieldId)?.words;

  const submit = () => {
    const { registration, mistakes: found } = checkFields(t, form.getValues(), today, before);
    setMistakes(found);
    setAttempt(attempt + 1);
    if (registration !== null) onSubmit(registration);
  };
  // Leaving a field is the moment to look for people alike: not at every stroke. What is mended stays marked until the
  // next attempt: a mark that went away here would move the field under the pointer that left this one.
  const lookAround = () => {
    const { registration } = checkFields(t, form.getValues(), today, before);
    if (registration === null || onPerson === undefined) return;
    const { name, birth, sex, pinfl } = registration;
    const person = JSON.stringify({ name, birth, sex, pinfl });
    if (person !== lastPerson.current) onPerson(registration);
    lastPerson.current = person;
  };
  useShortcuts({ 'Ctrl+Enter': submit });

  return (
    <form
      className="card register-form"
      noValidate
      onBlur={lookAround}
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <ErrorSummary mistakes={mistakes} attempt={attempt} />
      {props.failure}
      <IdentityFields form={form} wrong={wrong} />
      <ContactFields form={form} wrong={wrong} hasAllergyQuestion={before?.body.allergyStatus !== 'known'} />
      <div className="form-foot">
        {draft !== null && (
          <p className={draft.isUnkept ? 'field-warning form-note' : 'caption form-note'}>
            {t(draft.isUnkept ? 'drafts.unkept' : 'drafts.kept')}
          </p>
        )}
        <Button kind="quiet" onClick={props.onCancel}>
          {t('action.cancel')}
        </Button>
        <Button kind="primary" type="submit" icon="check" isBusy={props.isBusy} keys="Ctrl Enter">
          {props.submitWords}
        </Button>
      </div>
    </form>
  );
}

/** Keeps what is typed, under the name typed so far. */
function useDrafting(form: FieldsProps['form'], draft: FormDraft | null): void {
  useEffect(() => {
    if (draft === null) return;
    return form.subscribe({
      formState: { values: true },
      callback: ({ values }) => draft.keep(`${values.family} ${values.given}`.trim(), values),
    });
  }, [form, draft]);
}

/** What only the workstation noticed belongs beside the fields too. */
function useServerMistakes(error: AppError | null, tell: (mistakes: readonly Mistake[]) => void): void {
  const { t } = useWords();
  const latest = useRef(tell);
  latest.current = tell;
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each failure
  useEffect(() => {
    const paths = error?.detail?.paths;
    const messages = error?.detail?.issues;
    if (!Array.isArray(paths) || !Array.isArray(messages)) return;
    latest.current(
      mistakesOf(
        t,
        paths.map((path, at) => ({ path: String(path), message: String(messages[at]) })),
      ),
    );
  }, [error]);
}
