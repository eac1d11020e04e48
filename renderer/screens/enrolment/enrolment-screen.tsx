import { type FormEvent, type ReactNode, useState } from 'react';
import type { WorkstationState } from '#contracts/bridge/views.ts';
import { ScreenChoices } from '../../app/screen-choices.tsx';
import { useRequest } from '../../bridge/hooks.tsx';
import { Button } from '../../parts/button.tsx';
import { ErrorSummary, type Mistake } from '../../parts/error-summary.tsx';
import { TextField } from '../../parts/field.tsx';
import { Icon, Logo } from '../../parts/icons.tsx';
import { NameFields, nameMistakes, trimName } from '../../parts/name-fields.tsx';
import { NewPassphrase, passphraseMistakes } from '../../parts/new-passphrase.tsx';
import { Notice } from '../../parts/notice.tsx';
import { describeError, type Translate, useWords } from '../../wording/words.ts';
import './enrolment.css';

const empty = {
  center: '',
  code: '',
  label: '',
  name: { family: '', given: '', patronymic: '' },
  passphrase: '',
  repeated: '',
};
type Entered = typeof empty;

/** Once for each workstation: joins it with its center and names its first administrator. */
export function EnrolmentScreen({ state }: { readonly state: WorkstationState }): ReactNode {
  const { t } = useWords();
  const enrol = useRequest('workstation.enrol');
  const [entered, setEntered] = useState(empty);
  const [attempt, setAttempt] = useState(0);
  const change = (part: Partial<Entered>) => setEntered({ ...entered, ...part });
  const mistakes = attempt === 0 ? [] : findMistakes(t, entered);
  const wrong = (fieldId: string) => mistakes.find((mistake) => mistake.fieldId === fieldId)?.words;

  const submit = (event: FormEvent) => {
    event.preventDefault();
    setAttempt(attempt + 1);
    if (findMistakes(t, entered).length > 0) return;
    void enrol.send({
      center: entered.center.trim(),
      code: entered.code.trim(),
      label: entered.label.trim(),
      administrator: trimName(entered.name),
      passphrase: entered.passphrase,
    });
  };

  return (
    <div className="enrolment">
      <header className="enrolment-head">
        <Logo size={40} />
        <div>
          <h1>{t('enrolment.title')}</h1>
          <p className="soft">{t('enrolment.words')}</p>
        </div>
        <ScreenChoices />
      </header>
      <main>
        <form className="card enrolment-form" onSubmit={submit} noValidate>
          {state.failure && <Notice kind="warning" title={describeError(t, state.failure)} />}
          <ErrorSummary mistakes={mistakes} attempt={attempt} />
          {enrol.error && <Notice kind="danger" title={describeError(t, enrol.error)} isUrgent />}
          <div className="enrolment-columns">
            <fieldset className="form-group">
              <legend className="group-title">
                <Icon name="center" size={18} />
                {t('enrolment.center-group')}
              </legend>
              <TextField
                id="center"
                label={t('enrolment.center')}
                hint={t('enrolment.center-hint')}
                inputMode="url"
                value={entered.center}
                error={wrong('center')}
                onChange={(event) => change({ center: event.target.value })}
              />
              <TextField
                id="code"
                label={t('enrolment.code')}
                hint={t('enrolment.code-hint')}
                className="field-code"
                maxLength={40}
                value={entered.code}
                error={wrong('code')}
                onChange={(event) => change({ code: event.target.value })}
              />
              <TextField
                id="label"
                label={t('enrolment.label')}
                hint={t('enrolment.label-hint')}
                maxLength={80}
                value={entered.label}
                error={wrong('label')}
                onChange={(event) => change({ label: event.target.value })}
              />
            </fieldset>
            <fieldset className="form-group">
              <legend className="group-title">
                <Icon name="user" size={18} />
                {t('enrolment.administrator-group')}
              </legend>
              <NameFields name={entered.name} onChange={(name) => change({ name })} wrong={wrong} />
              <NewPassphrase
                passphrase={entered.passphrase}
                repeated={entered.repeated}
                onChange={change}
                wrong={wrong}
              />
            </fieldset>
          </div>
          <div className="form-foot">
            <Button kind="primary" type="submit" icon="check" isBusy={enrol.isBusy}>
              {t(enrol.isBusy ? 'enrolment.busy' : 'enrolment.submit')}
            </Button>
          </div>
        </form>
      </main>
    </div>
  );
}

function findMistakes(t: Translate, entered: Entered): readonly Mistake[] {
  const mistakes: Mistake[] = [];
  if (!/^wss?:\/\/[^\s/]/.test(entered.center.trim()))
    mistakes.push({ fieldId: 'center', words: t('enrolment.center-wrong') });
  if (entered.code.trim() === '') mistakes.push({ fieldId: 'code', words: t('enrolment.code-missing') });
  if (entered.label.trim() === '') mistakes.push({ fieldId: 'label', words: t('enrolment.label-missing') });
  return [...mistakes, ...nameMistakes(t, entered.name), ...passphraseMistakes(t, entered)];
}
