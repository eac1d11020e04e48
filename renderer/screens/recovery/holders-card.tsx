import { type ReactNode, useState } from 'react';
import type { PersonAccess } from '#contracts/bridge/access.ts';
import { useRequest } from '../../bridge/hooks.tsx';
import { Button } from '../../parts/button.tsx';
import { Icon } from '../../parts/icons.tsx';
import { Notice } from '../../parts/notice.tsx';
import { describeError, useWords } from '../../wording/words.ts';

interface HoldersCardProps {
  readonly people: readonly PersonAccess[];
  /** What is shown was saved a moment ago. */
  readonly isSaved: boolean;
  readonly onSaved: (isSaved: boolean) => void;
}

/** The people of whom any two open together. At least two, or nobody. */
export function HoldersCard({ people, isSaved, onSaved }: HoldersCardProps): ReactNode {
  const { t } = useWords();
  const save = useRequest('recovery.set-holders');
  const [chosen, setChosen] = useState<ReadonlySet<PersonAccess['id']>>(
    () => new Set(people.flatMap(({ id, isHolder }) => (isHolder ? [id] : []))),
  );
  const isOne = chosen.size === 1;
  const isChanged = people.some(({ id, isHolder }) => chosen.has(id) !== isHolder);
  const saved = people.filter(({ isHolder }) => isHolder).length;
  const toggle = (id: PersonAccess['id']) => {
    onSaved(false);
    setChosen(
      new Set(people.map((person) => person.id).filter((each) => (each === id) !== chosen.has(each))),
    );
  };
  const saveNow = async () => {
    const outcome = await save.send({ people: [...chosen] });
    onSaved(outcome.ok);
  };
  return (
    <section className="card" aria-labelledby="holders-title">
      <header className="card-head">
        <h2 id="holders-title">
          <Icon name="users" />
          {t('holders.title')}
        </h2>
        <span className="badge">{saved}</span>
      </header>
      <div className="recovery-body">
        <p>{t('holders.words')}</p>
        <ul className="holder-list">
          {people.map((person) => (
            <li key={person.id}>
              <label className="check">
                <input
                  type="checkbox"
                  autoComplete="off"
                  checked={chosen.has(person.id)}
                  disabled={person.ways.length === 0}
                  onChange={() => toggle(person.id)}
                />
                <span>
                  {person.name}{' '}
                  <span className="caption">{person.roles.map((role) => t(`role.${role}`)).join(', ')}</span>
                </span>
              </label>
            </li>
          ))}
        </ul>
        {isOne && <Notice kind="warning" title={t('holders.at-least-two')} />}
        {chosen.size === 0 && <Notice kind="info" title={t('holders.nobody')} />}
        {isSaved && !isChanged && <Notice kind="good" title={t('holders.saved')} />}
        {save.error && <Notice kind="danger" title={describeError(t, save.error)} isUrgent />}
        <Button
          kind="primary"
          icon="check"
          isBusy={save.isBusy}
          disabled={isOne || !isChanged}
          onClick={() => void saveNow()}
        >
          {t('action.save')}
        </Button>
      </div>
    </section>
  );
}
