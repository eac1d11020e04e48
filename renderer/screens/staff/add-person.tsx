import { type FormEvent, type ReactNode, useEffect, useState } from 'react';
import { type Role, roles } from '#contracts/roles.ts';
import { useNavigation } from '../../app/navigation.tsx';
import { useRequest } from '../../bridge/hooks.tsx';
import { Button } from '../../parts/button.tsx';
import { ErrorSummary, type Mistake } from '../../parts/error-summary.tsx';
import { NameFields, nameMistakes, trimName } from '../../parts/name-fields.tsx';
import { NewPassphrase, passphraseMistakes } from '../../parts/new-passphrase.tsx';
import { Notice } from '../../parts/notice.tsx';
import { describeError, type Translate, useWords } from '../../wording/words.ts';

const empty = {
  name: { family: '', given: '', patronymic: '' },
  roles: [] as readonly Role[],
  passphrase: '',
  repeated: '',
  withSimulatedKey: false,
};
type Entered = typeof empty;

interface AddPersonProps {
  readonly hasSimulatedDevices: boolean;
  /** A paper key, or two who open together: without it nobody is added with a passphrase alone (ACC-52). */
  readonly hasRecovery: boolean;
  readonly onLeave: () => void;
}

/** Adds somebody to the facility, with a passphrase that she types herself. */
export function AddPerson({ hasSimulatedDevices, hasRecovery, onLeave }: AddPersonProps): ReactNode {
  const { t } = useWords();
  const { go } = useNavigation();
  const enrol = useRequest('staff.enrol');
  const [entered, setEntered] = useState<Entered>(empty);
  const [attempt, setAttempt] = useState(0);
  const [addedName, setAddedName] = useState<string | null>(null);
  const change = (part: Partial<Entered>) => {
    setAddedName(null);
    setEntered({ ...entered, ...part });
  };
  const [added, setAdded] = useState(0);
  // Again for the next one, once somebody was added.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the count is what has the focus move
  useEffect(() => document.getElementById('family')?.focus(), [added]);
  const mistakes = attempt === 0 ? [] : findMistakes(t, entered);
  const wrong = (fieldId: string) => mistakes.find((mistake) => mistake.fieldId === fieldId)?.words;

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setAttempt(attempt + 1);
    if (findMistakes(t, entered).length > 0) return;
    const outcome = await enrol.send({
      name: trimName(entered.name),
      roles: [...entered.roles],
      passphrase: entered.passphrase,
      ...(entered.withSimulatedKey ? { withSimulatedKey: true } : {}),
    });
    if (!outcome.ok) return;
    setAddedName(`${entered.name.family} ${entered.name.given}`.trim());
    setEntered(empty);
    setAttempt(0);
    setAdded(added + 1);
  };
  const toggle = (role: Role) =>
    change({ roles: roles.filter((each) => (each === role) !== entered.roles.includes(each)) });

  return (
    <form className="card staff-form" onSubmit={(event) => void submit(event)} noValidate>
      <header className="card-head">
        <h2>{t('staff.add')}</h2>
      </header>
      <ErrorSummary mistakes={mistakes} attempt={attempt} />
      {!hasRecovery && !entered.withSimulatedKey && (
        <Notice
          kind="warning"
          title={t('staff.add-needs-recovery')}
          actions={<Button onClick={() => go({ screen: 'recovery' })}>{t('access-place.recovery')}</Button>}
        >
          <p>{t('staff.add-needs-recovery-words')}</p>
        </Notice>
      )}
      {enrol.error && <Notice kind="danger" title={describeError(t, enrol.error)} isUrgent />}
      {addedName !== null && <Notice kind="good" title={t('staff.added', { name: addedName })} />}
      <NameFields name={entered.name} onChange={(name) => change({ name })} wrong={wrong} />
      <fieldset className="field" aria-describedby={wrong('role-nurse') && 'roles-error'}>
        <legend className="field-label">{t('staff.roles')}</legend>
        <div className="check-row">
          {roles.map((role) => (
            <label key={role} className="check">
              <input
                type="checkbox"
                autoComplete="off"
                id={`role-${role}`}
                checked={entered.roles.includes(role)}
                onChange={() => toggle(role)}
              />
              <span>{t(`role.${role}`)}</span>
            </label>
          ))}
        </div>
        {wrong('role-nurse') && (
          <p className="field-error" id="roles-error">
            {wrong('role-nurse')}
          </p>
        )}
      </fieldset>
      <div className="staff-passphrases">
        <NewPassphrase
          passphrase={entered.passphrase}
          repeated={entered.repeated}
          onChange={change}
          wrong={wrong}
        />
      </div>
      {hasSimulatedDevices && (
        <label className="check">
          <input
            type="checkbox"
            autoComplete="off"
            checked={entered.withSimulatedKey}
            onChange={(event) => change({ withSimulatedKey: event.target.checked })}
          />
          <span>{t('staff.simulated-key')}</span>
        </label>
      )}
      <div className="form-foot">
        <Button onClick={onLeave}>{t('staff.leave-adding')}</Button>
        <Button kind="primary" type="submit" icon="user-plus" isBusy={enrol.isBusy}>
          {t('staff.submit')}
        </Button>
      </div>
    </form>
  );
}

function findMistakes(t: Translate, entered: Entered): readonly Mistake[] {
  const rolesMissing =
    entered.roles.length === 0 ? [{ fieldId: 'role-nurse', words: t('staff.roles-missing') }] : [];
  return [...nameMistakes(t, entered.name), ...rolesMissing, ...passphraseMistakes(t, entered)];
}
