import { type ReactNode, useMemo, useRef, useState } from 'react';
import * as v from 'valibot';
import type { Registration } from '#contracts/bridge/requests.ts';
import type { PatientSummary } from '#contracts/bridge/views.ts';
import { useNavigation } from '../../app/navigation.tsx';
import { useToday } from '../../app/surroundings.tsx';
import { useRequest } from '../../bridge/hooks.tsx';
import { type FormDraft, useFormDraft } from '../../drafts/drafts-context.tsx';
import { SaveFailure } from '../../parts/save-failure.tsx';
import { ScreenHead } from '../../parts/screen-head.tsx';
import { useWords } from '../../wording/words.ts';
import { PossibleDuplicates } from './possible-duplicates.tsx';
import { newFields, RegistrationFieldsSchema } from './registration-fields.ts';
import { RegistrationForm } from './registration-form.tsx';

/** Registers a citizen: the form at the left, who it might already be at the right. */
export function RegistrationScreen({ typed }: { readonly typed: string }): ReactNode {
  const draft = useFormDraft({ form: 'registration' });
  return draft.isReady ? (
    <Registering key={draft.beginning} typed={typed} draft={draft} />
  ) : (
    <div className="screen-wait" aria-busy="true" />
  );
}

function Registering({ typed, draft }: { readonly typed: string; readonly draft: FormDraft }): ReactNode {
  const { t } = useWords();
  const today = useToday();
  const navigation = useNavigation();
  const search = useRequest('patients.possible-duplicates');
  const register = useRequest('patients.register');
  const [alike, setAlike] = useState<readonly PatientSummary[] | null>(null);
  // Who was looked at and found to be somebody else; anybody new asks again.
  const [dismissed, setDismissed] = useState<ReadonlySet<string>>(new Set());
  const [question, setQuestion] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a form begins once
  const initial = useMemo(() => restoredFields(draft) ?? newFields(typed, today), []);

  const findAlike = async (person: Registration): Promise<readonly PatientSummary[]> => {
    const { name, birth, sex, pinfl } = person;
    const outcome = await search.send({ name, birth, sex, pinfl });
    if (!outcome.ok) return [];
    setAlike(outcome.value.patients);
    return outcome.value.patients;
  };

  const lookAndRegister = async (person: Registration) => {
    const found = await findAlike(person);
    if (found.some((patient) => !dismissed.has(patient.id))) return setQuestion((asked) => asked + 1);
    const outcome = await register.send(person);
    if (!outcome.ok) return;
    draft.forget();
    navigation.go({ screen: 'patient', patientId: outcome.value.id });
  };

  // The key that submits repeats while it is held: one citizen must not become two.
  const isSaving = useRef(false);
  const save = async (person: Registration) => {
    if (isSaving.current) return;
    isSaving.current = true;
    try {
      await lookAndRegister(person);
    } finally {
      isSaving.current = false;
    }
  };

  return (
    <div className="screen">
      <ScreenHead title={t('register.title')} words={t('register.words')} />
      <div className="register-columns">
        <RegistrationForm
          initial={initial}
          before={null}
          draft={draft}
          submitWords={t('register.submit')}
          isBusy={register.isBusy || search.isBusy}
          failure={register.error && <SaveFailure error={register.error} />}
          serverError={register.error}
          onPerson={(person) => void findAlike(person)}
          onSubmit={(person) => void save(person)}
          onCancel={() => {
            draft.forget();
            navigation.back();
          }}
        />
        <PossibleDuplicates
          found={alike}
          question={question}
          isDismissed={
            alike !== null && alike.length > 0 && alike.every((patient) => dismissed.has(patient.id))
          }
          onDismiss={() => setDismissed(new Set(alike?.map((patient) => patient.id)))}
        />
      </div>
    </div>
  );
}

function restoredFields(draft: FormDraft) {
  const parsed = v.safeParse(RegistrationFieldsSchema, draft.restored?.values);
  return parsed.success ? parsed.output : null;
}
